// The web page, embedded into the program: what the bundle of control/web/src became at build time.
// Everything here is constant data; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace opptak::control::web {

struct Asset {
  std::span<const std::uint8_t> content;  // Lives as long as the program, like the other two.
  std::string_view content_type;
  std::string_view etag;  // Strong (RFC 9110 section 8.8.3), with its quotation marks.
};

// `path` is the decoded path of a request without its query: "/index.html", "/app.js", "/app.css",
// "/early.js", "/icon.svg", "/licences.txt". Nothing for any other; "/" is the server's to map.
[[nodiscard]] std::optional<Asset> find_asset(std::string_view path) noexcept;

}  // namespace opptak::control::web
