// A worker with everything around it in memory: the test plays control and the writer.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/worker/worker.h"
#include "tests/unit/dataplane/frames.h"

namespace opptak::dataplane::test {

constexpr std::uint32_t kBlockBytes = 16384;

inline CallId call_id(std::uint8_t n) {
  CallId id;
  id.bytes.fill(n);
  return id;
}
inline RecordingId recording_id(std::uint8_t n) {
  RecordingId id;
  id.bytes.fill(static_cast<std::uint8_t>(n + 100));
  return id;
}

class WorkerHarness {
 public:
  explicit WorkerHarness(WorkerConfig config = {}, std::uint32_t slots = 64)
      : channel_fd_(create_shared_memory("test-channel")),
        blocks_fd_(create_shared_memory("test-blocks")),
        wakeup_fd_(eventfd(0, EFD_NONBLOCK)),
        channel_(std::move(Channel::create(channel_fd_, {1, 1}, false).value())),
        blocks_(std::move(BlockMemory::open(blocks_fd_, kBlockBytes, slots).value())),
        full_(slots),
        free_(slots) {
    for (std::uint32_t slot = 0; slot < slots; ++slot) free_.push(slot);
    if (config.streams_max > 1024) config.streams_max = 1024;
    config.waiting_room_bytes = std::min<std::uint64_t>(config.waiting_room_bytes, 1 << 20);
    worker_ = std::make_unique<Worker>(config, channel_, wakeup_fd_, blocks_,
                                       WorkerRings{{&full_}, {&free_}});
    commands_ = std::make_unique<RecordProducer>(channel_.commands(0));
    events_ = std::make_unique<RecordConsumer>(channel_.events(0));
  }
  ~WorkerHarness() {
    for (const int fd : {channel_fd_, blocks_fd_, wakeup_fd_}) close(fd);
  }

  // The next packet, 20 ms after the one before unless told otherwise.
  void receive(const Bytes& bytes, std::int64_t after_ns = 20 * kNsPerMs) {
    now_ = now_ + after_ns;
    worker_->handle_commands();
    worker_->run_timers(now_);
    const Frame one = frame(bytes, now_);
    worker_->process({&one, 1});
  }
  void pass(std::int64_t ns) {
    now_ = now_ + ns;
    worker_->handle_commands();
    worker_->run_timers(now_);
  }

  template <class Message>
  void command(const Message& message) {
    ASSERT_TRUE(commands_->push(message, 0));
    worker_->handle_commands();
  }

  TargetPut target(TargetId id, const Endpoint& at, TargetMode mode, std::uint8_t n = 1,
                   Side side = Side::kCallee) {
    TargetPut put{};
    put.target = id;
    put.call = call_id(n);
    put.endpoint = at;
    put.mode = mode;
    put.kind = TargetKind::kRtp;
    put.side = side;
    if (mode == TargetMode::kRecord)
      put.recording = recording_id(n);
    else
      put.reason = SuppressReason::kOff;
    return put;
  }

  // Events of one type since the last call.
  template <class Message>
  std::vector<Message> events() {
    while (const MessageHeader* header = events_->next()) {
      seen_.emplace_back(reinterpret_cast<const std::uint8_t*>(header),
                         reinterpret_cast<const std::uint8_t*>(header) + header->size_bytes);
    }
    events_->release();
    std::vector<Message> found;
    std::erase_if(seen_, [&](const Bytes& record) {
      const auto* header = reinterpret_cast<const MessageHeader*>(record.data());
      if (header->type != Message::kType) return false;
      Message message;
      std::memcpy(&message, record.data(), sizeof message);
      found.push_back(message);
      return true;
    });
    return found;
  }

  // Plays the writer: takes full blocks, checks them and gives the payloads of each recording.
  std::map<RecordingId, std::vector<Bytes>> take_payloads() {
    worker_->flush_all();
    std::map<RecordingId, std::vector<Bytes>> payloads;
    std::uint32_t slot;
    while (full_.pop(slot)) {
      const storage::BlockHead head = blocks_.head(slot);
      storage::RecordDecoder decoder({blocks_.plain(slot) + storage::kBlockHeadBytes,
                                      head.used_bytes - storage::kBlockHeadBytes});
      storage::RtpRecord record;
      std::uint32_t packets = 0;
      while (decoder.next(record) == storage::RecordResult::kRecord) {
        payloads[RecordingId{head.recording}].emplace_back(record.payload.begin(),
                                                           record.payload.end());
        ++packets;
      }
      EXPECT_EQ(packets, head.packets);
      channel_.counters()[1].add(Counter::kStored, packets);
      blocks_.free(slot);
      free_.push(slot);
    }
    return payloads;
  }

  [[nodiscard]] std::uint64_t count(Counter counter) const {
    return channel_.counters()[0].get(counter);
  }
  [[nodiscard]] PacketTotals totals() const { return sum_packets(channel_.counters()); }
  Worker& worker() { return *worker_; }
  BlockMemory& blocks() { return blocks_; }
  int blocks_fd() const { return blocks_fd_; }
  UnixNs now() const { return now_; }

 private:
  int channel_fd_;
  int blocks_fd_;
  int wakeup_fd_;
  Channel channel_;
  BlockMemory blocks_;
  IndexRing full_;
  IndexRing free_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<RecordProducer> commands_;
  std::unique_ptr<RecordConsumer> events_;
  std::vector<Bytes> seen_;
  UnixNs now_{1'700'000'000 * kNsPerSecond};
};

}  // namespace opptak::dataplane::test
