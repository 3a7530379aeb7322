// Reads a stored recording back: its extent list, then its blocks, each decrypted and verified.
// Every defect is an error that says which block and why; nothing unverified is handed out.
// One thread per reader; many readers may be used at once, also beside a running dataplane.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "storage/base/failure.h"
#include "storage/base/ids.h"
#include "storage/block/format.h"
#include "storage/block/packet_record.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"

namespace opptak::storage {

enum class ReadError : std::uint8_t {
  kMissingSegment,  // The segment file is gone.
  kOutOfSegment,    // The location lies outside the file, or is no whole number of sectors.
  kNoBlock,         // There is no block header at the location (punched out, never written).
  kTagMismatch,     // Not sealed under this key, or changed since.
  kWrongRecording,  // Sealed under this key, but says that it belongs to something else.
  kBadExtentList,   // The list does not decode, or its parts and counts do not add up.
  kBadPackets,      // A verified block holds records that no writer writes.
  kSystem,          // Reading failed; the message says how.
};
using ReadFailure = Failure<ReadError>;

struct BlockView {
  const BlockHead* head;                  // Both borrowed from the reader
  std::span<const std::uint8_t> records;  // until its next read_block().
};

// A stream of a recording, numbered in the order of first appearance.
struct RecordedStream {
  StreamKey key;
  std::uint8_t speaker = 0;  // 0 caller, 1 callee.
  std::uint32_t index = 0;
};

class RecordingReader {
 public:
  // Reads and verifies the extent list at `root`.
  [[nodiscard]] static std::expected<RecordingReader, ReadFailure> open(
      const std::filesystem::path& store, const RecordingId& recording, const RecordingKey& key,
      const BlockLocation& root);
  ~RecordingReader();
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;

  // In order of serial, each serial once.
  [[nodiscard]] const std::vector<Extent>& extents() const noexcept;
  // The root part: totals, call, first and last arrival.
  [[nodiscard]] const ExtentPart& summary() const noexcept;
  // Every block that the recording occupies, its list and duplicates included: what erasing frees.
  [[nodiscard]] const std::vector<BlockLocation>& locations() const noexcept;

  [[nodiscard]] std::expected<BlockView, ReadFailure> read_block(const Extent& extent);

  // All packets: blocks in order of serial, so each stream's packets come in the order in which
  // they were stored (that of arrival). Spans of the record live until the callback returns.
  using PacketFn = std::function<void(const RecordedStream&, const RtpRecord&)>;
  [[nodiscard]] std::expected<void, ReadFailure> for_each_packet(const PacketFn& fn);

 private:
  class Impl;
  explicit RecordingReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

[[nodiscard]] StreamKey stream_key_of(const BlockHead& head) noexcept;

}  // namespace opptak::storage
