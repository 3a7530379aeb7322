// The real link: rings in the dataplane's memfd, a socket that tells of its death, an eventfd to
// sleep on (docs/channel.md). It connects and reconnects by itself, at most every
// kConnectIntervalMs. Thread: as link.h says.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/channel/link.h"
#include "dataplane/api/channel.h"

namespace opptak::control {

class ChannelLink final : public DataplaneLink {
 public:
  static constexpr std::chrono::milliseconds kConnectInterval{50};

  // `socket_path`: <runtime directory>/dataplane.sock; it need not exist yet.
  explicit ChannelLink(std::string socket_path);
  ~ChannelLink() override;
  ChannelLink(const ChannelLink&) = delete;
  ChannelLink& operator=(const ChannelLink&) = delete;

  [[nodiscard]] LinkChange advance() override;
  [[nodiscard]] bool connected() const noexcept override { return socket_ >= 0; }
  [[nodiscard]] LinkGeometry geometry() const noexcept override { return geometry_; }
  void send_to_worker(std::uint16_t worker, std::span<std::uint8_t> message) override;
  void send_to_writer(std::uint16_t writer, std::span<std::uint8_t> message) override;
  std::size_t flush() override;
  std::size_t poll(const Handler& handler, std::size_t budget) override;
  void release() override;
  void wait(std::chrono::milliseconds timeout) override;
  void wake() noexcept override;

 private:
  // One thread of the dataplane: its two rings, and what did not fit into the first.
  struct Thread {
    dataplane::RecordProducer commands;
    dataplane::RecordConsumer events;
    std::uint16_t index;  // Among workers or among writers.
    std::deque<std::vector<std::uint8_t>> waiting;
  };

  [[nodiscard]] bool connect();
  [[nodiscard]] bool peer_is_gone() const noexcept;
  void disconnect() noexcept;
  void send(std::size_t thread, std::span<std::uint8_t> message);
  [[nodiscard]] static bool push(Thread& thread, std::span<const std::uint8_t> message) noexcept;

  std::string socket_path_;
  int wake_ = -1;  // Our own eventfd.
  int socket_ = -1;
  int memory_ = -1;
  int wakeup_ = -1;  // The dataplane's eventfd.
  std::optional<dataplane::Channel> channel_;
  std::vector<Thread> threads_;  // Workers first, then writers.
  std::size_t next_thread_ = 0;  // Where poll() goes on, so that no ring starves another.
  LinkGeometry geometry_;
  std::chrono::steady_clock::time_point next_connect_{};
};

}  // namespace opptak::control
