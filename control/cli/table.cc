#include "control/cli/table.h"

#include <algorithm>
#include <utility>

#include "storage/base/check.h"

namespace opptak::control::cli {
namespace {

// Characters of UTF-8 text; what is not UTF-8 is counted by bytes, which only bends a column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto byte = static_cast<unsigned char>(shown[i]);
    const bool c1 =
        byte == 0xc2 && i + 1 < shown.size() && static_cast<unsigned char>(shown[i + 1]) < 0xa0;
    if (c1) shown[i + 1] = '?';
    if (byte < 0x20 || byte == 0x7f || c1) shown[i] = '?';
  }
  return shown;
}

Table::Table(std::vector<std::string> heads) { row(std::move(heads)); }

void Table::row(std::vector<std::string> cells) {
  CHECK(rows_.empty() || cells.size() == rows_.front().size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(cells[i]));
    }
  }
  std::string text;
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += cells[i];
      if (i + 1 < cells.size()) text.append(widths[i] - width_of(cells[i]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace opptak::control::cli
