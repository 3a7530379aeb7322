#include "control/channel/channel_link.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/base/check.h"

namespace opptak::control {

namespace {

void close_if_open(int& fd) noexcept {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

void drain_eventfd(int fd) noexcept {
  std::uint64_t count;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

}  // namespace

ChannelLink::ChannelLink(std::string socket_path)
    : socket_path_(std::move(socket_path)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(wake_ >= 0);
}

ChannelLink::~ChannelLink() {
  disconnect();
  close_if_open(memory_);
  close_if_open(wake_);
}

bool ChannelLink::peer_is_gone() const noexcept {
  std::array<std::uint8_t, 16> byte;
  const ssize_t got = ::recv(socket_, byte.data(), byte.size(), MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

// The mapping stays: what the dead dataplane has published can still be read.
void ChannelLink::disconnect() noexcept {
  close_if_open(socket_);
  close_if_open(wakeup_);
  for (Thread& thread : threads_) {
    for (auto& message : thread.waiting) sodium_memzero(message.data(), message.size());
    thread.waiting.clear();
  }
}

LinkChange ChannelLink::advance() {
  if (connected()) {
    if (!peer_is_gone()) return LinkChange::kNone;
    disconnect();
    spdlog::warn("the dataplane is gone; waiting for it at {}", socket_path_);
    return LinkChange::kLost;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_connect_) return LinkChange::kNone;
  next_connect_ = now + kConnectInterval;
  return connect() ? LinkChange::kConnected : LinkChange::kNone;
}

bool ChannelLink::connect() {
  const auto greeting = dataplane::connect_to_dataplane(socket_path_);
  if (!greeting) {
    if (greeting.error() != dataplane::ChannelError::kConnect) {
      spdlog::error("{}: {}", socket_path_, dataplane::describe(greeting.error()));
    }
    return false;
  }
  socket_ = greeting->socket;
  wakeup_ = greeting->wakeup;
  close_if_open(memory_);
  memory_ = greeting->memory;
  auto channel = dataplane::Channel::attach(memory_);
  if (!channel) {
    spdlog::error("{}: {}", socket_path_, dataplane::describe(channel.error()));
    disconnect();
    return false;
  }
  threads_.clear();
  channel_.emplace(std::move(*channel));
  const dataplane::ChannelGeometry shape = channel_->geometry();
  for (std::uint32_t i = 0; i < shape.threads(); ++i) {
    const std::uint32_t index = i < shape.workers ? i : i - shape.workers;
    threads_.push_back({.commands = dataplane::RecordProducer(channel_->commands(i)),
                        .events = dataplane::RecordConsumer(channel_->events(i)),
                        .index = static_cast<std::uint16_t>(index),
                        .waiting = {}});
  }
  next_thread_ = 0;
  geometry_ = {.epoch = channel_->header().epoch.load(std::memory_order_acquire),
               .workers = static_cast<std::uint16_t>(shape.workers),
               .writers = static_cast<std::uint16_t>(shape.writers),
               .lockstep = channel_->header().lockstep != 0};
  spdlog::info("connected to the dataplane at {}: {} workers, {} writers, start {}", socket_path_,
               geometry_.workers, geometry_.writers, geometry_.epoch);
  return true;
}

bool ChannelLink::push(Thread& thread, std::span<const std::uint8_t> message) noexcept {
  std::byte* const at = thread.commands.reserve(message.size());
  if (at == nullptr) return false;
  std::memcpy(at, message.data(), message.size());
  thread.commands.publish();
  return true;
}

void ChannelLink::send(std::size_t thread, std::span<std::uint8_t> message) {
  if (!connected()) return;
  CHECK(thread < threads_.size() && message.size() >= sizeof(dataplane::MessageHeader));
  Thread& to = threads_[thread];
  dataplane::MessageHeader header;
  std::memcpy(&header, message.data(), sizeof header);
  header.thread = to.index;
  std::memcpy(message.data(), &header, sizeof header);
  if (to.waiting.empty() && push(to, message)) return;
  to.waiting.emplace_back(message.begin(), message.end());
}

void ChannelLink::send_to_worker(std::uint16_t worker, std::span<std::uint8_t> message) {
  send(worker, message);
}

void ChannelLink::send_to_writer(std::uint16_t writer, std::span<std::uint8_t> message) {
  send(std::size_t{geometry_.workers} + writer, message);
}

std::size_t ChannelLink::flush() {
  std::size_t waiting = 0;
  for (Thread& thread : threads_) {
    while (!thread.waiting.empty() && push(thread, thread.waiting.front())) {
      sodium_memzero(thread.waiting.front().data(), thread.waiting.front().size());
      thread.waiting.pop_front();
    }
    waiting += thread.waiting.size();
  }
  return waiting;
}

std::size_t ChannelLink::poll(const Handler& handler, std::size_t budget) {
  std::size_t taken = 0;
  std::size_t empty_in_a_row = 0;
  while (taken < budget && empty_in_a_row < threads_.size()) {
    Thread& thread = threads_[next_thread_];
    const dataplane::MessageHeader* record = thread.events.next();
    if (record == nullptr) {
      ++empty_in_a_row;
      next_thread_ = (next_thread_ + 1) % threads_.size();
      continue;
    }
    empty_in_a_row = 0;
    ++taken;
    handler({reinterpret_cast<const std::uint8_t*>(record), record->size_bytes});
  }
  return taken;
}

void ChannelLink::release() {
  for (Thread& thread : threads_) thread.events.release();
}

void ChannelLink::wait(std::chrono::milliseconds timeout) {
  std::array<pollfd, 3> fds{{{.fd = wake_, .events = POLLIN, .revents = 0},
                             {.fd = socket_, .events = POLLIN, .revents = 0},
                             {.fd = wakeup_, .events = POLLIN, .revents = 0}}};
  auto sleep = timeout;
  if (connected()) {
    channel_->header().control_sleeping.store(1, std::memory_order_seq_cst);
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const dataplane::RingMemory& events = channel_->events(static_cast<std::uint32_t>(i));
      const bool empty = events.head.load(std::memory_order_seq_cst) ==
                         events.tail.load(std::memory_order_relaxed);
      if (!empty) sleep = std::chrono::milliseconds(0);
      // A full ring rings no bell when it drains.
      if (!threads_[i].waiting.empty()) sleep = std::min(sleep, std::chrono::milliseconds(1));
    }
  } else {
    sleep = std::min(sleep, kConnectInterval);
  }
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(sleep.count()));
  if (connected()) channel_->header().control_sleeping.store(0, std::memory_order_seq_cst);
  if (ready <= 0) return;
  if ((fds[0].revents & POLLIN) != 0) drain_eventfd(wake_);
  if ((fds[2].revents & POLLIN) != 0) drain_eventfd(wakeup_);
}

void ChannelLink::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_, &one, sizeof one);
}

}  // namespace opptak::control
