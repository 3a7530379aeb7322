#include "storage/key/key_layout.h"

#include <gtest/gtest.h>

namespace opptak::storage {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr KeyStoreId kId{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

RecordingId recording(std::uint8_t number) {
  RecordingId id;
  id.bytes[15] = number;
  return id;
}

Bytes some_frame() {
  const std::vector<KeyEntry> entries{
      {KeyEntry::Kind::kCreate, recording(1), {"acme", BucketClass::kSale, 20'000}},
      {KeyEntry::Kind::kErase, recording(2), {}}};
  WrappedKey key;
  key.fill(0x77);
  return encode_frame(kId, 5, entries, std::span(&key, 1));
}

// Goal: a frame has the sizes and the places of docs/formats/keystore.md.
TEST(KeyLayout, FrameLiesAsDocumented) {
  const Bytes frame = some_frame();
  ASSERT_EQ(frame.size(), 64U + 2 * 128 + 64);
  const Bytes start{'O', 'P', 'K', 'F', 'R', 'A', 'M', '1', 5, 0, 0, 0, 0, 0, 0, 0,
                    2,   0,   0,   0,   1,   0,   0,   0,   0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(std::equal(start.begin(), start.end(), frame.begin()));
  const Bytes entry{1, 1, 4, 0, 0x20, 0x4e, 0, 0, 0, 0,   0,   0,   0,   0, 0,
                    0, 0, 0, 0, 0,    0,    0, 0, 1, 'a', 'c', 'm', 'e', 0};
  EXPECT_TRUE(std::equal(entry.begin(), entry.end(), frame.begin() + 64));
  EXPECT_EQ(frame[64 + 128], 2);
  EXPECT_EQ(Bytes(frame.begin() + 320, frame.begin() + 380), Bytes(60, 0x77));
}

// Goal: a frame comes back, and neither a prefix nor a changed byte of its checked part does.
TEST(KeyLayout, FrameRejectsTruncationAndDamage) {
  const Bytes frame = some_frame();
  const auto entries = decode_frame(kId, frame);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].bucket.client, "acme");
  EXPECT_EQ((*entries)[0].bucket.classification, BucketClass::kSale);
  EXPECT_EQ((*entries)[0].bucket.expiry_day, 20'000U);
  EXPECT_EQ((*entries)[1].recording, recording(2));
  const std::size_t checked = 64 + 2 * 128;
  for (std::size_t bytes = 0; bytes < checked; ++bytes) {
    ASSERT_FALSE(decode_frame(kId, std::span(frame).first(bytes))) << bytes;
  }
  for (std::size_t i = 0; i < checked; ++i) {
    Bytes changed = frame;
    changed[i] ^= 0x10;
    ASSERT_FALSE(decode_frame(kId, changed)) << i;
  }
  KeyStoreId other = kId;
  other[0] = 9;
  EXPECT_FALSE(decode_frame(other, frame));  // Of another key store.
}

// Goal: only entries that a writer writes decode.
TEST(KeyLayout, EntryChecksEveryField) {
  const Bytes frame = some_frame();
  const Bytes create(frame.begin() + 64, frame.begin() + 192);
  const Bytes erase(frame.begin() + 192, frame.begin() + 320);
  ASSERT_TRUE(decode_key_entry(create));
  ASSERT_TRUE(decode_key_entry(erase));
  const auto refused = [](Bytes entry, std::size_t at, std::uint8_t value) {
    entry[at] = value;
    return !decode_key_entry(entry);
  };
  EXPECT_TRUE(refused(create, 0, 3));
  EXPECT_TRUE(refused(create, 1, 0));
  EXPECT_TRUE(refused(create, 1, 3));
  EXPECT_TRUE(refused(create, 2, 0));
  EXPECT_TRUE(refused(create, 2, 65));
  EXPECT_TRUE(refused(create, 2, 3));  // A byte behind the client.
  EXPECT_TRUE(refused(create, 3, 1));
  EXPECT_TRUE(refused(create, 127, 1));
  EXPECT_TRUE(refused(erase, 1, 1));
  EXPECT_TRUE(refused(erase, 4, 1));
  EXPECT_TRUE(refused(erase, 24, 1));
  EXPECT_FALSE(decode_key_entry(std::span(create).first(127)));
}

// Goal: the file header comes back; prefixes, damage and other versions are told apart.
TEST(KeyLayout, FileHeaderRejectsTruncationAndDamage) {
  std::array<std::uint8_t, kKeyHeaderBytes> sector;
  KeyFileHeader header{kId, {}};
  header.root_check.fill(0x42);
  encode_key_file_header(header, sector);
  const auto decoded = decode_key_file_header(sector);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, kId);
  EXPECT_EQ(decoded->root_check, header.root_check);
  for (std::size_t bytes = 0; bytes < sector.size(); ++bytes) {
    ASSERT_FALSE(decode_key_file_header(std::span(sector).first(bytes)));
  }
  for (std::size_t i = 0; i < 160; ++i) {
    auto changed = sector;
    changed[i] ^= 1;
    const auto refused = decode_key_file_header(changed);
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error(), i < 8    ? KeyLayoutError::kNotOurs
                               : i < 12 ? KeyLayoutError::kOtherVersion
                                        : KeyLayoutError::kDamaged);
  }
}

// Goal: a damaged count cannot ask for gigabytes.
TEST(KeyLayout, FrameHeaderBoundsItsCounts) {
  Bytes frame = some_frame();
  frame[19] = 0xff;
  EXPECT_FALSE(decode_frame_header(frame));
  frame = some_frame();
  frame[20] = 3;  // More slots than entries.
  EXPECT_FALSE(decode_frame_header(frame));
  frame = some_frame();
  frame[16] = 0;
  EXPECT_FALSE(decode_frame_header(frame));
}

}  // namespace
}  // namespace opptak::storage
