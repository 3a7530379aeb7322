#include "control/readback/stream_digest.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/sha.h>

namespace opptak::control::readback {
namespace {

struct Packet {
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 8;
  std::string payload;
  std::uint8_t padding_bytes = 0;
};

StreamSummary digest_of(const std::vector<Packet>& packets) {
  StreamDigest digest;
  std::uint64_t arrival_us = 1'000'000;
  for (const Packet& packet : packets) {
    digest.add({.arrival_us = arrival_us,
                .sequence = packet.sequence,
                .marker_and_type = static_cast<std::uint8_t>(packet.payload_type | 0x80),
                .padding_bytes = packet.padding_bytes,
                .header = {},
                .payload = {reinterpret_cast<const std::uint8_t*>(packet.payload.data()),
                            packet.payload.size()}});
    arrival_us += 20'000;
  }
  return digest.finish();
}

Sha256 sha(const std::string& text) {
  Sha256 digest{};
  SHA256(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), digest.data());
  return digest;
}

// Goal: payloads count in sequence order whatever their order of arrival, each number once.
TEST(StreamDigest, OrdersAcrossTheWrapAndCountsFirstCopies) {
  const auto summary =
      digest_of({{65'534, 8, "a"}, {0, 8, "c"}, {65'535, 8, "b"}, {0, 8, "X"}, {2, 8, "e"}});
  EXPECT_EQ(summary.packets, 4u);
  EXPECT_EQ(summary.copies, 1u);
  EXPECT_EQ(summary.reordered, 1u);
  EXPECT_EQ(summary.lost, 1u);
  ASSERT_EQ(summary.payloads.size(), 1u);
  EXPECT_EQ(summary.payloads[0].packets, 4u);
  EXPECT_EQ(summary.payloads[0].bytes, 4u);
  EXPECT_EQ(summary.payloads[0].sha256, sha("abce"));
  EXPECT_EQ(summary.first_arrival.value, 1'000'000'000);
  EXPECT_EQ(summary.last_arrival.value, 1'080'000'000);
}

TEST(StreamDigest, TakesPacketsFromBeforeTheFirstOne) {
  const auto summary = digest_of({{10, 8, "b"}, {9, 8, "a"}, {11, 8, "c"}});
  EXPECT_EQ(summary.lost, 0u);
  EXPECT_EQ(summary.reordered, 1u);
  EXPECT_EQ(summary.payloads[0].sha256, sha("abc"));
}

TEST(StreamDigest, KeepsPayloadTypesApartAndLeavesPaddingOut) {
  const auto summary = digest_of({{1, 8, "abcd", 2}, {2, 101, "zz"}, {3, 8, "ef"}});
  ASSERT_EQ(summary.payloads.size(), 2u);
  EXPECT_EQ(summary.payloads[0].payload_type, 8);
  EXPECT_EQ(summary.payloads[0].bytes, 4u);
  EXPECT_EQ(summary.payloads[0].sha256, sha("abef"));
  EXPECT_EQ(summary.payloads[1].payload_type, 101);
  EXPECT_EQ(summary.payloads[1].packets, 1u);
}

// Goal: what is kLateMax behind is a new run: nothing between is lost, nothing is a copy.
TEST(StreamDigest, StartsAnewFarBehind) {
  const auto late = digest_of({{5'000, 8, "b"}, {5'000 - kLateMax + 1, 8, "a"}});
  EXPECT_EQ(late.lost, static_cast<std::uint64_t>(kLateMax - 2));
  EXPECT_EQ(late.payloads[0].sha256, sha("ab"));
  const auto anew = digest_of({{5'000, 8, "b"}, {5'000 - kLateMax, 8, "a"}, {5'001, 8, "c"}});
  EXPECT_EQ(anew.reordered, 0u);
  EXPECT_EQ(anew.lost, static_cast<std::uint64_t>(kLateMax));  // Of the second run.
  EXPECT_EQ(anew.payloads[0].sha256, sha("bac"));
}

TEST(StreamDigest, IsEmptyWithoutPackets) {
  const auto summary = digest_of({});
  EXPECT_EQ(summary.packets, 0u);
  EXPECT_EQ(summary.lost, 0u);
  EXPECT_TRUE(summary.payloads.empty());
}

// Goal: the streaming digest equals the plain one (collect all, sort, hash). Method: random loss,
// copies and displacement below the window, by seed.
TEST(StreamDigest, EqualsThePlainDigest) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto draw = [&random] { return static_cast<std::uint32_t>(random()); };
    std::vector<std::pair<std::uint32_t, Packet>> sent;
    std::map<std::uint32_t, std::string> expected;
    const std::uint32_t first = 60'000 + draw() % 5'000;
    for (std::uint32_t number = first; number < first + 5'000; ++number) {
      if (draw() % 20 == 0 && number != first && number != first + 4'999) continue;
      const std::string payload = std::to_string(draw());
      const auto sequence = static_cast<std::uint16_t>(number);
      const std::uint32_t shift = draw() % 10 == 0 ? draw() % 200 : 0;
      sent.push_back({number + shift, {sequence, 8, payload}});
      if (draw() % 15 == 0) sent.push_back({number + shift + draw() % 100, {sequence, 8, payload}});
      expected[number] = payload;
    }
    std::ranges::stable_sort(sent, {}, [](const auto& entry) { return entry.first; });
    std::vector<Packet> packets;
    for (auto& [at, packet] : sent) packets.push_back(std::move(packet));
    std::string all;
    for (const auto& [number, payload] : expected) all += payload;
    const auto summary = digest_of(packets);
    EXPECT_EQ(summary.packets, expected.size());
    EXPECT_EQ(summary.copies, sent.size() - expected.size());
    EXPECT_EQ(summary.lost, 5'000 - expected.size());
    ASSERT_EQ(summary.payloads.size(), 1u);
    EXPECT_EQ(summary.payloads[0].sha256, sha(all));
  }
}

}  // namespace
}  // namespace opptak::control::readback
