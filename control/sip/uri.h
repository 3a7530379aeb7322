// SIP, SIPS (RFC 3261 section 19.1) and TEL (RFC 3966) URIs: the user part, which is all that
// following a call needs of them.
// Pure; views borrow from the argument; callable from any thread.
#pragma once

#include <string>
#include <string_view>

namespace opptak::control::sip {

// The user part without password, or the number of a tel URI without its parameters; escapes are
// still in it. Empty where the URI has none or is of another scheme.
[[nodiscard]] std::string_view uri_user(std::string_view uri) noexcept;

// Replaces %HH; what is no valid escape, and %00 and other control characters, stay as they are,
// so that a decoded user part is always printable on one line.
[[nodiscard]] std::string decode_escapes(std::string_view text);

}  // namespace opptak::control::sip
