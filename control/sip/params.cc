#include "control/sip/params.h"

#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

// Size of the piece before the next `;` or `,` outside quotes.
std::size_t piece_size(std::string_view text) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ';' || c == ',')) {
      return i;
    }
  }
  return text.size();
}

}  // namespace

std::string_view find_param(std::string_view params, std::string_view lower_name) noexcept {
  while (!params.empty()) {
    const std::size_t size = piece_size(params);
    std::string_view value = params.substr(0, size);
    const std::string_view name = trim(take_until(value, '='));
    if (equals_lower(name, lower_name)) {
      value = trim(value);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      return value;
    }
    if (size == params.size() || params[size] == ',') break;
    params.remove_prefix(size + 1);
  }
  return {};
}

}  // namespace opptak::control::sip
