// Every file of the page with its path. The build writes the definition (build.mjs).
#pragma once

#include <span>
#include <string_view>

#include "control/web/assets.h"

namespace opptak::control::web {

struct NamedAsset {
  std::string_view path;  // Begins with "/".
  Asset asset;
};

[[nodiscard]] std::span<const NamedAsset> all_assets() noexcept;

}  // namespace opptak::control::web
