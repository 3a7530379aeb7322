#include "storage/base/endpoint.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

namespace opptak {

namespace {
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}

bool is_mapped_ipv4(const IpAddress& address) noexcept {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

std::string format_address(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (is_mapped_ipv4(address)) {
    inet_ntop(AF_INET, address.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, address.data(), text, sizeof text);
  }
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = format_address(endpoint.address);
  const std::string port = std::to_string(endpoint.port);
  return is_mapped_ipv4(endpoint.address) ? address + ":" + port : "[" + address + "]:" + port;
}

std::optional<IpAddress> parse_address(std::string_view text) noexcept {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, terminated, four.data()) == 1) return map_ipv4(four.data());
  IpAddress address{};
  if (inet_pton(AF_INET6, terminated, address.data()) == 1) return address;
  return std::nullopt;
}

}  // namespace opptak
