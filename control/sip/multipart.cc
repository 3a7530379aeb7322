#include "control/sip/multipart.h"

#include "control/sip/params.h"
#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046 section 5.1.1.

std::string_view media_type(std::string_view content_type) noexcept {
  return trim(content_type.substr(0, content_type.find(';')));
}

std::string_view boundary_of(std::string_view content_type) noexcept {
  const std::size_t first = content_type.find(';');
  if (first == std::string_view::npos) return {};
  const std::string_view boundary = find_param(content_type.substr(first + 1), "boundary");
  return boundary.size() <= kBoundaryBytesMax ? boundary : std::string_view{};
}

// What may follow a boundary on its line: so that one boundary can be the beginning of another.
bool ends_boundary(std::string_view rest) noexcept {
  return rest.empty() || is_space(rest.front()) || rest.starts_with("--");
}

// Position of the next line that begins with "--" boundary, or npos.
std::size_t find_delimiter(std::string_view body, std::string_view boundary,
                           std::size_t from) noexcept {
  for (std::size_t at = body.find("--", from); at != std::string_view::npos;
       at = body.find("--", at + 1)) {
    if (at != 0 && body[at - 1] != '\n') continue;
    const std::string_view line = body.substr(at + 2);
    if (line.starts_with(boundary) && ends_boundary(line.substr(boundary.size()))) return at;
  }
  return std::string_view::npos;
}

// Cuts the header off the front of a part; gives its Content-Type.
std::string_view take_part_header(std::string_view& part) noexcept {
  std::string_view content_type;
  while (!part.empty()) {
    const std::string_view whole = part;
    std::string_view line = take_line(part);
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) {  // Folded.
      static_cast<void>(take_line(part));
      line = whole.substr(0, whole.size() - part.size());
    }
    if (trim(line).empty()) break;
    const std::string_view name = trim(take_until(line, ':'));
    if (equals_lower(name, "content-type") || equals_lower(name, "c")) content_type = trim(line);
  }
  return content_type;
}

std::optional<SdpBody> find_in(std::string_view content_type, SdpBody body, int depth) noexcept;

std::optional<SdpBody> find_in_parts(std::string_view boundary, SdpBody body, int depth) noexcept {
  std::size_t at = find_delimiter(body.text, boundary, 0);
  while (at != std::string_view::npos) {
    std::string_view part = body.text.substr(at + 2 + boundary.size());
    if (part.starts_with("--")) break;  // Closing delimiter.
    static_cast<void>(take_line(part));
    const std::size_t next = find_delimiter(part, boundary, 0);
    const bool cut = next == std::string_view::npos && body.truncated;
    SdpBody inner{part.substr(0, next), cut};
    const std::string_view content_type = take_part_header(inner.text);
    if (const auto found = find_in(content_type, inner, depth + 1)) return found;
    if (next == std::string_view::npos) break;
    at = static_cast<std::size_t>(part.data() - body.text.data()) + next;
  }
  return std::nullopt;
}

std::optional<SdpBody> find_in(std::string_view content_type, SdpBody body, int depth) noexcept {
  const std::string_view type = media_type(content_type);
  if (equals_lower(type, "application/sdp")) return body;
  if (!starts_with_lower(type, "multipart/") || depth >= kMultipartDepthMax) return std::nullopt;
  const std::string_view boundary = boundary_of(content_type);
  if (boundary.empty()) return std::nullopt;
  return find_in_parts(boundary, body, depth);
}

}  // namespace

std::optional<SdpBody> find_sdp(const Message& message) noexcept {
  if (message.body.empty()) return std::nullopt;
  if (!message.content_encoding.empty() && !equals_lower(message.content_encoding, "identity")) {
    return std::nullopt;
  }
  const SdpBody body{message.body, message.has(kDefectBodyTruncated)};
  if (message.content_type.empty()) {
    if (!trim_left(message.body).starts_with("v=")) return std::nullopt;
    return body;
  }
  return find_in(message.content_type, body, 0);
}

}  // namespace opptak::control::sip
