#include "storage/read/recording_reader.h"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "storage/segment/space.h"
#include "tests/unit/storage/test_store.h"

namespace opptak::storage {
namespace {

std::filesystem::path segment_path(const TestStore& store, const BlockLocation& location) {
  return segments_directory(store.path()) / segment_file_name(location.segment);
}

void flip_byte(const TestStore& store, const BlockLocation& location, std::uint64_t at) {
  std::fstream file(segment_path(store, location), std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(location.offset_bytes + at));
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(static_cast<std::streamoff>(location.offset_bytes + at));
  file.put(byte);
}

ReadError error_of(const TestStore& store, const TestRecording& recording) {
  auto reader = RecordingReader::open(store.path(), recording.id, recording.key, recording.root);
  if (!reader) return reader.error().code;
  const auto read = reader->for_each_packet([](const RecordedStream&, const RtpRecord&) {});
  EXPECT_FALSE(read);
  return read ? ReadError::kSystem : read.error().code;
}

class Reader : public testing::Test {
 protected:
  Reader() {
    for (std::uint64_t serial = 1; serial <= 30; ++serial) {
      store_.append_packets(recording_, serial % 2 == 0 ? 10 : 11, serial, 60);
      store_.append_packets(other_, 12, serial + 1000, 60);
    }
    store_.finish(recording_);
    store_.finish(other_);
    store_.close();
  }
  TestStore store_{1U << 20};
  TestRecording recording_{1};
  TestRecording other_{2};
};

// Goal: every packet comes back as it was stored, streams apart, in order, over several segments.
TEST_F(Reader, GivesEveryPacketBack) {
  auto reader =
      RecordingReader::open(store_.path(), recording_.id, recording_.key, recording_.root);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->extents(), recording_.extents);
  EXPECT_EQ(reader->summary().call, recording_.call);
  EXPECT_EQ(reader->summary().packets, 30U * 60);
  EXPECT_EQ(reader->locations().size(), 31U);
  std::map<std::uint32_t, std::uint64_t> packets;
  const auto read =
      reader->for_each_packet([&](const RecordedStream& stream, const RtpRecord& packet) {
        const std::uint64_t number = packets[stream.key.ssrc]++;
        const std::uint64_t serial = number / 60 * 2 + (stream.key.ssrc == 10 ? 2 : 1);
        const auto in_block = static_cast<std::uint32_t>(number % 60);
        ASSERT_EQ(stream.index, stream.key.ssrc == 11 ? 0U : 1U);
        ASSERT_EQ(stream.speaker, stream.key.ssrc & 1);
        ASSERT_EQ(stream.key.src.port, 4000);
        ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(serial * 100 + in_block));
        ASSERT_EQ(packet.arrival_us, kTestNowUs + serial * 1'000'000 + in_block * 20'000);
        const auto payload = test_payload(serial, in_block);
        ASSERT_TRUE(std::equal(payload.begin(), payload.end(), packet.payload.begin(),
                               packet.payload.end()));
      });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(packets, (std::map<std::uint32_t, std::uint64_t>{{10, 900}, {11, 900}}));
}

// Goal: each defect has its error, which names the place.
TEST_F(Reader, NamesEachDefect) {
  TestRecording wrong_key(1);
  const auto wrong =
      RecordingReader::open(store_.path(), recording_.id, wrong_key.key, recording_.root);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ReadError::kTagMismatch);
  EXPECT_NE(wrong.error().message.find(segment_file_name(recording_.root.segment)),
            std::string::npos);

  const auto other_id =
      RecordingReader::open(store_.path(), other_.id, recording_.key, recording_.root);
  ASSERT_FALSE(other_id);
  EXPECT_EQ(other_id.error().code, ReadError::kWrongRecording);

  const auto open_at = [&](BlockLocation at) {
    const auto reader = RecordingReader::open(store_.path(), recording_.id, recording_.key, at);
    EXPECT_FALSE(reader);
    return reader ? ReadError::kSystem : reader.error().code;
  };
  BlockLocation at = recording_.root;
  at.segment += 1'000'000;
  EXPECT_EQ(open_at(at), ReadError::kMissingSegment);
  at = recording_.root;
  at.offset_bytes = std::uint64_t{1} << 40;
  EXPECT_EQ(open_at(at), ReadError::kOutOfSegment);
  at.offset_bytes = ~std::uint64_t{0} & ~std::uint64_t{4095};
  EXPECT_EQ(open_at(at), ReadError::kOutOfSegment);
  at = recording_.root;
  at.bytes = 100;
  EXPECT_EQ(open_at(at), ReadError::kOutOfSegment);
  at.bytes = 0xfffff000;
  EXPECT_EQ(open_at(at), ReadError::kOutOfSegment);
  // A block of packets where the list should be.
  EXPECT_EQ(open_at(recording_.extents[0].location), ReadError::kWrongRecording);
}

