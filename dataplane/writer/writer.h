// A writer takes full blocks from the workers, seals them under their recordings' keys, appends
// them to segments and keeps each recording's extent list. All blocks of a recording go through
// one writer, which therefore owns its nonce counter. One thread owns all of it; it may allocate
// and call the system, the workers never wait for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "dataplane/api/channel.h"
#include "dataplane/block/block_memory.h"
#include "dataplane/block/index_ring.h"
#include "storage/block/sealer.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"
#include "storage/segment/appender.h"

namespace opptak::dataplane {

struct WriterConfig {
  std::uint16_t index = 0;
  std::uint16_t workers = 1;
  std::uint16_t writers = 1;
  std::uint32_t epoch = 0;
  std::uint64_t serial_first = 0;                // For extent lists.
  std::int64_t sync_interval_ns = kNsPerSecond;  // What is written becomes durable by then.
  std::filesystem::path store;
};

struct WriterRings {
  std::vector<IndexRing*> from_workers;
  std::vector<IndexRing*> free_slots;  // Back to each worker.
};

class Writer {
 public:
  Writer(const WriterConfig& config, Channel& channel, int wakeup_fd, BlockMemory& blocks,
         WriterRings rings, storage::SegmentAppender appender,
         std::unique_ptr<storage::Sealer> sealer);

  // Until `stop`, and then until the workers' last blocks are durable.
  void run(const std::atomic<bool>& stop);

  // One turn, for benches and tests. True if anything moved.
  bool turn(UnixNs now);

 private:
  struct Recording {
    RecordingOpen open{};  // Without the key.
    storage::SealKey key;
    std::optional<storage::RecordingKey> raw_key;  // For recovery's scan only.
    std::uint64_t nonce_counter = 0;
    std::vector<storage::Extent> extents;
    std::uint64_t packets = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t dropped_packets = 0;
    std::uint64_t first_arrival_us = 0;
    std::uint64_t last_arrival_us = 0;
    std::uint32_t outstanding = 0;  // Blocks sealed and not durable yet.
    std::uint64_t generation = 0;
    storage::BlockLocation list;  // Root of the extent list once reserved.
    storage::Ticket list_ticket = 0;
    bool recovered = false;
    std::vector<std::uint64_t> drain_to;  // Ring positions that must be reached before closing.
  };
  struct InFlight {
    storage::Ticket ticket;
    std::uint32_t slot;  // kNoSlotInFlight for an extent list.
    Recording* recording;
    std::uint64_t serial;
    std::uint32_t packets;
    std::uint32_t payload_bytes;
    std::uint32_t block_bytes;
  };
  static constexpr std::uint32_t kNoSlotInFlight = 0xffffffff;

  // writer.cc
  bool take_blocks();
  [[nodiscard]] bool write_block(std::uint32_t slot);
  void retire_durable();
  void retire_block(const InFlight& block, bool lost);
  void drop_block(std::uint32_t slot, Recording* recording, Counter cause);
  void free_slot(std::uint32_t slot);
  void pace_sync(UnixNs now);
  void report_condition();
  template <class Message>
  void emit(const Message& message);

  // recordings.cc
  bool handle_commands();
  void open_recording(const RecordingOpen& open);
  void close_recording(const RecordingClose& close);
  bool finish_closed();
  [[nodiscard]] bool write_list(Recording& recording);
  void report_done(const Recording& recording);

  // recovery.cc
  void end_resync();
  void recover();
  void adopt_orphans();

  WriterConfig config_;
  RecordConsumer commands_;
  RecordProducer events_;
  ChannelHeader* channel_;
  int wakeup_fd_;
  CounterPage* count_;
  BlockMemory* blocks_;
  WriterRings rings_;
  storage::SegmentAppender appender_;
  std::unique_ptr<storage::Sealer> sealer_;
  std::unordered_map<RecordingId, std::unique_ptr<Recording>> recordings_;
  std::vector<Recording*> closing_;
  std::vector<Recording*> to_recover_;
  std::deque<InFlight> in_flight_;
  std::deque<std::uint32_t> stalled_;     // Blocks that found no batch buffer.
  std::vector<std::uint64_t> popped_;     // Per worker ring.
  std::vector<std::uint8_t> list_plain_;  // Scratch for extent lists.
  std::uint64_t next_serial_;
  std::uint64_t generation_ = 0;
  bool resynced_ = false;  // Control has spoken since this process started.
  UnixNs last_sync_;
  storage::AppendCondition condition_ = storage::AppendCondition::kOk;
  bool unsynced_ = false;
};

}  // namespace opptak::dataplane
