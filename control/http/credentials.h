// What a request shows of who sent it: cookie (RFC 6265), bearer token (RFC 6750), origin
// (RFC 6454). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/http/message.h"

namespace opptak::control::http {

inline constexpr std::string_view kSessionCookie = "opptak_session";

// Value of the cookie of this name in a Cookie header. A name that stands there twice is taken as
// not there: a neighbouring domain may have planted one of them.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view header,
                                                          std::string_view name) noexcept;

// Token of "Authorization: Bearer TOKEN".
[[nodiscard]] std::optional<std::string_view> bearer_token(std::string_view header) noexcept;

// True if the Origin header names this very server, as the Host header does. Over TLS the origin
// must be https; on plain loopback a proxy may have ended the TLS, so both schemes do.
[[nodiscard]] bool origin_matches(const Request& request) noexcept;

// Set-Cookie for a session of `seconds`, or one that removes it (0).
[[nodiscard]] std::string session_cookie(std::string_view secret, std::uint64_t seconds, bool tls);

}  // namespace opptak::control::http
