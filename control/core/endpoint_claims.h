// Who owns a media endpoint when several calls announce it: the dataplane knows one target per
// endpoint, so that a packet is stored once. One owner thread.
//
// - RTP goes before RTCP: an implied RTCP port (RFC 3550 section 11) may be another call's RTP
// port.
// - Calls of one conversation (the legs of a B2BUA that lets media pass it by): the leg that
//   started last has the audio of both sides.
// - Otherwise the call that announced last: the port was given anew and the older call's end was
//   not seen.
// When the owner lets go, the endpoint falls back to the next claim in that order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dataplane/api/messages.h"
#include "storage/base/endpoint.h"
#include "storage/base/ids.h"

namespace opptak::control {

struct EndpointClaim {
  dataplane::TargetId target = 0;
  dataplane::TargetKind kind = dataplane::TargetKind::kRtp;
  CallId call;
  CallId conversation;           // CallId of its first call.
  std::uint64_t call_order = 0;  // Counts the calls in the order of their start.
};

class EndpointClaims {
 public:
  // Owner before and after a change; equal targets: nothing changed in the dataplane.
  struct Change {
    std::optional<EndpointClaim> before;
    std::optional<EndpointClaim> after;
  };

  Change add(const Endpoint& endpoint, const EndpointClaim& claim);
  Change remove(const Endpoint& endpoint, dataplane::TargetId target);

  [[nodiscard]] std::optional<EndpointClaim> owner(const Endpoint& endpoint) const;
  [[nodiscard]] std::size_t size() const noexcept { return claims_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Endpoint& endpoint) const noexcept;
  };
  using Claims = std::vector<EndpointClaim>;  // Weakest first.

  [[nodiscard]] static std::optional<EndpointClaim> strongest(const Claims& claims);

  std::unordered_map<Endpoint, Claims, Hash> claims_;
};

}  // namespace opptak::control
