// storage/block/packet_record.h as the packet path uses it.
#include "storage/block/packet_record.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace opptak::storage {
namespace {

struct Kept {
  RtpRecord record;
  std::vector<std::uint8_t> header;
  std::vector<std::uint8_t> payload;
};

std::vector<std::uint8_t> random_bytes(std::mt19937& random, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Mostly a regular stream, with everything that real ones do at times.
std::vector<Kept> random_stream(std::mt19937& random, std::size_t packets) {
  std::vector<Kept> stream;
  std::uint64_t arrival_us = 1'700'000'000'000'000 + random();
  auto sequence = static_cast<std::uint16_t>(random());
  auto timestamp = static_cast<std::uint32_t>(random());
  std::size_t payload_bytes = 160;
  for (std::size_t i = 0; i < packets; ++i) {
    Kept kept;
    const auto dice = random() % 20;
    arrival_us += dice == 0 ? random() % 5'000'000 : 19'000 + random() % 2'000;
    sequence = static_cast<std::uint16_t>(sequence + (dice == 1 ? random() : 1));
    timestamp += dice == 2 ? static_cast<std::uint32_t>(random()) : 160;
    if (dice == 3) payload_bytes = random() % 400;
    kept.payload = random_bytes(random, payload_bytes);
    kept.record.arrival_us = arrival_us;
    kept.record.sequence = sequence;
    kept.record.timestamp = timestamp;
    kept.record.marker_and_type = static_cast<std::uint8_t>(dice == 4 ? random() : 8);
    if (dice == 5) {
      kept.header = random_bytes(random, 12 + 4 * (random() % 5));
      kept.record.marker_and_type = kept.header[1];
      kept.record.sequence = sequence = load_be<std::uint16_t>(&kept.header[2]);
      kept.record.timestamp = timestamp = load_be<std::uint32_t>(&kept.header[4]);
      kept.record.padding_bytes = static_cast<std::uint8_t>(
          payload_bytes == 0 ? 0 : random() % std::min<std::size_t>(payload_bytes, 255));
    }
    stream.push_back(std::move(kept));
  }
  for (Kept& kept : stream) {
    kept.record.header = kept.header;
    kept.record.payload = kept.payload;
  }
  return stream;
}

std::vector<std::uint8_t> encode(const std::vector<Kept>& stream) {
  std::vector<std::uint8_t> out;
  RecordState state;
  for (const Kept& kept : stream) {
    const std::size_t at = out.size();
    out.resize(at + record_bytes_max(kept.record));
    out.resize(at + encode_record(state, kept.record, out.data() + at));
  }
  return out;
}

void expect_same(const RtpRecord& got, const RtpRecord& want, std::size_t i) {
  ASSERT_EQ(got.arrival_us, want.arrival_us) << i;
  ASSERT_EQ(got.sequence, want.sequence) << i;
  ASSERT_EQ(got.timestamp, want.timestamp) << i;
  ASSERT_EQ(got.marker_and_type, want.marker_and_type) << i;
  ASSERT_EQ(got.padding_bytes, want.padding_bytes) << i;
  ASSERT_TRUE(std::ranges::equal(got.header, want.header)) << i;
  ASSERT_TRUE(std::ranges::equal(got.payload, want.payload)) << i;
}

// Goal: any sequence of packets comes back bit for bit. Method: random streams, encoded, decoded.
TEST(PacketRecord, AnyStreamRoundTrips) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const auto stream = random_stream(random, 1 + random() % 100);
    const auto bytes = encode(stream);
    RecordDecoder decoder(bytes);
    RtpRecord got;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      ASSERT_EQ(decoder.next(got), RecordResult::kRecord) << i;
      expect_same(got, stream[i].record, i);
    }
    ASSERT_EQ(decoder.next(got), RecordResult::kEnd);
  }
}

TEST(PacketRecord, ExpectedPacketCostsThreeBytes) {
  RecordState state;
  const std::vector<std::uint8_t> payload(160, 0xd5);
  std::vector<std::uint8_t> out(400);
  RtpRecord record;
  record.payload = payload;
  record.marker_and_type = 8;
  for (int i = 0; i < 100; ++i) {
    record.arrival_us = 1'000'000 + static_cast<std::uint64_t>(i) * 20'000 + (i % 2 ? 9'000u : 0u);
    record.sequence = static_cast<std::uint16_t>(65'500 + i);
    record.timestamp = static_cast<std::uint32_t>(4'294'960'000u + 160u * static_cast<unsigned>(i));
    const std::size_t bytes = encode_record(state, record, out.data());
    if (i > 1) {
      ASSERT_EQ(bytes, payload.size() + 3) << i;
    }
  }
}

TEST(PacketRecord, ArrivalNeverGoesBackwards) {
  RecordState state;
  std::vector<std::uint8_t> out(100);
  RtpRecord record;
  record.arrival_us = 1'000'000;
  const std::size_t first = encode_record(state, record, out.data());
  record.arrival_us = 900'000;  // The clock was set back.
  ++record.sequence;
  const std::size_t second = encode_record(state, record, out.data() + first);
  RecordDecoder decoder(std::span<const std::uint8_t>(out).first(first + second));
  RtpRecord got;
  ASSERT_EQ(decoder.next(got), RecordResult::kRecord);
  ASSERT_EQ(decoder.next(got), RecordResult::kRecord);
  EXPECT_EQ(got.arrival_us, 1'000'000u);
}

// Goal: hostile bytes end in kMalformed or kEnd, never past the end. Method: cut a valid stream at
// every byte, and flip bytes (run under the address sanitizer as well).
TEST(PacketRecord, SurvivesTruncationAndDamage) {
  std::mt19937 random(5);
  const auto bytes = encode(random_stream(random, 12));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::vector<std::uint8_t> cut(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
    RecordDecoder decoder(cut);
    RtpRecord got;
    int records = 0;
    while (decoder.next(got) == RecordResult::kRecord) ++records;
    EXPECT_LE(records, 12);
  }
  for (int round = 0; round < 2'000; ++round) {
    auto damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    RecordDecoder decoder(damaged);
    RtpRecord got;
    std::size_t payload_bytes = 0;
    while (decoder.next(got) == RecordResult::kRecord) payload_bytes += got.payload.size();
    EXPECT_LE(payload_bytes, damaged.size());
  }
}

}  // namespace
}  // namespace opptak::storage
