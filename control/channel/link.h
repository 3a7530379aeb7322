// Control's end of the channel to the dataplane (docs/channel.md), as the core sees it: messages
// out, events in, and whether the other side lives. The real one is ChannelLink (channel_link.h);
// tests drive the core through one of their own.
//
// Thread: one owner calls everything but wake(). Nothing here blocks except wait(). Messages may
// hold keys: an implementation wipes its own copies once they are in a ring.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>

#include "dataplane/api/messages.h"

namespace opptak::control {

// What the dataplane said of itself when control connected to it.
struct LinkGeometry {
  std::uint64_t epoch = 0;    // Start of the dataplane: another value is another process.
  std::uint16_t workers = 0;  // Threads that take TargetPut, and send Inspect.
  std::uint16_t writers = 0;  // Threads that take RecordingOpen, and send RecordingDone.
  bool lockstep = false;      // A replay: answer each Inspect with InspectHandled.
};

enum class LinkChange : std::uint8_t {
  kNone,
  kConnected,  // First connection or a new one: resynchronise before anything else.
  kLost,       // The dataplane died; connecting is tried again by itself.
};

class DataplaneLink {
 public:
  // `record` is one whole message that starts with a MessageHeader, borrowed for the call.
  using Handler = std::function<void(std::span<const std::uint8_t> record)>;

  virtual ~DataplaneLink() = default;

  // Connects, or notices a death. Called once per turn of the core's loop.
  [[nodiscard]] virtual LinkChange advance() = 0;
  [[nodiscard]] virtual bool connected() const noexcept = 0;
  // Of the current or last connection; all zero before the first.
  [[nodiscard]] virtual LinkGeometry geometry() const noexcept = 0;

  // Queues a message behind the earlier ones to the same thread and hands over what the ring
  // takes; the rest follows with flush(). While not connected, messages are discarded: what they
  // would have changed is part of the resynchronisation. Sets header.thread.
  virtual void send_to_worker(std::uint16_t worker, std::span<std::uint8_t> message) = 0;
  virtual void send_to_writer(std::uint16_t writer, std::span<std::uint8_t> message) = 0;
  // Retries what full rings refused. Returns how many messages still wait: above a bound of its
  // own the core takes no further events, so that this queue is bounded too.
  virtual std::size_t flush() = 0;

  // Hands over up to `budget` events that were not handed over yet, oldest first in each ring.
  virtual std::size_t poll(const Handler& handler, std::size_t budget) = 0;
  // Frees everything that poll() has handed over: its effects are durable.
  virtual void release() = 0;

  // Sleeps until an event, a connection change, wake() or the timeout.
  virtual void wait(std::chrono::milliseconds timeout) = 0;
  virtual void wake() noexcept = 0;  // From any thread.
};

// A message of type T with its header filled in; `thread` is set when it is sent.
template <class T>
[[nodiscard]] T make_message(dataplane::MessageType type = T::kType) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T message{};
  message.header = {.type = type, .thread = 0, .size_bytes = sizeof(T)};
  return message;
}

template <class T>
[[nodiscard]] std::span<const std::uint8_t> bytes_of(const T& message) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(&message), sizeof(T)};
}

}  // namespace opptak::control
