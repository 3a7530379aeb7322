#include "control/sip/address.h"

#include "control/sip/params.h"
#include "control/sip/text.h"
#include "control/sip/uri.h"

namespace opptak::control::sip {

namespace {

// Position behind the quoted display name, or 0 where there is none or its end is missing.
std::size_t skip_quoted_name(std::string_view value) noexcept {
  if (value.empty() || value.front() != '"') return 0;
  for (std::size_t i = 1; i < value.size(); ++i) {
    if (value[i] == '\\') {
      ++i;
    } else if (value[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

Address parse_address_header(std::string_view value) noexcept {
  value = trim(value);
  Address address;
  std::string_view params;
  const std::size_t open = value.find('<', skip_quoted_name(value));
  if (open != std::string_view::npos) {
    const std::string_view inside = value.substr(open + 1);
    const std::size_t close = inside.find('>');
    address.uri = trim(inside.substr(0, close));
    if (close != std::string_view::npos) {
      params = inside.substr(close + 1);
      // Between ">" and the first ";" nothing counts.
      const std::size_t first = params.find_first_of(";,");
      params = first == std::string_view::npos ? std::string_view{} : params.substr(first);
    }
  } else {
    // Without brackets, parameters are the header's (RFC 3261 section 20.10).
    const std::size_t end = value.find_first_of(";, \t\r\n");
    address.uri = value.substr(0, end);
    if (end != std::string_view::npos) params = trim_left(value.substr(end));
  }
  if (!params.empty() && params.front() == ';') address.tag = find_param(params.substr(1), "tag");
  address.user = uri_user(address.uri);
  return address;
}

}  // namespace opptak::control::sip
