// A worker polls one queue and brings each packet to its place: signalling to control, media of
// recorded calls into blocks, the rest into the counter that says what it was. One thread owns
// all of it; to the outside there are only rings and counters. path.cc is the hot path.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/api/channel.h"
#include "dataplane/block/block_memory.h"
#include "dataplane/block/index_ring.h"
#include "dataplane/packet/ip.h"
#include "dataplane/packet/rtp.h"
#include "dataplane/port/rx_queue.h"
#include "dataplane/stream/stream.h"
#include "dataplane/stream/target.h"
#include "dataplane/stream/waiting_room.h"

namespace opptak::dataplane {

struct WorkerConfig {
  std::uint16_t index = 0;
  std::uint64_t serial_first = 0;  // First block serial; unique per start and worker.
  std::int64_t decision_wait_ns = 2 * kNsPerSecond;
  std::uint64_t idle_timeout_us = 60'000'000;
  std::uint64_t flush_interval_us = 5'000'000;
  std::uint32_t idle_sleep_us = 50;
  std::uint32_t streams_max = 65'536;
  std::uint64_t waiting_room_bytes = std::uint64_t{64} << 20;
  std::vector<std::uint16_t> sip_ports{5060};
  bool lockstep = false;
};

// The worker's ways to the writers: blocks out, free slots back.
struct WorkerRings {
  std::vector<IndexRing*> to_writers;
  std::vector<IndexRing*> free_slots;  // One from each writer.
};

class Worker {
 public:
  Worker(const WorkerConfig& config, Channel& channel, int wakeup_fd, BlockMemory& blocks,
         WorkerRings rings);

  // Polls `queue` until `stop`. Every block being filled is handed on before it returns.
  void run(RxQueue& queue, const std::atomic<bool>& stop);

  // The parts of one turn, for benches and tests.
  void process(std::span<const Frame> frames);
  void handle_commands();
  void run_timers(UnixNs now);
  void flush_all();

 private:
  struct Work {  // What the first stage found out about one frame.
    ParsedPacket packet;
    FlowKey key;
    std::uint64_t hash;
    std::uint32_t stream;
    ParseResult parsed;
    DatagramKind kind;
  };

  // path.cc: the stages of a burst.
  void parse_stage(std::span<const Frame> frames);
  void lookup_stage(std::size_t count);
  void place(const Frame& frame, Work& work);
  void place_media(const Frame& frame, Work& work);
  void place_in_stream(std::uint32_t entry, std::uint64_t arrival_us,
                       std::span<const std::uint8_t> datagram);
  void append(std::uint32_t entry, std::uint64_t arrival_us,
              std::span<const std::uint8_t> datagram);
  void hold(std::uint32_t entry, std::uint64_t arrival_us, std::span<const std::uint8_t> datagram);
  void start_sequence(std::uint32_t entry, std::uint16_t sequence);
  [[nodiscard]] bool follow_sequence(std::uint32_t entry, std::uint16_t sequence);
  [[nodiscard]] std::uint64_t lost_in_run(std::uint32_t entry, std::uint16_t highest);

  // blocks.cc
  [[nodiscard]] bool open_block(std::uint32_t entry, std::uint64_t arrival_us);
  void close_block(Stream& stream);
  [[nodiscard]] std::uint32_t take_slot();
  void flush_old_blocks(std::uint64_t now_us);

  // binding.cc: streams and targets.
  [[nodiscard]] std::uint32_t new_stream(const Work& work, std::uint64_t arrival_us);
  void resolve(std::uint32_t entry);
  void bind(std::uint32_t entry, std::uint32_t target, Side speaker);
  void unbind(std::uint32_t entry, StreamEndCause cause);
  void release_held(std::uint32_t entry);
  void remove_stream(std::uint32_t entry);
  template <class Visit>
  void for_streams_at(std::uint32_t point, Visit&& visit);

  // commands.cc
  void carry_out(const MessageHeader& command);
  void put_target(const TargetPut& put);
  void drop_target(std::uint32_t entry, StreamEndCause cause);
  void attach_target(std::uint32_t entry);
  void change_target(std::uint32_t entry, const TargetPut& put);
  void detach_target(std::uint32_t entry);
  void end_resync();

  // signalling.cc
  void place_text(const Frame& frame, const Work& work, bool on_sip_port);
  void place_tcp(const Frame& frame, const Work& work);
  [[nodiscard]] bool send_inspect(const Frame& frame, const ParsedPacket& packet,
                                  std::uint8_t protocol);
  void wait_for_control();
  template <class Message>
  void emit(const Message& message);
  void wake_control();
  [[nodiscard]] bool is_sip_port(const ParsedPacket& packet) const noexcept {
    return sip_ports_[packet.src.port] || sip_ports_[packet.dst.port];
  }

  // timers.cc
  void expire_held(UnixNs now);
  void expire_idle(std::uint64_t now_us);
  void tick(UnixNs now);
  void end_input();
  void account_missed(RxQueue& queue);

  WorkerConfig config_;
  std::bitset<65536> sip_ports_;
  RecordConsumer commands_;
  RecordProducer events_;
  ChannelHeader* channel_;
  int wakeup_fd_;
  CounterPage* count_;
  BlockMemory* blocks_;
  WorkerRings rings_;
  StreamTable streams_;
  TargetTable targets_;
  MediaPointTable points_;
  WaitingRoom waiting_;
  std::vector<std::uint32_t> free_slots_;

  struct OpenedBlock {
    std::uint64_t serial;
    std::uint64_t opened_us;
    std::uint32_t slot;
  };
  std::vector<OpenedBlock> opened_;  // Ring of blocks in order of opening, for the flush.
  std::uint64_t opened_head_ = 0;
  std::uint64_t opened_tail_ = 0;

  std::array<Work, kBurstFrames> work_;
  std::uint64_t next_serial_;
  std::uint64_t resync_generation_ = 0;
  std::uint64_t awaited_ = 0;  // Lockstep: records that control must have handled.
  std::uint64_t handled_ = 0;
  UnixNs last_tick_;
  UnixNs last_arrival_;
  std::uint64_t missed_ = 0;
  UnixNs missed_at_;  // Tick at which the port was asked last.
  bool emitted_ = false;
  bool input_ended_ = false;
  bool waiting_for_control_ = false;
  const std::atomic<bool>* stopping_ = nullptr;
  StreamEndCause end_cause_ = StreamEndCause::kTargetDropped;  // For the unbind under way.
};

template <class Message>
void Worker::emit(const Message& message) {
  emitted_ = true;
  while (!events_.push(message, config_.index)) {
    if (!config_.lockstep) return count_->add(Counter::kEventsLost);
    wake_control();
  }
}

}  // namespace opptak::dataplane
