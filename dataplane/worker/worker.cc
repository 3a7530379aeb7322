#include "dataplane/worker/worker.h"

#include <unistd.h>

namespace opptak::dataplane {

Worker::Worker(const WorkerConfig& config, Channel& channel, int wakeup_fd, BlockMemory& blocks,
               WorkerRings rings)
    : config_(config),
      commands_(channel.commands(config.index)),
      events_(channel.events(config.index)),
      channel_(&channel.header()),
      wakeup_fd_(wakeup_fd),
      count_(&channel.counters()[config.index]),
      blocks_(&blocks),
      rings_(std::move(rings)),
      streams_(config.streams_max),
      targets_(config.streams_max * 2),
      points_(config.streams_max * 4),
      waiting_(config.waiting_room_bytes),
      opened_(blocks.slots() * 2),
      next_serial_(config.serial_first) {
  commands_.discard();  // What was meant for a predecessor; control says it all again.
  for (const std::uint16_t port : config.sip_ports) sip_ports_.set(port);
  free_slots_.reserve(blocks.slots());
}

void Worker::run(RxQueue& queue, const std::atomic<bool>& stop) {
  stopping_ = &stop;
  std::array<Frame, kBurstFrames> frames;
  while (!stop.load(std::memory_order_relaxed)) {
    const std::size_t count = queue.burst(frames);
    handle_commands();
    if (count > 0) {
      run_timers(frames[0].arrival);
      process({frames.data(), count});
      queue.release();
      if (last_tick_ != missed_at_) account_missed(queue);
      continue;
    }
    if (queue.live()) {
      run_timers(system_now());
      if (last_tick_ != missed_at_) account_missed(queue);
      if (emitted_) wake_control();
    } else if (queue.ended() && !input_ended_) {
      end_input();
    }
    if (config_.idle_sleep_us > 0) usleep(config_.idle_sleep_us);
  }
  account_missed(queue);
  flush_all();
}

}  // namespace opptak::dataplane
