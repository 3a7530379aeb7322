// The files of the web page, as the server sees them. control/web embeds them into the program.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace opptak::control::http {

struct AssetView {
  std::string_view content;  // Lives as long as the program.
  std::string_view content_type;
  std::string_view etag;  // Quoted, as it stands in the header.
};

// `path` begins with "/"; the page itself is "/index.html".
using FindAsset = std::function<std::optional<AssetView>(std::string_view path)>;

}  // namespace opptak::control::http
