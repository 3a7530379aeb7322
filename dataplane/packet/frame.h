// A frame as a port hands it over. Borrowed from the port until the burst is given back.
#pragma once

#include <cstdint>
#include <span>

#include "storage/base/time.h"

namespace opptak::dataplane {

enum class LinkType : std::uint8_t {
  kEthernet,
  kRawIp,         // Starts with the IP header (LINKTYPE_RAW, _IPV4, _IPV6).
  kLinuxCooked,   // LINKTYPE_LINUX_SLL
  kLinuxCooked2,  // LINKTYPE_LINUX_SLL2
  kNullLoopback,  // LINKTYPE_NULL, _LOOP: 4 bytes of address family
  kPpp,           // LINKTYPE_PPP, with or without HDLC framing
};

struct Frame {
  const std::uint8_t* data = nullptr;
  std::uint32_t bytes = 0;  // Captured.
  LinkType link = LinkType::kEthernet;
  UnixNs arrival;

  [[nodiscard]] std::span<const std::uint8_t> span() const noexcept { return {data, bytes}; }
};

}  // namespace opptak::dataplane
