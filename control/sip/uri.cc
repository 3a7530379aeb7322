#include "control/sip/uri.h"

#include <optional>

#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

std::optional<unsigned> hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  c = to_lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::string_view uri_user(std::string_view uri) noexcept {
  uri = trim(uri);
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view scheme = uri.substr(0, colon);
  const std::string_view rest = uri.substr(colon + 1);
  if (equals_lower(scheme, "tel")) return rest.substr(0, rest.find(';'));
  if (!equals_lower(scheme, "sip") && !equals_lower(scheme, "sips")) return {};
  // The user part may itself hold ";" and "?" (RFC 3261 section 25.1), but no unescaped "@".
  const std::size_t at = rest.find('@');
  if (at == std::string_view::npos) return {};
  const std::string_view userinfo = rest.substr(0, at);
  return userinfo.substr(0, userinfo.find(':'));
}

std::string decode_escapes(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      const unsigned value = high && low ? *high * 16 + *low : 0;
      if (value >= 0x20 && value != 0x7f) {
        decoded.push_back(static_cast<char>(value));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

}  // namespace opptak::control::sip
