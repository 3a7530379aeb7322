#include "tests/unit/control/readback/sample_store.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "storage/block/format.h"
#include "storage/segment/store.h"

namespace opptak::control::test {
namespace {

using namespace storage;

constexpr UnixNs kNow{1'700'000'000 * kNsPerSecond};

// Takes what a step gave, or ends the test with why not.
template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace

SampleStore::SampleStore() {
  row_.id.bytes = {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16};
  row_.call.bytes = {9};
  row_.tag.bytes = {0xaa, 0xbb};
  row_.state = RecordingState::kStored;
  sealer_->prepare(seal_key_, key_.bytes());
  const StoreInfo store = must(open_or_create_store(directory_.path(), kNow));
  AppenderConfig config;
  config.directory = directory_.path();
  config.store = store.id;
  config.epoch = must(advance_epoch(store));
  config.segment_bytes = 4 << 20;
  config.batches = 4;
  config.open_segments_max = 2;
  config.free_bytes_min = 0;
  config.durability = Durability::kNone;
  config.opened_at = kNow;
  appender_ = std::make_unique<SegmentAppender>(must(SegmentAppender::open(config)));
}

BlockLocation SampleStore::write(BlockKind kind, std::vector<std::uint8_t>& plaintext) {
  const auto bytes = static_cast<std::uint32_t>(
      (kBlockHeaderBytes + plaintext.size() + kSectorBytes - 1) / kSectorBytes * kSectorBytes);
  auto reservation = appender_->reserve(20'000, bytes);
  for (int tries = 0; !reservation && tries < 1'000; ++tries) {
    appender_->poll(kNow);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    reservation = appender_->reserve(20'000, bytes);
  }
  if (!reservation) throw std::runtime_error("no room for a block");
  BlockHeader header{};
  header.magic = kBlockMagic;
  header.version = kBlockVersion;
  header.kind = kind;
  header.block_bytes = bytes;
  header.store_tag = row_.tag.bytes;
  header.nonce_epoch = 1;
  header.nonce_counter = ++counter_;
  sealer_->seal(seal_key_, header, plaintext, reservation->block.data() + kBlockHeaderBytes);
  std::memcpy(reservation->block.data(), &header, sizeof header);
  appender_->commit(*reservation);
  return {
      .segment = reservation->segment, .offset_bytes = reservation->offset_bytes, .bytes = bytes};
}

void SampleStore::add_block(StreamRow& row, const std::vector<SamplePacket>& packets) {
  std::vector<std::uint8_t> plaintext(kBlockHeadBytes);
  RecordState state;
  for (const SamplePacket& packet : packets) {
    const RtpRecord record{.arrival_us = packet.arrival_us,
                           .sequence = packet.sequence,
                           .timestamp = packet.timestamp,
                           .marker_and_type = packet.payload_type,
                           .header = {},
                           .payload = packet.payload};
    const std::size_t at = plaintext.size();
    plaintext.resize(at + record_bytes_max(record));
    plaintext.resize(at + encode_record(state, record, plaintext.data() + at));
    row_.payload_bytes += packet.payload.size();
    last_arrival_us_ = std::max(last_arrival_us_, packet.arrival_us);
  }
  BlockHead head{};
  head.call = row_.call.bytes;
  head.recording = row_.id.bytes;
  head.serial = std::uint64_t{1} << 40 | (extents_.size() + 1);
  head.first_arrival_us = packets.front().arrival_us;
  head.last_arrival_us = packets.back().arrival_us;
  head.packets = static_cast<std::uint32_t>(packets.size());
  head.used_bytes = static_cast<std::uint32_t>(plaintext.size());
  head.src_address = row.key.src.address;
  head.dst_address = row.key.dst.address;
  head.src_port = row.key.src.port;
  head.dst_port = row.key.dst.port;
  head.ssrc = row.key.ssrc;
  head.speaker = row.speaker;
  std::memcpy(plaintext.data(), &head, sizeof head);
  extents_.push_back({.location = write(BlockKind::kPackets, plaintext),
                      .packets = head.packets,
                      .serial = head.serial,
                      .first_arrival_us = head.first_arrival_us});
  row.packets += packets.size();
  row_.packets += packets.size();
}

RecordingRow SampleStore::finish() {
  ExtentPart part;
  part.call = row_.call;
  part.recording = row_.id;
  part.serial = std::uint64_t{1} << 40 | 1'000;
  part.root = true;
  part.blocks = extents_.size();
  part.packets = row_.packets;
  part.first_arrival_us = extents_.empty() ? 0 : extents_.front().first_arrival_us;
  for (const Extent& extent : extents_) {
    part.first_arrival_us = std::min(part.first_arrival_us, extent.first_arrival_us);
  }
  part.last_arrival_us = last_arrival_us_;
  std::vector<std::uint8_t> plaintext(kBlockHeadBytes + kExtentPartBytes +
                                      extents_.size() * kExtentBytes);
  plaintext.resize(encode_extent_part(part, extents_, plaintext.data()));
  const BlockLocation root = write(BlockKind::kExtents, plaintext);
  must(appender_->close(kNow));
  appender_.reset();
  row_.blocks = static_cast<std::uint32_t>(extents_.size());
  row_.extents = {.segment = root.segment, .offset_bytes = root.offset_bytes, .bytes = root.bytes};
  return row_;
}

StreamRow sample_stream(const RecordingId& recording, std::uint32_t ssrc, std::uint8_t speaker) {
  constexpr std::array<std::uint8_t, 4> kCaller{10, 0, 0, 1};
  constexpr std::array<std::uint8_t, 4> kCallee{10, 0, 0, 2};
  StreamRow row;
  row.recording = recording;
  row.speaker = speaker;
  row.key = {.src = {map_ipv4(kCaller.data()), 4'000},
             .dst = {map_ipv4(kCallee.data()), 5'000},
             .ssrc = ssrc};
  row.codecs = {{.payload_type = 0, .name = "PCMU"}};
  return row;
}

}  // namespace opptak::control::test
