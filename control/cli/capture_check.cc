#include "control/cli/capture_check.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/bytes.h"

namespace opptak::control::cli {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Checked = CliResult<std::optional<CaptureCut>>;

constexpr std::size_t kPcapHeaderBytes = 24;
constexpr std::size_t kPcapPacketBytes = 16;
constexpr std::uint32_t kSnapBytesMax = 262'144;  // libpcap's own bound.
constexpr std::size_t kBlockBytesMin = 12;
constexpr std::uint32_t kBlockBytesMax = 16 << 20;  // libpcap's own bound.
constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterface = 1;
constexpr std::uint32_t kOldPacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;

struct NamedLink {
  std::uint32_t type;  // https://www.tcpdump.org/linktypes.html
  const char* name;
};
constexpr std::array kLinks = {
    NamedLink{0, "loopback"}, NamedLink{1, "Ethernet"},   NamedLink{9, "PPP"},
    NamedLink{12, "raw IP"},  NamedLink{14, "raw IP"},    NamedLink{50, "PPP"},
    NamedLink{101, "raw IP"}, NamedLink{108, "loopback"}, NamedLink{113, "Linux cooked"},
    NamedLink{228, "IPv4"},   NamedLink{229, "IPv6"},     NamedLink{276, "Linux cooked"},
};

std::uint32_t swapped(std::uint32_t value, bool swap) {
  return swap ? std::byteswap(value) : value;
}

std::optional<CliFailure> check_link(std::uint32_t type, const std::string& name) {
  const bool known =
      std::ranges::any_of(kLinks, [type](const NamedLink& link) { return link.type == type; });
  if (known) return std::nullopt;
  return CliFailure{
      fmt::format("{} has link type {}, which cannot be read: capture or convert it "
                  "to Ethernet, Linux cooked or raw IP.",
                  name, type)};
}

std::optional<CaptureCut> cut_at(std::uint64_t packets, std::size_t offset, bool damaged) {
  return CaptureCut{.packets = packets, .offset_bytes = offset, .damaged = damaged};
}

using Behind = std::function<void(std::size_t)>;

// Says now and then how far the check has come.
class Progress {
 public:
  explicit Progress(const Behind& behind) : behind_(behind) {}

  void at(std::size_t offset) {
    constexpr std::size_t kStepBytes = std::size_t{16} << 20;
    if (!behind_ || offset - said_ < kStepBytes) return;
    behind_(offset);
    said_ = offset;
  }

 private:
  const Behind& behind_;
  std::size_t said_ = 0;
};

// pcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap
Checked check_pcap(Bytes bytes, const std::string& name, bool swap, std::size_t packet_bytes,
                   Progress progress) {
  if (bytes.size() < kPcapHeaderBytes) {
    return fail(fmt::format("{} ends within its file header: capture it again.", name));
  }
  const std::uint32_t link = swapped(load_le<std::uint32_t>(&bytes[20]), swap) & 0x0fffffff;
  if (auto failure = check_link(link, name)) return std::unexpected(*failure);
  std::uint64_t packets = 0;
  for (std::size_t at = kPcapHeaderBytes; at < bytes.size(); ++packets) {
    progress.at(at);
    if (bytes.size() - at < packet_bytes) return cut_at(packets, at, false);
    const std::uint32_t captured = swapped(load_le<std::uint32_t>(&bytes[at + 8]), swap);
    if (captured > kSnapBytesMax) return cut_at(packets, at, true);
    if (bytes.size() - at - packet_bytes < captured) return cut_at(packets, at, false);
    at += packet_bytes + captured;
  }
  return std::nullopt;
}

// pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng
class PcapngCheck {
 public:
  PcapngCheck(Bytes bytes, const std::string& name, Progress progress)
      : bytes_(bytes), name_(name), progress_(progress) {}

  Checked run() {
    while (at_ < bytes_.size()) {
      progress_.at(at_);
      if (bytes_.size() - at_ < kBlockBytesMin) return cut_at(packets_, at_, false);
      if (word(0) == kSectionHeader && !start_section()) return cut_at(packets_, at_, true);
      const std::uint32_t block = word(4);
      if (block < kBlockBytesMin || block > kBlockBytesMax || block % 4 != 0) {
        return cut_at(packets_, at_, true);
      }
      if (bytes_.size() - at_ < block) return cut_at(packets_, at_, false);
      const std::uint32_t type = word(0);
      if (word(block - 4) != block || !fits(type, block)) return cut_at(packets_, at_, true);
      if (type == kInterface) {
        if (auto failure = add_interface()) return std::unexpected(*failure);
      }
      at_ += block;
    }
    return std::nullopt;
  }

 private:
  // A field of the block at at_.
  [[nodiscard]] std::uint32_t word(std::size_t offset) const {
    return swapped(load_le<std::uint32_t>(&bytes_[at_ + offset]), swap_);
  }

