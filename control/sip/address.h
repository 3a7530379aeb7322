// name-addr / addr-spec with header parameters, as in From, To and Contact (RFC 3261 sections
// 20.10, 20.20, 20.39).
// Pure; views borrow from the argument; callable from any thread.
#pragma once

#include <string_view>

namespace opptak::control::sip {

struct Address {
  std::string_view uri;   // Without angle brackets. Empty where none was found.
  std::string_view user;  // uri_user(uri), escapes still in it.
  std::string_view tag;   // tag parameter; empty where there is none.
};

// The first address of a header value. Lenient: an unbalanced quote or a missing ">" does not
// hide the URI (RFC 4475 sections 3.1.2.1 and 3.1.2.6).
[[nodiscard]] Address parse_address_header(std::string_view value) noexcept;

}  // namespace opptak::control::sip
