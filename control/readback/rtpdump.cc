#include "control/readback/rtpdump.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "storage/base/bytes.h"

namespace opptak::control::readback {
namespace {

constexpr std::size_t kRtpFixedBytes = 12;
constexpr std::size_t kFileHeaderBytes = 16;
constexpr std::size_t kPacketHeaderBytes = 8;
constexpr std::uint8_t kVersion2 = 0x80;

}  // namespace

void rebuild_rtp(const storage::RtpRecord& packet, std::uint32_t ssrc,
                 std::vector<std::uint8_t>& datagram) {
  datagram.clear();
  if (packet.header.empty()) {
    std::array<std::uint8_t, kRtpFixedBytes> header{kVersion2, packet.marker_and_type};
    store_be(&header[2], packet.sequence);
    store_be(&header[4], packet.timestamp);
    store_be(&header[8], ssrc);
    datagram.assign(header.begin(), header.end());
  } else {
    datagram.assign(packet.header.begin(), packet.header.end());
  }
  datagram.insert(datagram.end(), packet.payload.begin(), packet.payload.end());
}

RtpdumpWriter::RtpdumpWriter(const StreamKey& stream, UnixNs first_arrival)
    : ssrc_(stream.ssrc), start_us_(static_cast<std::uint64_t>(first_arrival.value / kNsPerUs)) {
  const std::string line = "#!rtpplay1.0 " + format_address(stream.src.address) + "/" +
                           std::to_string(stream.src.port) + "\n";
  bytes_.assign(line.begin(), line.end());
  std::array<std::uint8_t, kFileHeaderBytes> header{};
  store_be(&header[0], static_cast<std::uint32_t>(start_us_ / 1'000'000));
  store_be(&header[4], static_cast<std::uint32_t>(start_us_ % 1'000'000));
  // Room for an IPv4 address only; an IPv6 one stands in the line above.
  if (is_mapped_ipv4(stream.src.address)) std::memcpy(&header[8], &stream.src.address[12], 4);
  store_be(&header[12], stream.src.port);
  bytes_.insert(bytes_.end(), header.begin(), header.end());
}

void RtpdumpWriter::add(const storage::RtpRecord& packet) {
  rebuild_rtp(packet, ssrc_, datagram_);
  // Lengths are 16 bits; what does not fit is cut, and the second length says so.
  const std::size_t room = std::numeric_limits<std::uint16_t>::max() - kPacketHeaderBytes;
  const std::size_t kept = std::min(datagram_.size(), room);
  std::array<std::uint8_t, kPacketHeaderBytes> header{};
  store_be(&header[0], static_cast<std::uint16_t>(kept + kPacketHeaderBytes));
  store_be(&header[2], static_cast<std::uint16_t>(datagram_.size()));
  const std::uint64_t since_us = packet.arrival_us - std::min(packet.arrival_us, start_us_);
  store_be(&header[4], static_cast<std::uint32_t>(since_us / 1'000));
  bytes_.insert(bytes_.end(), header.begin(), header.end());
  bytes_.insert(bytes_.end(), datagram_.begin(),
                datagram_.begin() + static_cast<std::ptrdiff_t>(kept));
}

}  // namespace opptak::control::readback
