#include "control/sip/via.h"

#include "control/sip/params.h"

namespace opptak::control::sip {

std::string_view via_branch(std::string_view value) noexcept {
  const std::size_t first = value.find_first_of(";,");
  if (first == std::string_view::npos || value[first] == ',') return {};
  return find_param(value.substr(first + 1), "branch");
}

std::uint32_t via_count(std::string_view value) noexcept {
  std::uint32_t count = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (quoted && value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && value[i] == ',') {
      ++count;
    }
  }
  return count;
}

}  // namespace opptak::control::sip
