#include <array>

#include <gtest/gtest.h>

#include "storage/segment/layout.h"

namespace opptak::storage {
namespace {

using Sector = std::array<std::uint8_t, kSectorBytes>;

SegmentHeader some_header() {
  SegmentHeader header;
  for (std::size_t i = 0; i < 16; ++i) header.store[i] = static_cast<std::uint8_t>(0xa0 + i);
  header.id = make_segment_id(3, 2, 1);
  header.epoch = 3;
  header.writer = 2;
  header.expiry_day = 20'000;
  header.created_at = {1'700'000'000'123'456'789};
  return header;
}

// Goal: ids sort by epoch, then writer, then counter, and names go both ways.
TEST(SegmentName, IsTheIdInHex) {
  EXPECT_EQ(segment_file_name(make_segment_id(1, 0, 1)), "0000010000000001.seg");
  EXPECT_EQ(make_segment_id(0xabcdef, 0x123, 0x4567890), 0xabcdef1234567890U);
  EXPECT_EQ(epoch_of(0xabcdef1234567890), 0xabcdefU);
  EXPECT_EQ(parse_segment_file_name("abcdef1234567890.seg"), 0xabcdef1234567890U);
  for (const char* bad : {"", "0000010000000001", "0000010000000001.seg2", "000001000000000g.seg",
                          "0000010000000001.SEG", "ABCDEF1234567890.seg", "0000000000000000.seg"}) {
    EXPECT_FALSE(parse_segment_file_name(bad)) << bad;
  }
}

// Goal: the header's bytes are those of docs/formats/segment.md.
TEST(SegmentHeader, LiesAsDocumented) {
  Sector sector;
  encode_segment_header(some_header(), sector);
  const std::array<std::uint8_t, 48> expected{
      'O',  'P',  'K',  'S',  'E',  'G',  'M',  '1',  1,    0,    0,    0,
      2,    0,    0,    0,    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
      0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 1,    0,    0,    0x20,
      0,    3,    0,    0,    3,    0,    0,    0,    0x20, 0x4e, 0,    0};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), sector.begin()));
  const auto decoded = decode_segment_header(sector);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, some_header().id);
  EXPECT_EQ(decoded->epoch, 3U);
  EXPECT_EQ(decoded->writer, 2U);
  EXPECT_EQ(decoded->expiry_day, 20'000U);
  EXPECT_EQ(decoded->created_at, some_header().created_at);
  EXPECT_EQ(decoded->store, some_header().store);
}

// Goal: no prefix and no changed header decodes. Method: cut at every byte, flip every byte.
TEST(SegmentHeader, RejectsTruncationAndDamage) {
  Sector sector;
  encode_segment_header(some_header(), sector);
  for (std::size_t bytes = 0; bytes < sector.size(); ++bytes) {
    const auto decoded = decode_segment_header(std::span(sector).first(bytes));
    ASSERT_FALSE(decoded);
    ASSERT_EQ(decoded.error(), SegmentHeaderError::kTruncated);
  }
  for (std::size_t i = 0; i < sector.size(); ++i) {
    Sector changed = sector;
    changed[i] ^= 1;
    const auto decoded = decode_segment_header(changed);
    ASSERT_FALSE(decoded) << "byte " << i;
    ASSERT_EQ(decoded.error(), i < 8    ? SegmentHeaderError::kNotASegment
                               : i < 12 ? SegmentHeaderError::kOtherVersion
                                        : SegmentHeaderError::kDamaged)
        << "byte " << i;
  }
}

// Goal: the footer comes back, and a header is no footer.
TEST(SegmentFooter, RoundTripsAndRejectsDamage) {
  Sector sector;
  encode_segment_footer({some_header().store, 42, 8192, 17, {99}}, sector);
  const auto decoded = decode_segment_footer(sector);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, 42U);
  EXPECT_EQ(decoded->used_bytes, 8192U);
  EXPECT_EQ(decoded->blocks, 17U);
  EXPECT_EQ(decoded->sealed_at, UnixNs{99});
  for (std::size_t i = 0; i < sector.size(); i += 13) {
    Sector changed = sector;
    changed[i] ^= 0x80;
    ASSERT_FALSE(decode_segment_footer(changed)) << "byte " << i;
  }
  encode_segment_header(some_header(), sector);
  EXPECT_FALSE(decode_segment_footer(sector));
}

// Goal: only headers that a writer writes look like blocks.
TEST(PlausibleBlockHeader, ChecksEveryClearField) {
  BlockHeader good{};
  good.magic = kBlockMagic;
  good.version = kBlockVersion;
  good.kind = BlockKind::kExtents;
  good.block_bytes = 8192;
  EXPECT_TRUE(plausible_block_header(good, 8192));
  EXPECT_FALSE(plausible_block_header(good, 8191));
  const auto changed = [&](auto change) {
    BlockHeader header = good;
    change(header);
    return plausible_block_header(header, 1U << 30);
  };
  EXPECT_FALSE(changed([](BlockHeader& header) { header.magic = 0; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.version = 2; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.kind = static_cast<BlockKind>(3); }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.kind = static_cast<BlockKind>(0); }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.reserved = 1; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.reserved2[1] = 1; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.block_bytes = 0; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.block_bytes = 8193; }));
  EXPECT_FALSE(changed([](BlockHeader& header) { header.block_bytes = 64U << 20; }));
}

}  // namespace
}  // namespace opptak::storage
