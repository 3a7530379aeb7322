// The channel's memory and how the processes come by it: docs/channel.md.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "dataplane/api/counters.h"
#include "dataplane/api/record_ring.h"

namespace opptak::dataplane {

inline constexpr std::uint32_t kChannelVersion = 1;
inline constexpr std::uint64_t kCommandRingBytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kEventRingBytes = std::uint64_t{1} << 23;

struct ChannelGeometry {
  std::uint32_t workers = 1;
  std::uint32_t writers = 1;

  bool operator==(const ChannelGeometry&) const = default;
  [[nodiscard]] std::uint32_t threads() const noexcept { return workers + writers; }
};

struct ChannelHeader {
  std::uint64_t magic;
  std::uint32_t version;
  ChannelGeometry geometry;
  std::uint32_t lockstep;  // 1 in a replay.
  std::uint64_t total_bytes;
  std::atomic<std::uint64_t> epoch;             // dataplane: write, control: read
  std::atomic<std::uint32_t> control_sleeping;  // control: write, dataplane: read
};

enum class ChannelError : std::uint8_t {
  kMemory,   // The memfd could not be sized or mapped.
  kForeign,  // It is laid out by another version.
  kConnect,  // Nobody listens on the socket (yet).
  kSocket,   // The socket could not be made, or the hello was not understood.
};

[[nodiscard]] std::string describe(ChannelError error);

// The mapped memory. Threads are numbered workers first, then writers. Move-only.
class Channel {
 public:
  // Lays a channel out in `memfd`, or, where one of the same version and geometry lies there
  // already, takes it over: its counters and unread events stay. Called by the dataplane.
  [[nodiscard]] static std::expected<Channel, ChannelError> create(int memfd,
                                                                   ChannelGeometry geometry,
                                                                   bool lockstep);
  // Maps what a dataplane has laid out. Called by control and by the supervisor.
  [[nodiscard]] static std::expected<Channel, ChannelError> attach(int memfd);

  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&& other) noexcept;
  ~Channel();

  [[nodiscard]] ChannelHeader& header() const noexcept;
  [[nodiscard]] ChannelGeometry geometry() const noexcept { return header().geometry; }
  [[nodiscard]] RingMemory& commands(std::uint32_t thread) const noexcept;
  [[nodiscard]] RingMemory& events(std::uint32_t thread) const noexcept;
  [[nodiscard]] std::span<CounterPage> counters() const noexcept;

 private:
  Channel(std::byte* base, std::size_t bytes) noexcept : base_(base), bytes_(bytes) {}

  std::byte* base_ = nullptr;
  std::size_t bytes_ = 0;
};

// A memfd for a channel or for block memory: close-on-exec, empty. -1 with errno set on failure.
[[nodiscard]] int create_shared_memory(const char* name) noexcept;

// Socket side of the handshake. The dataplane listens and greets; control connects and waits for
// the greeting. The socket stays open as long as both live.
struct Greeting {
  int socket = -1;  // Owned by the caller.
  int memory = -1;  // memfd of the channel.
  int wakeup = -1;  // eventfd: rung when an event was put while control slept.
};

[[nodiscard]] std::expected<int, ChannelError> listen_for_control(const std::string& path);
// Answers one accepted connection; false where the peer is gone.
[[nodiscard]] bool greet(int connection, std::uint64_t epoch, int memory, int wakeup) noexcept;
[[nodiscard]] std::expected<Greeting, ChannelError> connect_to_dataplane(const std::string& path);

}  // namespace opptak::dataplane
