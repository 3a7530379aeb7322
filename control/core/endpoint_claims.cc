#include "control/core/endpoint_claims.h"

#include <algorithm>
#include <string_view>

#include "storage/base/bytes.h"

namespace opptak::control {

std::size_t EndpointClaims::Hash::operator()(const Endpoint& endpoint) const noexcept {
  const std::string_view address(reinterpret_cast<const char*>(endpoint.address.data()),
                                 endpoint.address.size());
  return std::hash<std::string_view>{}(address) * 31 + endpoint.port;
}

std::optional<EndpointClaim> EndpointClaims::strongest(const Claims& claims) {
  if (claims.empty()) return std::nullopt;
  for (auto claim = claims.rbegin(); claim != claims.rend(); ++claim) {
    if (claim->kind == dataplane::TargetKind::kRtp) return *claim;
  }
  return claims.back();
}

EndpointClaims::Change EndpointClaims::add(const Endpoint& endpoint, const EndpointClaim& claim) {
  Claims& claims = claims_[endpoint];
  Change change{.before = strongest(claims), .after = std::nullopt};
  auto place = claims.end();
  while (place != claims.begin()) {
    const EndpointClaim& stronger = *(place - 1);
    const bool later_leg =
        stronger.conversation == claim.conversation && stronger.call_order > claim.call_order;
    if (!later_leg) break;
    --place;
  }
  claims.insert(place, claim);
  change.after = strongest(claims);
  return change;
}

EndpointClaims::Change EndpointClaims::remove(const Endpoint& endpoint,
                                              dataplane::TargetId target) {
  const auto found = claims_.find(endpoint);
  if (found == claims_.end()) return {};
  Claims& claims = found->second;
  Change change{.before = strongest(claims), .after = std::nullopt};
  std::erase_if(claims, [&](const EndpointClaim& claim) { return claim.target == target; });
  change.after = strongest(claims);
  if (claims.empty()) claims_.erase(found);
  return change;
}

std::optional<EndpointClaim> EndpointClaims::owner(const Endpoint& endpoint) const {
  const auto found = claims_.find(endpoint);
  return found == claims_.end() ? std::nullopt : strongest(found->second);
}

}  // namespace opptak::control
