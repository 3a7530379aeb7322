#include "control/web/assets.h"

#include <algorithm>

#include "control/web/asset_table.h"

namespace opptak::control::web {

std::optional<Asset> find_asset(std::string_view path) noexcept {
  const auto assets = all_assets();
  const auto found = std::ranges::find(assets, path, &NamedAsset::path);
  if (found == assets.end()) return std::nullopt;
  return found->asset;
}

}  // namespace opptak::control::web
