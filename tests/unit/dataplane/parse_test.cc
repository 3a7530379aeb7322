#include <gtest/gtest.h>

#include "dataplane/packet/ip.h"
#include "dataplane/packet/rtp.h"
#include "tests/unit/dataplane/frames.h"

namespace opptak::dataplane {
namespace {

using namespace test;

const Endpoint kSrc = endpoint("10.0.0.1", 4000);
const Endpoint kDst = endpoint("10.0.0.2", 5000);
const Endpoint kSrc6 = endpoint("2001:db8::1", 4000);
const Endpoint kDst6 = endpoint("2001:db8::2", 5000);

ParseResult parse(const Bytes& bytes, ParsedPacket& packet, LinkType link = LinkType::kEthernet) {
  Frame whole = frame(bytes);
  whole.link = link;
  return parse_frame(whole, packet);
}

void expect_udp(const Bytes& bytes, const Endpoint& src, const Endpoint& dst, std::size_t payload,
                LinkType link = LinkType::kEthernet) {
  ParsedPacket packet;
  ASSERT_EQ(parse(bytes, packet, link), ParseResult::kUdp);
  EXPECT_EQ(packet.src, src);
  EXPECT_EQ(packet.dst, dst);
  EXPECT_EQ(packet.payload_bytes, payload);
}

// Goal: each way to carry UDP is understood. Method: the same datagram in every frame.
TEST(ParseFrame, FindsUdpInEveryLinkType) {
  const Bytes payload(33, 7);
  const Bytes packet4 = ipv4(kSrc, kDst, udp(kSrc, kDst, payload));
  const Bytes packet6 = ipv6(kSrc6, kDst6, udp(kSrc6, kDst6, payload));
  expect_udp(ethernet(packet4), kSrc, kDst, 33);
  expect_udp(ethernet(packet6), kSrc6, kDst6, 33);
  expect_udp(ethernet(packet4, {10}), kSrc, kDst, 33);
  expect_udp(ethernet(packet4, {10, 20}), kSrc, kDst, 33);
  expect_udp(packet4, kSrc, kDst, 33, LinkType::kRawIp);
  expect_udp(packet6, kSrc6, kDst6, 33, LinkType::kRawIp);
  Bytes cooked(14, 0);
  put16(cooked, 0x0800);
  append(cooked, packet4);
  expect_udp(cooked, kSrc, kDst, 33, LinkType::kLinuxCooked);
  Bytes null_loopback{2, 0, 0, 0};
  append(null_loopback, packet4);
  expect_udp(null_loopback, kSrc, kDst, 33, LinkType::kNullLoopback);
  Bytes ppp{0xff, 0x03, 0x00, 0x21};
  append(ppp, packet4);
  expect_udp(ppp, kSrc, kDst, 33, LinkType::kPpp);
}

TEST(ParseFrame, StepsOverOptionsAndExtensions) {
  Bytes options = ipv4(kSrc, kDst, udp(kSrc, kDst, Bytes(5, 1)));
  options.insert(options.begin() + 20, {1, 1, 1, 0});
  options[0] = 0x46;
  options[3] = static_cast<std::uint8_t>(options[3] + 4);
  expect_udp(ethernet(options), kSrc, kDst, 5);
  Bytes extended{17, 0, 0, 0, 0, 0, 0, 0};  // Hop-by-hop options, then UDP.
  append(extended, udp(kSrc6, kDst6, Bytes(5, 1)));
  expect_udp(ethernet(ipv6(kSrc6, kDst6, extended, 0)), kSrc6, kDst6, 5);
}

TEST(ParseFrame, EthernetPaddingIsNotPayload) {
  Bytes padded = datagram(kSrc, kDst, Bytes(3, 9));
  padded.resize(60, 0);
  expect_udp(padded, kSrc, kDst, 3);
}

TEST(ParseFrame, NamesWhatItIsNot) {
  ParsedPacket packet;
  EXPECT_EQ(parse(ethernet(ipv4(kSrc, kDst, Bytes(20, 0), 1)), packet), ParseResult::kNotUdp);
  EXPECT_EQ(parse(ethernet(ipv4(kSrc, kDst, udp(kSrc, kDst, {}), 17, 0x2000)), packet),
            ParseResult::kFragment);
  EXPECT_EQ(parse(ethernet(ipv4(kSrc, kDst, udp(kSrc, kDst, {}), 17, 0x0010)), packet),
            ParseResult::kFragment);
  Bytes arp(42, 0);
  arp[12] = 0x08;
  arp[13] = 0x06;
  EXPECT_EQ(parse(arp, packet), ParseResult::kNotIp);
  Bytes short_udp = udp(kSrc, kDst, Bytes(4, 0));
  short_udp[5] = 7;  // Shorter than its own header.
  EXPECT_EQ(parse(ethernet(ipv4(kSrc, kDst, short_udp)), packet), ParseResult::kBadUdp);
}

// Goal: no prefix of a valid frame is taken for a packet. Method: cut it at every byte.
TEST(ParseFrame, RejectsEveryTruncation) {
  for (const Bytes& whole : {ethernet(ipv4(kSrc, kDst, udp(kSrc, kDst, Bytes(20, 1))), {7}),
                             datagram(kSrc6, kDst6, Bytes(20, 1))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ParsedPacket packet;
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_NE(parse(cut, packet), ParseResult::kUdp) << "size=" << size;
    }
  }
}

TEST(DecodeRtp, FindsThePayloadBehindCsrcExtensionAndBeforePadding) {
  Bytes wire{0xb1, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xca, 0xfe, 0, 1,  // P=1 X=1 CC=1 M=1 PT=8
             0,    0,    0,    9,                                     // CSRC
             0xbe, 0xde, 0,    1,    1, 2, 3, 4,                      // Extension, one word
             5,    6,    7,    0,    0, 3};                           // Payload, padding of 3
  ASSERT_EQ(datagram_kind(wire), DatagramKind::kRtp);
  RtpHeader header;
  ASSERT_TRUE(decode_rtp(wire, header));
  EXPECT_EQ(header.header_bytes, 24u);
  EXPECT_EQ(header.padding_bytes, 3);
  EXPECT_EQ(header.sequence, 0x1234);
  EXPECT_EQ(header.timestamp, 160u);
  EXPECT_EQ(header.ssrc, 0xcafe0001u);
  EXPECT_EQ(header.marker_and_type, 0x88);
  EXPECT_FALSE(header.plain);
  for (std::size_t size = kRtpFixedBytes; size < 24; ++size) {
    EXPECT_FALSE(decode_rtp(std::span(wire).first(size), header)) << "size=" << size;
  }
  wire.back() = 200;  // More padding than there is payload.
  EXPECT_FALSE(decode_rtp(wire, header));
}

TEST(DatagramKind, TellsRtpRtcpAndTextApart) {
  EXPECT_EQ(datagram_kind(rtp(1, 2, 3, {})), DatagramKind::kRtp);
  EXPECT_EQ(datagram_kind(Bytes{0x80, 200, 0, 1, 0, 0, 0, 9}), DatagramKind::kRtcp);
  EXPECT_EQ(datagram_kind(Bytes{'B', 'Y', 'E', ' ', 's', 'i', 'p', ':'}), DatagramKind::kText);
  EXPECT_EQ(datagram_kind(Bytes{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}), DatagramKind::kOther);
  EXPECT_EQ(datagram_kind(Bytes{0x80, 8}), DatagramKind::kOther);
}

}  // namespace
}  // namespace opptak::dataplane