// Goal: no changed byte of a stored block goes unseen.
TEST_F(Reader, SeesEveryChangedByte) {
  const BlockLocation& location = recording_.extents[7].location;
  for (std::uint64_t at = 0; at < location.bytes; at += 509) {
    flip_byte(store_, location, at);
    const ReadError error = error_of(store_, recording_);
    EXPECT_TRUE(error == ReadError::kTagMismatch || error == ReadError::kNoBlock) << at;
    flip_byte(store_, location, at);
  }
  auto reader =
      RecordingReader::open(store_.path(), recording_.id, recording_.key, recording_.root);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->for_each_packet([](const RecordedStream&, const RtpRecord&) {}));
}

// Goal: a block exchanged for another of the same recording shows. Method: swap two on disk.
TEST_F(Reader, SeesExchangedBlocks) {
  const BlockLocation a = recording_.extents[3].location;
  const BlockLocation b = recording_.extents[4].location;
  ASSERT_EQ(a.segment, b.segment);
  std::vector<char> bytes_a(a.bytes);
  std::vector<char> bytes_b(b.bytes);
  std::fstream file(segment_path(store_, a), std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(a.offset_bytes));
  file.read(bytes_a.data(), a.bytes);
  file.seekg(static_cast<std::streamoff>(b.offset_bytes));
  file.read(bytes_b.data(), b.bytes);
  file.seekp(static_cast<std::streamoff>(a.offset_bytes));
  file.write(bytes_b.data(), b.bytes);
  file.seekp(static_cast<std::streamoff>(b.offset_bytes));
  file.write(bytes_a.data(), a.bytes);
  file.close();
  EXPECT_EQ(error_of(store_, recording_), ReadError::kBadExtentList);
}

// Goal: erased blocks and segments that are gone are told apart.
TEST_F(Reader, TellsErasedFromMissing) {
  auto space = SegmentSpace::open(store_.path());
  ASSERT_TRUE(space);
  ASSERT_TRUE(space->free(std::span(&recording_.extents[2].location, 1)));
  EXPECT_EQ(error_of(store_, recording_), ReadError::kNoBlock);
  const SegmentId id = recording_.extents[0].location.segment;
  ASSERT_TRUE(space->remove(std::span(&id, 1)));
  EXPECT_EQ(error_of(store_, recording_), ReadError::kMissingSegment);
}

// Goal: a list of several parts is read whole; a serial that was written twice counts once for the
// reader, but both places are the recording's.
TEST(ReaderChain, FollowsTheParts) {
  TestStore store;
  TestRecording recording(1);
  for (std::uint64_t serial = 1; serial <= 9; ++serial) {
    store.append_packets(recording, 10, serial, 60);
  }
  store.append_packets(recording, 10, 5, 60);  // Again, after a crash.
  ExtentPart part;
  part.call = recording.call;
  part.recording = recording.id;
  BlockLocation previous;
  for (std::uint32_t number = 0; number < 5; ++number) {
    const auto extents = std::span(recording.extents).subspan(number * 2, 2);
    part.part = number;
    part.previous = previous;
    part.root = number == 4;
    part.blocks += 2;
    part.packets += 120;
    previous = store.append_list(recording, part, extents);
  }
  recording.root = previous;
  // A part of another chain in the middle.
  ExtentPart foreign = part;
  foreign.blocks = 7;
  foreign.packets = 420;
  const BlockLocation broken =
      store.append_list(recording, foreign, std::span(recording.extents).first(2));
  store.close();

  auto reader = RecordingReader::open(store.path(), recording.id, recording.key, recording.root);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_EQ(reader->extents().size(), 9U);
  EXPECT_EQ(reader->locations().size(), 15U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(reader->extents()[i].serial, i + 1);
  std::uint64_t packets = 0;
  ASSERT_TRUE(reader->for_each_packet([&](const RecordedStream&, const RtpRecord&) { ++packets; }));
  EXPECT_EQ(packets, 9U * 60);

  const auto refused = RecordingReader::open(store.path(), recording.id, recording.key, broken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ReadError::kBadExtentList);
}

// Goal: a recording without a block has a list too.
TEST(ReaderChain, ReadsAnEmptyRecording) {
  TestStore store;
  TestRecording recording(1);
  store.finish(recording);
  store.close();
  auto reader = RecordingReader::open(store.path(), recording.id, recording.key, recording.root);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_TRUE(reader->extents().empty());
  EXPECT_EQ(reader->locations().size(), 1U);
}

}  // namespace
}  // namespace opptak::storage
