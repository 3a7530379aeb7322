// Which of the last 512 sequence numbers of a stream were seen: tells new packets from copies
// (mirrored twice) and late ones. RFC 3550 appendix A.1 in spirit. One owner thread.
#pragma once

#include <array>
#include <cstdint>

namespace opptak::dataplane {

enum class SequenceVerdict : std::uint8_t {
  kNext,       // Ahead of all before.
  kLate,       // Behind the highest, not seen yet.
  kDuplicate,  // Seen.
  kRestart,    // Too far behind to belong to the same run: a new run starts here.
};

class alignas(64) SequenceWindow {
 public:
  static constexpr std::uint32_t kSpan = 512;

  void reset() noexcept { bits_.fill(0); }

  // `highest` is the caller's highest sequence number of a run that has started.
  [[nodiscard]] SequenceVerdict observe(std::uint16_t& highest, std::uint16_t sequence) noexcept {
    const auto ahead = static_cast<std::int16_t>(sequence - highest);
    if (ahead == 1) [[likely]] {
      set(sequence);
      highest = sequence;
      return SequenceVerdict::kNext;
    }
    if (ahead > 0) {
      clear_between(highest, static_cast<std::uint16_t>(ahead));
      set(sequence);
      highest = sequence;
      return SequenceVerdict::kNext;
    }
    if (-ahead >= static_cast<int>(kSpan)) {
      start(sequence);
      highest = sequence;
      return SequenceVerdict::kRestart;
    }
    if (seen(sequence)) return SequenceVerdict::kDuplicate;
    set(sequence);
    return SequenceVerdict::kLate;
  }

  void start(std::uint16_t sequence) noexcept {
    reset();
    set(sequence);
  }

 private:
  [[nodiscard]] static std::size_t word(std::uint32_t sequence) noexcept {
    return (sequence % kSpan) / 64;
  }
  [[nodiscard]] static std::uint64_t mask(std::uint32_t sequence) noexcept {
    return std::uint64_t{1} << (sequence % 64);
  }
  [[nodiscard]] bool seen(std::uint16_t sequence) const noexcept {
    return (bits_[word(sequence)] & mask(sequence)) != 0;
  }
  // Its bit was that of the number a span behind, which leaves the window with this one.
  void set(std::uint16_t sequence) noexcept { bits_[word(sequence)] |= mask(sequence); }
  void clear_between(std::uint16_t highest, std::uint16_t ahead) noexcept {
    if (ahead >= kSpan) return reset();
    for (std::uint16_t i = 1; i < ahead; ++i) {
      const auto skipped = static_cast<std::uint16_t>(highest + i);
      bits_[word(skipped)] &= ~mask(skipped);
    }
  }

  std::array<std::uint64_t, kSpan / 64> bits_{};
};

}  // namespace opptak::dataplane
