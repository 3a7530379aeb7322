#include "control/http/url.h"

namespace opptak::control::http {

namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

std::expected<std::string, UrlError> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::unexpected(UrlError::kBadEscape);
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (is_control(c)) return std::unexpected(UrlError::kBadByte);
    out.push_back(c);
  }
  return out;
}

std::expected<void, UrlError> parse_path(std::string_view path, Url& url) {
  path.remove_prefix(1);
  if (path.empty()) return {};
  while (true) {
    const std::size_t slash = path.find('/');
    auto segment = decode(path.substr(0, slash), false);
    if (!segment) return std::unexpected(segment.error());
    if (segment->find('/') != std::string::npos) return std::unexpected(UrlError::kBadByte);
    if (*segment == "." || *segment == "..") return std::unexpected(UrlError::kDotSegment);
    if (url.segments.size() == kSegmentsMax) return std::unexpected(UrlError::kTooMany);
    url.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

std::expected<void, UrlError> parse_query(std::string_view query, Url& url) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decode(pair.substr(0, equals), true);
    if (!name) return std::unexpected(name.error());
    auto value = decode(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!value) return std::unexpected(value.error());
    if (url.query.size() == kQueryPairsMax) return std::unexpected(UrlError::kTooMany);
    url.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

}  // namespace

std::optional<std::string_view> Url::query_value(std::string_view name) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string Url::path() const {
  if (segments.empty()) return "/";
  std::string text;
  for (const auto& segment : segments) text.append("/").append(segment);
  return text;
}

std::expected<Url, UrlError> parse_url(std::string_view target) {
  if (target.size() > kTargetBytesMax) return std::unexpected(UrlError::kTooLong);
  if (target.empty() || target.front() != '/') return std::unexpected(UrlError::kNotOriginForm);
  const std::size_t mark = target.find('?');
  Url url;
  if (auto done = parse_path(target.substr(0, mark), url); !done) {
    return std::unexpected(done.error());
  }
  if (mark != std::string_view::npos) {
    if (auto done = parse_query(target.substr(mark + 1), url); !done) {
      return std::unexpected(done.error());
    }
  }
  return url;
}

}  // namespace opptak::control::http