  [[nodiscard]] std::uint32_t half(std::size_t offset) const {
    const auto value = load_le<std::uint16_t>(&bytes_[at_ + offset]);
    return swap_ ? std::byteswap(value) : value;
  }

  bool start_section() {
    const std::uint32_t order = load_le<std::uint32_t>(&bytes_[at_ + 8]);
    swap_ = order == 0x4d3c2b1a;
    interfaces_ = 0;
    return swap_ || order == 0x1a2b3c4d;
  }

  std::optional<CliFailure> add_interface() {
    const std::uint32_t link = half(8);
    if (auto failure = check_link(link, name_)) return failure;
    if (link_.value_or(link) != link) {
      return CliFailure{
          fmt::format("{} holds link types {} and {}, and one file may hold only one: "
                      "split it by interface.",
                      name_, *link_, link)};
    }
    link_ = link;
    ++interfaces_;
    return std::nullopt;
  }

  // Whether a block of packets or of an interface holds what it claims; counts packets.
  bool fits(std::uint32_t type, std::uint32_t block) {
    switch (type) {
      case kInterface:
        return block >= 20;
      case kSimplePacket:
        if (block < 16 || interfaces_ == 0) return false;
        ++packets_;
        return true;
      case kEnhancedPacket:
      case kOldPacket: {
        if (block < 32) return false;
        const std::uint32_t interface = type == kOldPacket ? half(8) : word(8);
        if (interface >= interfaces_ || word(20) > block - 32) return false;
        ++packets_;
        return true;
      }
      default:
        return true;
    }
  }

  Bytes bytes_;
  const std::string& name_;
  Progress progress_;
  std::size_t at_ = 0;
  bool swap_ = false;
  std::uint32_t interfaces_ = 0;
  std::optional<std::uint32_t> link_;
  std::uint64_t packets_ = 0;
};

// A file in memory for as long as this lives.
class Mapping {
 public:
  explicit Mapping(const std::filesystem::path& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
      error_ = errno;
      return;
    }
    struct stat status{};
    if (fstat(descriptor, &status) != 0) {
      error_ = errno;
    } else if (!S_ISREG(status.st_mode)) {
      error_ = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    } else if (status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      memory_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
      if (memory_ == MAP_FAILED) error_ = errno;
    }
    close(descriptor);
  }
  ~Mapping() {
    if (memory_ != nullptr && memory_ != MAP_FAILED) munmap(memory_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] int error() const noexcept { return error_; }
  [[nodiscard]] Bytes bytes() const noexcept {
    return {static_cast<const std::uint8_t*>(memory_), size_};
  }
  // Pages before `offset` need not stay in memory.
  void forget_before(std::size_t offset) const noexcept {
    constexpr std::size_t kPageBytes = 4'096;
    madvise(memory_, offset / kPageBytes * kPageBytes, MADV_DONTNEED);
  }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  int error_ = 0;
};

}  // namespace

Checked check_capture_bytes(Bytes bytes, const std::string& name, const Behind& behind) {
  const Progress progress(behind);
  const auto not_a_capture = [&name] {
    return fail(
        fmt::format("{} is neither a pcap nor a pcapng file: give a capture as tcpdump or "
                    "Wireshark write it.",
                    name));
  };
  if (bytes.empty()) return fail(fmt::format("{} is empty: capture it again.", name));
  if (bytes.size() < 4) return not_a_capture();
  switch (load_le<std::uint32_t>(bytes.data())) {
    case 0xa1b2c3d4:
    case 0xa1b23c4d:
      return check_pcap(bytes, name, false, kPcapPacketBytes, progress);
    case 0xd4c3b2a1:
    case 0x4d3cb2a1:
      return check_pcap(bytes, name, true, kPcapPacketBytes, progress);
    case 0xa1b2cd34:  // Kuznetzov's variant: 8 bytes more per packet.
      return check_pcap(bytes, name, false, kPcapPacketBytes + 8, progress);
    case 0x34cdb2a1:
      return check_pcap(bytes, name, true, kPcapPacketBytes + 8, progress);
    case kSectionHeader:
      return PcapngCheck(bytes, name, progress).run();
    default:
      return not_a_capture();
  }
}

Checked check_capture(const std::filesystem::path& file) {
  const Mapping mapping(file);
  if (mapping.error() != 0) {
    return fail(fmt::format("{} cannot be read: {}; name a capture file that you may read.",
                            file.string(), strerror(mapping.error())));
  }
  return check_capture_bytes(mapping.bytes(), file.string(),
                             [&mapping](std::size_t offset) { mapping.forget_before(offset); });
}

std::string describe(const CaptureCut& cut, const std::filesystem::path& file) {
  return fmt::format(
      "{} {} packet {} (byte {}): what precedes it was taken, the rest is missing; "
      "capture it again or repair it.",
      file.string(), cut.damaged ? "is damaged at" : "is cut off within", cut.packets + 1,
      cut.offset_bytes);
}

}  // namespace opptak::control::cli
