#include "control/http/credentials.h"

#include <algorithm>

#include <fmt/core.h>

namespace opptak::control::http {

namespace {

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::string_view> find_cookie(std::string_view header,
                                            std::string_view name) noexcept {
  std::optional<std::string_view> found;
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view pair = trim(header.substr(0, end));
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (found) return std::nullopt;
    found = pair.substr(equals + 1);
  }
  return found;
}

std::optional<std::string_view> bearer_token(std::string_view header) noexcept {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() <= kScheme.size()) return std::nullopt;
  if (!equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const std::string_view token = trim(header.substr(kScheme.size()));
  if (token.empty()) return std::nullopt;
  return token;
}

bool origin_matches(const Request& request) noexcept {
  std::string_view origin = request.header("origin");
  const std::string_view host = request.header("host");
  if (host.empty() || request.header_count("origin") != 1) return false;
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  if (origin.starts_with(kHttps)) {
    origin.remove_prefix(kHttps.size());
  } else if (!request.tls && origin.starts_with(kHttp)) {
    origin.remove_prefix(kHttp.size());
  } else {
    return false;
  }
  return equal_ignoring_case(origin, host);
}

std::string session_cookie(std::string_view secret, std::uint64_t seconds, bool tls) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", kSessionCookie,
                     secret, seconds, tls ? "; Secure" : "");
}

}  // namespace opptak::control::http
