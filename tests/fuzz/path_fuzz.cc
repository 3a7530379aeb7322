// The whole packet path on any bytes. Input: frames, each behind a u16 length (little endian), a
// byte for the link type and a byte of 10 ms steps since the frame before. After each frame G1 has
// to hold to the packet.
#include <algorithm>
#include <cstdint>
#include <memory>

#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/worker/worker.h"
#include "storage/base/check.h"

namespace opptak::dataplane {
namespace {

constexpr std::uint32_t kSlots = 32;

class Rig {
 public:
  Rig()
      : channel_fd_(create_shared_memory("fuzz-channel")),
        blocks_fd_(create_shared_memory("fuzz-blocks")),
        wakeup_fd_(eventfd(0, EFD_NONBLOCK)),
        channel_(std::move(Channel::create(channel_fd_, {1, 1}, false).value())),
        blocks_(std::move(BlockMemory::open(blocks_fd_, 16384, kSlots).value())),
        full_(kSlots),
        free_(kSlots) {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) free_.push(slot);
    WorkerConfig config;
    config.streams_max = 64;
    config.waiting_room_bytes = 1 << 16;
    worker_ = std::make_unique<Worker>(config, channel_, wakeup_fd_, blocks_,
                                       WorkerRings{{&full_}, {&free_}});
    RecordProducer commands(channel_.commands(0));
    TargetPut put{};
    put.target = 1;
    put.mode = TargetMode::kRecord;
    put.kind = TargetKind::kRtp;
    put.endpoint = {parse_address("10.0.0.2").value(), 5000};
    CHECK(commands.push(put, 0));
  }
  ~Rig() {
    for (const int fd : {channel_fd_, blocks_fd_, wakeup_fd_}) close(fd);
  }

  void receive(std::span<const std::uint8_t> bytes, LinkType link, std::int64_t after_ns) {
    now_ = now_ + after_ns;
    worker_->handle_commands();
    worker_->run_timers(now_);
    const Frame frame{bytes.data(), static_cast<std::uint32_t>(bytes.size()), link, now_};
    worker_->process({&frame, 1});
    std::uint32_t slot;
    while (full_.pop(slot)) {
      channel_.counters()[1].add(Counter::kStored, blocks_.head(slot).packets);
      blocks_.free(slot);
      free_.push(slot);
    }
    CHECK(sum_packets(channel_.counters()).balanced());
  }

 private:
  int channel_fd_;
  int blocks_fd_;
  int wakeup_fd_;
  Channel channel_;
  BlockMemory blocks_;
  IndexRing full_;
  IndexRing free_;
  std::unique_ptr<Worker> worker_;
  UnixNs now_{1'700'000'000 * kNsPerSecond};
};

}  // namespace
}  // namespace opptak::dataplane

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace opptak;
  dataplane::Rig rig;
  while (size >= 4) {
    const std::size_t bytes = std::min<std::size_t>(load_le<std::uint16_t>(data), size - 4);
    const auto link = static_cast<dataplane::LinkType>(data[2] % 6);
    rig.receive({data + 4, bytes}, link, data[3] * 10 * kNsPerMs);
    data += 4 + bytes;
    size -= 4 + bytes;
  }
  return 0;
}
