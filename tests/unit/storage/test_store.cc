#include "tests/unit/storage/test_store.h"

#include <cstring>

#include <sodium.h>

#include "storage/base/check.h"
#include "storage/block/sealer.h"

namespace opptak::storage {

namespace {

constexpr std::uint32_t kBlockBytes = 16'384;

template <class Id>
Id numbered(std::uint8_t kind, std::uint8_t number) {
  Id id;
  id.bytes[0] = kind;
  id.bytes[15] = number;
  return id;
}

}  // namespace

TestRecording::TestRecording(std::uint8_t number)
    : call(numbered<CallId>(1, number)),
      id(numbered<RecordingId>(2, number)),
      tag(numbered<StoreTag>(3, number)),
      key(RecordingKey::random()) {}

std::vector<std::uint8_t> test_payload(std::uint64_t serial, std::uint32_t packet) {
  std::vector<std::uint8_t> payload(160);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::uint8_t>(serial * 31 + packet * 7 + i);
  }
  return payload;
}

TestStore::TestStore(std::uint64_t segment_bytes, Durability durability)
    : segment_bytes_(segment_bytes), durability_(durability), sealer_(make_sealer()) {
  CHECK(sodium_init() >= 0);
  auto info = open_or_create_store(path(), kTestNow);
  CHECK(info);
  info_ = *info;
  start();
}

void TestStore::start() {
  const auto epoch = advance_epoch(*info_);
  CHECK(epoch);
  epoch_ = *epoch;
  AppenderConfig config;
  config.directory = path();
  config.store = info_->id;
  config.epoch = epoch_;
  config.segment_bytes = segment_bytes_;
  config.batch_bytes = 256U << 10;
  config.batches = 12;
  config.durability = durability_;
  config.free_bytes_min = 0;
  config.opened_at = kTestNow;
  auto appender = SegmentAppender::open(config);
  CHECK(appender);
  appender_.emplace(std::move(*appender));
}

Reservation TestStore::reserve(std::uint32_t expiry_day, std::uint32_t bytes) {
  for (;;) {
    const auto reservation = appender_->reserve(expiry_day, bytes);
    if (reservation) return *reservation;
    CHECK(reservation.error() == AppendError::kBusy);
    appender_->poll(kTestNow);
  }
}

BlockLocation TestStore::seal(TestRecording& recording, BlockKind kind,
                              std::span<const std::uint8_t> plaintext, std::uint32_t block_bytes,
                              std::uint32_t expiry_day) {
  const Reservation reservation = reserve(expiry_day, block_bytes);
  BlockHeader header{};
  header.magic = kBlockMagic;
  header.version = kBlockVersion;
  header.kind = kind;
  header.block_bytes = block_bytes;
  header.store_tag = recording.tag.bytes;
  header.nonce_epoch = epoch_;
  header.nonce_counter = ++recording.nonce_counter;
  SealKey key;
  sealer_->prepare(key, recording.key.bytes());
  sealer_->seal(key, header, plaintext, reservation.block.data() + kBlockHeaderBytes);
  std::memcpy(reservation.block.data(), &header, sizeof header);
  appender_->commit(reservation);
  return {reservation.segment, reservation.offset_bytes, block_bytes};
}

Extent TestStore::append_packets(TestRecording& recording, std::uint32_t ssrc, std::uint64_t serial,
                                 std::uint32_t packets, std::uint32_t expiry_day) {
  std::vector<std::uint8_t> plaintext(kBlockBytes - kBlockHeaderBytes);
  BlockHead head{};
  head.call = recording.call.bytes;
  head.recording = recording.id.bytes;
  head.serial = serial;
  head.first_arrival_us = kTestNowUs + serial * 1'000'000;
  head.packets = packets;
  head.src_port = 4000;
  head.dst_port = 5000;
  head.ssrc = ssrc;
  head.speaker = static_cast<std::uint8_t>(ssrc & 1);
  RecordState state;
  std::size_t used = kBlockHeadBytes;
  for (std::uint32_t i = 0; i < packets; ++i) {
    const auto payload = test_payload(serial, i);
    RtpRecord packet;
    packet.arrival_us = head.first_arrival_us + i * 20'000U;
    packet.sequence = static_cast<std::uint16_t>(serial * 100 + i);
    packet.timestamp = static_cast<std::uint32_t>(serial * 16'000 + i * 160);
    packet.marker_and_type = 8;
    packet.payload = payload;
    CHECK(used + record_bytes_max(packet) <= plaintext.size());
    used += encode_record(state, packet, plaintext.data() + used);
    head.last_arrival_us = packet.arrival_us;
  }
  head.used_bytes = static_cast<std::uint32_t>(used);
  std::memcpy(plaintext.data(), &head, sizeof head);
  const BlockLocation location = seal(recording, BlockKind::kPackets,
                                      std::span(plaintext).first(used), kBlockBytes, expiry_day);
  const Extent extent{location, packets, serial, head.first_arrival_us};
  recording.extents.push_back(extent);
  return extent;
}

BlockLocation TestStore::append_list(TestRecording& recording, const ExtentPart& part,
                                     std::span<const Extent> extents) {
  std::vector<std::uint8_t> plaintext(kBlockHeadBytes + kExtentPartBytes +
                                      extents.size() * kExtentBytes);
  encode_extent_part(part, extents, plaintext.data());
  return seal(recording, BlockKind::kExtents, plaintext,
              extent_block_bytes(static_cast<std::uint32_t>(extents.size())), 20'000);
}

void TestStore::finish(TestRecording& recording) {
  ExtentPart part;
  part.call = recording.call;
  part.recording = recording.id;
  part.serial = 0xffff'ffff;
  part.root = true;
  part.blocks = recording.extents.size();
  for (const Extent& extent : recording.extents) part.packets += extent.packets;
  recording.root = append_list(recording, part, recording.extents);
}

void TestStore::settle() {
  appender_->request_sync();
  const Ticket target = [this] {
    while (appender_->poll(kTestNow)) {
    }
    return appender_->stats().blocks;
  }();
  while (appender_->durable_ticket() < target) appender_->poll(kTestNow);
}

void TestStore::crash() {
  appender_.reset();
  start();
}

void TestStore::close() { CHECK(appender_->close(kTestNow)); }

}  // namespace opptak::storage
