#include "control/core/recording_store.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace opptak::control {

namespace {

// Takes `before` (unless it is '\0') and a number off the front of `text`.
template <class Number>
bool take_number(std::string_view& text, char before, Number& value) {
  if (before != '\0') {
    if (!text.starts_with(before)) return false;
    text.remove_prefix(1);
  }
  const char* const end = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{}) return false;
  text = std::string_view(next, static_cast<std::size_t>(end - next));
  return true;
}

}  // namespace

std::string format_ranges(std::span<const storage::BlockLocation> blocks) {
  std::string text;
  for (const storage::BlockLocation& block : blocks) {
    if (!text.empty()) text.push_back(',');
    fmt::format_to(std::back_inserter(text), "{}:{}:{}", block.segment, block.offset_bytes,
                   block.bytes);
  }
  return text;
}

std::optional<std::vector<storage::BlockLocation>> parse_ranges(std::string_view text) {
  std::vector<storage::BlockLocation> blocks;
  while (!text.empty()) {
    storage::BlockLocation block;
    if (!take_number(text, blocks.empty() ? '\0' : ',', block.segment) ||
        !take_number(text, ':', block.offset_bytes) || !take_number(text, ':', block.bytes)) {
      return std::nullopt;
    }
    blocks.push_back(block);
  }
  return blocks;
}

}  // namespace opptak::control
