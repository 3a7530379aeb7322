#include "storage/extent/extent_list.h"

#include <cstring>

#include <gtest/gtest.h>

#include "storage/base/bytes.h"

namespace opptak::storage {
namespace {

using Bytes = std::vector<std::uint8_t>;

ExtentPart some_part(std::uint32_t number, std::uint64_t blocks) {
  ExtentPart part;
  part.call.bytes[0] = 0x11;
  part.recording.bytes[0] = 0x22;
  part.serial = 0x0102030405060708;
  part.part = number;
  part.root = true;
  part.blocks = blocks;
  part.packets = blocks * 50;
  part.dropped_packets = 3;
  part.first_arrival_us = 1000;
  part.last_arrival_us = 2000;
  if (number > 0) part.previous = {0x1122334455667788, 8192, 4096};
  return part;
}

std::vector<Extent> some_extents(std::uint32_t count) {
  std::vector<Extent> extents;
  for (std::uint32_t i = 0; i < count; ++i) {
    extents.push_back({{77 + i, 4096 * (i + 1), 16'384}, 50, 100 + i, 5'000'000 + i});
  }
  return extents;
}

Bytes encode(const ExtentPart& part, std::span<const Extent> extents) {
  Bytes bytes(kBlockHeadBytes + kExtentPartBytes + extents.size() * kExtentBytes);
  EXPECT_EQ(encode_extent_part(part, extents, bytes.data()), bytes.size());
  return bytes;
}

// Goal: what is encoded is decoded, in first and later parts, with padding behind.
TEST(ExtentList, RoundTrips) {
  for (const std::uint32_t number : {0U, 5U}) {
    const auto extents = some_extents(7);
    const ExtentPart part = some_part(number, number == 0 ? 7 : 40);
    Bytes bytes = encode(part, extents);
    bytes.resize(4096 - kBlockHeaderBytes);
    const auto decoded = decode_extent_part(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->extents, extents);
    EXPECT_EQ(decoded->part.call, part.call);
    EXPECT_EQ(decoded->part.recording, part.recording);
    EXPECT_EQ(decoded->part.serial, part.serial);
    EXPECT_EQ(decoded->part.previous, part.previous);
    EXPECT_EQ(decoded->part.part, number);
    EXPECT_TRUE(decoded->part.root);
    EXPECT_EQ(decoded->part.blocks, part.blocks);
    EXPECT_EQ(decoded->part.packets, part.packets);
    EXPECT_EQ(decoded->part.dropped_packets, 3U);
    EXPECT_EQ(decoded->part.first_arrival_us, 1000U);
    EXPECT_EQ(decoded->part.last_arrival_us, 2000U);
  }
}

// Goal: the bytes of an extent are those of docs/formats/extent.md.
TEST(ExtentList, LiesAsDocumented) {
  const Extent extent{{0x1122334455667788, 0x2000, 0x4000}, 0x55, 0x0102030405060708, 0x99};
  const Bytes bytes = encode(some_part(0, 1), std::span(&extent, 1));
  const Bytes expected{0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0, 0x20, 0, 0, 0, 0,
                       0,    0,    0,    0x40, 0,    0,    0x55, 0,    0, 0,    8, 7, 6, 5,
                       4,    3,    2,    1,    0x99, 0,    0,    0,    0, 0,    0, 0};
  EXPECT_EQ(Bytes(bytes.end() - kExtentBytes, bytes.end()), expected);
}

// Goal: no prefix decodes. Method: cut at every byte.
TEST(ExtentList, RejectsEveryTruncation) {
  const Bytes bytes = encode(some_part(0, 3), some_extents(3));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_extent_part(std::span(bytes).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error(), ExtentError::kTruncated) << size;
  }
  EXPECT_TRUE(decode_extent_part(bytes));
}

// Goal: what no writer writes is refused.
TEST(ExtentList, RejectsMalformedFields) {
  const Bytes good = encode(some_part(0, 3), some_extents(3));
  constexpr std::size_t kPart = kBlockHeadBytes;
  constexpr std::size_t kFirst = kBlockHeadBytes + kExtentPartBytes;
  const auto refused = [&](std::size_t at, std::uint64_t value, std::size_t bytes) {
    Bytes changed = good;
    std::memcpy(changed.data() + at, &value, bytes);
    const auto decoded = decode_extent_part(changed);
    return !decoded && decoded.error() == ExtentError::kMalformed;
  };
  EXPECT_TRUE(refused(offsetof(BlockHead, packets), 4, 4));
  EXPECT_TRUE(refused(offsetof(BlockHead, packets), 0xffffffff, 4));
  EXPECT_TRUE(refused(kPart, 1, 4));          // Part 1 without a previous one.
  EXPECT_TRUE(refused(kPart + 4, 2, 4));      // Unknown flag.
  EXPECT_TRUE(refused(kPart + 8, 5, 8));      // Part 0 with a previous one.
  EXPECT_TRUE(refused(kPart + 28, 1, 4));     // Reserved.
  EXPECT_TRUE(refused(kPart + 32, 4, 8));     // Counts more blocks than part 0 has.
  EXPECT_TRUE(refused(kPart + 32, 2, 8));     // Fewer.
  EXPECT_TRUE(refused(kFirst, 0, 8));         // Segment 0.
  EXPECT_TRUE(refused(kFirst + 8, 0, 8));     // The segment's header.
  EXPECT_TRUE(refused(kFirst + 8, 4097, 8));  // Not a sector.
  EXPECT_TRUE(refused(kFirst + 8, 0xfffffffffffff000, 8));
  EXPECT_TRUE(refused(kFirst + 16, 0, 4));
  EXPECT_TRUE(refused(kFirst + 16, 5000, 4));
}

// Goal: the size helpers agree with each other.
TEST(ExtentList, SizesAgree) {
  for (std::uint32_t count = 0; count < 1000; ++count) {
    const std::uint32_t bytes = extent_block_bytes(count);
    ASSERT_EQ(bytes % kSectorBytes, 0U);
    ASSERT_GE(extents_max(bytes), count);
    if (bytes > kSectorBytes) {
      ASSERT_LT(extents_max(bytes - kSectorBytes), count);
    }
  }
}

}  // namespace
}  // namespace opptak::storage
