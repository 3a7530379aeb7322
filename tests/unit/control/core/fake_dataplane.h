// A dataplane in the test's own thread: it takes control's commands, keeps targets and recordings
// as the real one does, and says what a test wants it to say. Its event queue outlives an engine,
// as the rings do: what was not released is delivered again to the next one.
#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "control/channel/link.h"

namespace opptak::control::test {

class FakeDataplane {
 public:
  struct Recording {
    dataplane::RecordingOpen open{};
    bool closed = false;
    int opens = 0;
  };

  explicit FakeDataplane(LinkGeometry geometry_in = {1, 2, 1, false}) : geometry(geometry_in) {}

  LinkGeometry geometry;
  bool reachable = true;
  bool answer_barriers = true;  // By itself, as soon as the command is taken.
  bool answer_closes = true;
  // The state of worker 0; all workers get the same commands.
  std::map<dataplane::TargetId, dataplane::TargetPut> targets;
  std::vector<dataplane::TargetPut> puts;  // Everything ever put to worker 0.
  std::map<RecordingId, Recording> recordings;
  std::map<RecordingId, dataplane::RecordingDone> done_with;  // What closing answers.
  std::vector<std::uint64_t> handled;                         // InspectHandled of worker 0.
  std::vector<std::string> order;                             // Of everything worker 0 got.
  int generation = 0;                                         // Counts starts of it.

  // Events; `thread` is the worker or writer.
  void sip(UnixNs at, const std::string& text, std::uint16_t worker = 0);
  void tick(UnixNs now, std::uint16_t worker = 0);
  void input_ended(UnixNs last, std::uint16_t worker = 0);
  void stream_started(const dataplane::TargetPut& target, const Endpoint& src, UnixNs at,
                      std::uint32_t ssrc = 1);
  void stream_ended(const dataplane::TargetPut& target, const Endpoint& src, UnixNs first,
                    UnixNs last, std::uint64_t packets, std::uint64_t dropped = 0,
                    std::uint32_t ssrc = 1);
  void store_state(dataplane::StoreCondition condition, std::uint16_t writer = 0);
  void done(const RecordingId& recording, std::uint64_t packets, std::uint64_t dropped = 0);

  [[nodiscard]] const dataplane::TargetPut* target_at(const std::string& endpoint) const;
  // Dies, and is there again as another process that knows nothing.
  void restart();

  template <class Message>
  void push(Message message, std::uint16_t thread, std::span<const std::uint8_t> tail = {}) {
    message.header = {Message::kType, thread,
                      static_cast<std::uint32_t>(sizeof(Message) + tail.size())};
    std::vector<std::uint8_t> record(sizeof(Message) + tail.size());
    std::memcpy(record.data(), &message, sizeof(Message));
    if (!tail.empty()) std::memcpy(record.data() + sizeof(Message), tail.data(), tail.size());
    events.push_back(std::move(record));
  }

  void take_worker(std::uint16_t worker, std::span<const std::uint8_t> message);
  void take_writer(std::uint16_t writer, std::span<const std::uint8_t> message);

  std::deque<std::vector<std::uint8_t>> events;  // Not released yet.

 private:
  std::map<dataplane::TargetId, dataplane::TargetPut> before_resync_;
  std::map<RecordingId, Recording> recordings_before_resync_;
};

// Control's end of it; one per engine.
class FakeLink final : public DataplaneLink {
 public:
  explicit FakeLink(FakeDataplane& dataplane) : dataplane_(dataplane) {}

  [[nodiscard]] LinkChange advance() override;
  [[nodiscard]] bool connected() const noexcept override { return connected_; }
  [[nodiscard]] LinkGeometry geometry() const noexcept override { return geometry_; }
  void send_to_worker(std::uint16_t worker, std::span<std::uint8_t> message) override;
  void send_to_writer(std::uint16_t writer, std::span<std::uint8_t> message) override;
  std::size_t flush() override { return waiting; }
  std::size_t poll(const Handler& handler, std::size_t budget) override;
  void release() override;
  void wait(std::chrono::milliseconds) override {}
  void wake() noexcept override {}

  std::size_t waiting = 0;  // As if full rings had refused so many messages.

 private:
  FakeDataplane& dataplane_;
  bool connected_ = false;
  LinkGeometry geometry_;
  int generation_ = 0;
  std::size_t read_ = 0;
};

// "10.0.0.1:4000"
[[nodiscard]] Endpoint endpoint(const std::string& text);

}  // namespace opptak::control::test
