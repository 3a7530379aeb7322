#include "control/readback/rtpdump.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace opptak::control::readback {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Goal: the bytes are those of rtptools. Method: literal bytes of one packet.
TEST(RtpdumpWriter, WritesRtptoolsFiles) {
  constexpr std::array<std::uint8_t, 4> kAddress{10, 0, 0, 1};
  RtpdumpWriter writer({.src = {map_ipv4(kAddress.data()), 4'000}, .dst = {}, .ssrc = 0x11223344},
                       {1'700'000'000'250'000'000});
  const Bytes payload{0xaa, 0xbb};
  writer.add({.arrival_us = 1'700'000'000'270'000,
              .sequence = 0x0102,
              .timestamp = 0x03040506,
              .marker_and_type = 0x88,
              .header = {},
              .payload = payload});
  const std::string line = "#!rtpplay1.0 10.0.0.1/4000\n";
  Bytes expected(line.begin(), line.end());
  const Bytes binary{0x65, 0x53, 0xf1, 0x00, 0, 3, 0xd0, 0x90, 10, 0, 0, 1, 0x0f, 0xa0, 0, 0,
                     // Length with its own header, length of the packet, 20 ms.
                     0, 22, 0, 14, 0, 0, 0, 20,
                     // The RTP packet.
                     0x80, 0x88, 1, 2, 3, 4, 5, 6, 0x11, 0x22, 0x33, 0x44, 0xaa, 0xbb};
  expected.insert(expected.end(), binary.begin(), binary.end());
  EXPECT_EQ(writer.bytes(), expected);
}

// Goal: a packet with CSRC, extension and padding comes back bit for bit.
TEST(RebuildRtp, KeepsHeaderAndPadding) {
  const Bytes header{0xb1, 8, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9, 7, 7, 7, 7, 0xbe, 0xde, 0, 0};
  const Bytes payload{1, 2, 3, 0, 0, 3};
  Bytes datagram{0xff};
  rebuild_rtp({.padding_bytes = 3, .header = header, .payload = payload}, 5, datagram);
  Bytes expected = header;
  expected.insert(expected.end(), payload.begin(), payload.end());
  EXPECT_EQ(datagram, expected);
}

TEST(RtpdumpWriter, NamesIpv6InTheLineOnly) {
  const RtpdumpWriter writer(
      {.src = {parse_address("2001:db8::1").value(), 5'000}, .dst = {}, .ssrc = 1}, {kNsPerSecond});
  const std::string text(writer.bytes().begin(), writer.bytes().end());
  EXPECT_TRUE(text.starts_with("#!rtpplay1.0 2001:db8::1/5000\n"));
  EXPECT_EQ(text.substr(text.size() - 8, 4), std::string(4, '\0'));
}

}  // namespace
}  // namespace opptak::control::readback
