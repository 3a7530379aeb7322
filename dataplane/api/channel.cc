#include "dataplane/api/channel.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace opptak::dataplane {

namespace {

constexpr std::uint64_t kMagic = 0x4e48434b4154504f;  // "OPTAKCHN"
constexpr std::uint64_t kHeaderBytes = 4096;
static_assert(sizeof(ChannelHeader) <= kHeaderBytes);

constexpr std::uint64_t align_line(std::uint64_t bytes) {
  return (bytes + 63) & ~std::uint64_t{63};
}

constexpr std::uint64_t kCountersOffset = kHeaderBytes;

std::uint64_t rings_offset(ChannelGeometry geometry) {
  return kCountersOffset + geometry.threads() * sizeof(CounterPage);
}

constexpr std::uint64_t kThreadBytes =
    align_line(ring_bytes(kCommandRingBytes)) + align_line(ring_bytes(kEventRingBytes));

std::uint64_t channel_bytes(ChannelGeometry geometry) {
  return rings_offset(geometry) + geometry.threads() * kThreadBytes;
}

std::byte* map_shared(int memfd, std::size_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  return base == MAP_FAILED ? nullptr : static_cast<std::byte*>(base);
}

std::size_t size_of(int memfd) {
  struct stat status{};
  return fstat(memfd, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

struct Hello {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t epoch;
};

bool fill_address(const std::string& path, sockaddr_un& address) {
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

constexpr std::size_t kPassedFds = 2;

// A message that carries file descriptors needs a control buffer with room for exactly them.
struct FdMessage {
  explicit FdMessage(Hello& hello) noexcept {
    part = {&hello, sizeof hello};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = buffer;
    message.msg_controllen = sizeof buffer;
  }
  iovec part{};
  msghdr message{};
  alignas(cmsghdr) char buffer[CMSG_SPACE(kPassedFds * sizeof(int))]{};
};

}  // namespace

std::string describe(ChannelError error) {
  switch (error) {
    case ChannelError::kMemory:
      return "the channel's memory could not be sized or mapped";
    case ChannelError::kForeign:
      return "the channel was laid out by another version";
    case ChannelError::kConnect:
      return "the dataplane does not listen on its socket";
    case ChannelError::kSocket:
      return "the socket between control and dataplane failed";
  }
  return "unknown channel error";
}

std::expected<Channel, ChannelError> Channel::create(int memfd, ChannelGeometry geometry,
                                                     bool lockstep) {
  if (size_of(memfd) == channel_bytes(geometry)) {
    auto existing = attach(memfd);
    if (existing && existing->geometry() == geometry) {
      existing->header().lockstep = lockstep ? 1 : 0;
      return existing;
    }
  }
  const std::size_t bytes = channel_bytes(geometry);
  if (ftruncate(memfd, 0) != 0 || ftruncate(memfd, static_cast<off_t>(bytes)) != 0) {
    return std::unexpected(ChannelError::kMemory);
  }
  std::byte* base = map_shared(memfd, bytes);
  if (base == nullptr) return std::unexpected(ChannelError::kMemory);
  Channel channel(base, bytes);
  for (std::uint32_t thread = 0; thread < geometry.threads(); ++thread) {
    std::byte* at = base + rings_offset(geometry) + thread * kThreadBytes;
    new (at) RingMemory;
    reinterpret_cast<RingMemory*>(at)->data_bytes = kCommandRingBytes;
    at += align_line(ring_bytes(kCommandRingBytes));
    new (at) RingMemory;
    reinterpret_cast<RingMemory*>(at)->data_bytes = kEventRingBytes;
    new (base + kCountersOffset + thread * sizeof(CounterPage)) CounterPage;
  }
  auto* header = new (base) ChannelHeader{};
  header->geometry = geometry;
  header->lockstep = lockstep ? 1 : 0;
  header->total_bytes = bytes;
  header->version = kChannelVersion;
  header->magic = kMagic;
  return channel;
}

std::expected<Channel, ChannelError> Channel::attach(int memfd) {
  const std::size_t bytes = size_of(memfd);
  if (bytes < kHeaderBytes) return std::unexpected(ChannelError::kForeign);
  std::byte* base = map_shared(memfd, bytes);
  if (base == nullptr) return std::unexpected(ChannelError::kMemory);
  Channel channel(base, bytes);
  const ChannelHeader& header = channel.header();
  if (header.magic != kMagic || header.version != kChannelVersion || header.total_bytes != bytes ||
      channel_bytes(header.geometry) != bytes) {
    return std::unexpected(ChannelError::kForeign);
  }
  return channel;
}

Channel::Channel(Channel&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Channel::~Channel() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

ChannelHeader& Channel::header() const noexcept { return *reinterpret_cast<ChannelHeader*>(base_); }

RingMemory& Channel::commands(std::uint32_t thread) const noexcept {
  CHECK(thread < geometry().threads());
  return *reinterpret_cast<RingMemory*>(base_ + rings_offset(geometry()) + thread * kThreadBytes);
}

RingMemory& Channel::events(std::uint32_t thread) const noexcept {
  std::byte* commands_at = reinterpret_cast<std::byte*>(&commands(thread));
  return *reinterpret_cast<RingMemory*>(commands_at + align_line(ring_bytes(kCommandRingBytes)));
}

std::span<CounterPage> Channel::counters() const noexcept {
  return {reinterpret_cast<CounterPage*>(base_ + kCountersOffset), geometry().threads()};
}

int create_shared_memory(const char* name) noexcept { return memfd_create(name, MFD_CLOEXEC); }

std::expected<int, ChannelError> listen_for_control(const std::string& path) {
  sockaddr_un address{};
  if (!fill_address(path, address)) return std::unexpected(ChannelError::kSocket);
  const int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (listener < 0) return std::unexpected(ChannelError::kSocket);
  unlink(path.c_str());
  const mode_t old_mask = umask(0177);  // Only the own user may connect.
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  umask(old_mask);
  if (!bound || listen(listener, 4) != 0) {
    close(listener);
    return std::unexpected(ChannelError::kSocket);
  }
  return listener;
}

bool greet(int connection, std::uint64_t epoch, int memory, int wakeup) noexcept {
  Hello hello{kMagic, kChannelVersion, 0, epoch};
  FdMessage out(hello);
  cmsghdr* control = CMSG_FIRSTHDR(&out.message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(kPassedFds * sizeof(int));
  const int fds[kPassedFds] = {memory, wakeup};
  std::memcpy(CMSG_DATA(control), fds, sizeof fds);
  return sendmsg(connection, &out.message, MSG_NOSIGNAL) == sizeof hello;
}

std::expected<Greeting, ChannelError> connect_to_dataplane(const std::string& path) {
  sockaddr_un address{};
  if (!fill_address(path, address)) return std::unexpected(ChannelError::kSocket);
  Greeting greeting;
  greeting.socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (greeting.socket < 0) return std::unexpected(ChannelError::kSocket);
  if (connect(greeting.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(greeting.socket);
    return std::unexpected(ChannelError::kConnect);
  }
  Hello hello{};
  FdMessage in(hello);
  ssize_t received;
  do {
    received = recvmsg(greeting.socket, &in.message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  const cmsghdr* control = received == sizeof hello ? CMSG_FIRSTHDR(&in.message) : nullptr;
  if (control == nullptr || control->cmsg_type != SCM_RIGHTS ||
      control->cmsg_len != CMSG_LEN(kPassedFds * sizeof(int))) {
    close(greeting.socket);
    return std::unexpected(ChannelError::kSocket);
  }
  int fds[kPassedFds];
  std::memcpy(fds, CMSG_DATA(control), sizeof fds);
  greeting.memory = fds[0];
  greeting.wakeup = fds[1];
  if (hello.magic == kMagic && hello.version == kChannelVersion) return greeting;
  for (const int fd : {greeting.socket, greeting.memory, greeting.wakeup}) close(fd);
  return std::unexpected(ChannelError::kForeign);
}

}  // namespace opptak::dataplane
