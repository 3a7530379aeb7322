#include "storage/read/recording_reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "storage/read/block_reader.h"

namespace opptak::storage {

class RecordingReader::Impl {
 public:
  Impl(const std::filesystem::path& store, const RecordingId& recording, const RecordingKey& key)
      : blocks_(store, recording, key) {}

  std::expected<void, ReadFailure> load(const BlockLocation& root);
  std::expected<BlockView, ReadFailure> read_block(const Extent& extent);
  std::expected<void, ReadFailure> for_each_packet(const PacketFn& fn);

  std::vector<Extent> extents_;
  std::vector<BlockLocation> locations_;
  ExtentPart summary_;

 private:
  std::expected<void, ReadFailure> read_records(const Extent& extent, const RecordedStream& stream,
                                                const BlockView& block, const PacketFn& fn) const;

  BlockReader blocks_;
  BlockHead head_{};
};

// Walks from the root to part 0 and checks that what each part says of those before it is so.
std::expected<void, ReadFailure> RecordingReader::Impl::load(const BlockLocation& root) {
  BlockLocation at = root;
  ExtentPart expected;  // What the part at `at` must say of itself; from the part behind it.
  for (bool first = true;; first = false) {
    const auto plaintext = blocks_.read(at, BlockKind::kExtents);
    if (!plaintext) return std::unexpected(plaintext.error());
    const auto bad = [&](const char* why) {
      return std::unexpected(blocks_.failure(ReadError::kBadExtentList, at, why));
    };
    auto decoded = decode_extent_part(*plaintext);
    if (!decoded) return bad("its extent list does not decode");
    const ExtentPart& part = decoded->part;
    std::uint64_t packets = 0;
    for (const Extent& extent : decoded->extents) packets += extent.packets;
    if (first && !part.root) return bad("it is not the last part of an extent list");
    if (!first && (part.part != expected.part || part.blocks != expected.blocks ||
                   part.packets != expected.packets)) {
      return bad("a part of the extent list is missing or exchanged");
    }
    if (part.packets < packets || (part.part == 0 && part.packets != packets)) {
      return bad("the extent list's packets do not add up");
    }
    if (first) summary_ = part;
    locations_.push_back(at);
    for (const Extent& extent : decoded->extents) {
      extents_.push_back(extent);
      locations_.push_back(extent.location);
    }
    if (part.part == 0) break;
    expected.part = part.part - 1;
    expected.blocks = part.blocks - decoded->extents.size();
    expected.packets = part.packets - packets;
    at = part.previous;
  }
  std::sort(extents_.begin(), extents_.end(), [](const Extent& a, const Extent& b) {
    return a.serial != b.serial ? a.serial < b.serial : a.location < b.location;
  });
  const auto copies =
      std::unique(extents_.begin(), extents_.end(),
                  [](const Extent& a, const Extent& b) { return a.serial == b.serial; });
  extents_.erase(copies, extents_.end());
  return {};
}

std::expected<BlockView, ReadFailure> RecordingReader::Impl::read_block(const Extent& extent) {
  const auto plaintext = blocks_.read(extent.location, BlockKind::kPackets);
  if (!plaintext) return std::unexpected(plaintext.error());
  std::memcpy(&head_, plaintext->data(), sizeof head_);
  if (head_.serial != extent.serial || head_.packets != extent.packets) {
    return std::unexpected(blocks_.failure(ReadError::kBadExtentList, extent.location,
                                           "it is not the block that the extent list names"));
  }
  return BlockView{&head_, plaintext->subspan(kBlockHeadBytes)};
}

std::expected<void, ReadFailure> RecordingReader::Impl::read_records(const Extent& extent,
                                                                     const RecordedStream& stream,
                                                                     const BlockView& block,
                                                                     const PacketFn& fn) const {
  RecordDecoder decoder(block.records);
  RtpRecord packet;
  std::uint32_t packets = 0;
  for (;;) {
    const RecordResult result = decoder.next(packet);
    if (result == RecordResult::kEnd) break;
    if (result == RecordResult::kMalformed || packets == extent.packets) {
      return std::unexpected(blocks_.failure(ReadError::kBadPackets, extent.location,
                                             "its packet records do not decode"));
    }
    ++packets;
    fn(stream, packet);
  }
  if (packets == extent.packets) return {};
  return std::unexpected(
      blocks_.failure(ReadError::kBadPackets, extent.location,
                      fmt::format("it holds {} packets instead of {}", packets, extent.packets)));
}

std::expected<void, ReadFailure> RecordingReader::Impl::for_each_packet(const PacketFn& fn) {
  std::map<std::pair<StreamKey, std::uint8_t>, std::uint32_t> indices;
  for (const Extent& extent : extents_) {
    const auto block = read_block(extent);
    if (!block) return std::unexpected(block.error());
    RecordedStream stream{stream_key_of(*block->head), block->head->speaker, 0};
    const auto next = static_cast<std::uint32_t>(indices.size());
    stream.index = indices.try_emplace({stream.key, stream.speaker}, next).first->second;
    if (auto read = read_records(extent, stream, *block, fn); !read) return read;
  }
  return {};
}

RecordingReader::RecordingReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
RecordingReader::~RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

std::expected<RecordingReader, ReadFailure> RecordingReader::open(
    const std::filesystem::path& store, const RecordingId& recording, const RecordingKey& key,
    const BlockLocation& root) {
  auto impl = std::make_unique<Impl>(store, recording, key);
  if (auto loaded = impl->load(root); !loaded) return std::unexpected(loaded.error());
  return RecordingReader(std::move(impl));
}

const std::vector<Extent>& RecordingReader::extents() const noexcept { return impl_->extents_; }
const ExtentPart& RecordingReader::summary() const noexcept { return impl_->summary_; }
const std::vector<BlockLocation>& RecordingReader::locations() const noexcept {
  return impl_->locations_;
}
std::expected<BlockView, ReadFailure> RecordingReader::read_block(const Extent& extent) {
  return impl_->read_block(extent);
}
std::expected<void, ReadFailure> RecordingReader::for_each_packet(const PacketFn& fn) {
  return impl_->for_each_packet(fn);
}

StreamKey stream_key_of(const BlockHead& head) noexcept {
  return {{head.src_address, head.src_port}, {head.dst_address, head.dst_port}, head.ssrc};
}

}  // namespace opptak::storage
