// What a stream of stored packets holds, counted anew from the packets themselves, so that it can
// be held against what was counted when they came. Pure; one thread.
//
// Sequence numbers are extended as follows (RFC 3550 appendix A.1 in spirit, and the dataplane's
// own rule): a number is ahead of the highest so far if the 16-bit difference is positive, also
// past a wrap; late if it is less than kLateMax behind; anything farther behind starts the sequence
// anew, as a run of its own. Within a run each number counts once and the first copy counts; runs
// follow one another in the order of their first packets. Lost are the numbers missing between
// the lowest and the highest of each run.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "storage/base/time.h"
#include "storage/block/packet_record.h"

namespace opptak::control::readback {

inline constexpr int kLateMax = 512;

using Sha256 = std::array<std::uint8_t, 32>;

struct PayloadDigest {
  std::uint8_t payload_type = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // Of payload; padding and header extension removed.
  Sha256 sha256{};          // Over those bytes, in extended sequence order.
};

struct StreamSummary {
  UnixNs first_arrival;
  UnixNs last_arrival;
  std::uint64_t packets = 0;    // Unique.
  std::uint64_t copies = 0;     // Stored a second time: 0 unless the writer was at fault.
  std::uint64_t reordered = 0;  // Arrived after a later sequence number.
  std::uint64_t lost = 0;
  std::vector<PayloadDigest> payloads;  // By payload type.
};

// Takes the packets of one stream in the order in which they were stored (that of arrival).
class StreamDigest {
 public:
  StreamDigest();
  ~StreamDigest();
  StreamDigest(StreamDigest&&) noexcept;
  StreamDigest& operator=(StreamDigest&&) noexcept;

  void add(const storage::RtpRecord& packet);
  // Nothing may be added afterwards.
  [[nodiscard]] StreamSummary finish();

 private:
  struct Hashes;
  struct Waiting {
    std::uint8_t payload_type = 0;
    std::vector<std::uint8_t> payload;
  };

  void start_run(std::uint16_t sequence);
  void finish_run();
  void take(std::int64_t number, const storage::RtpRecord& packet);
  void flush();
  void hash(std::uint8_t payload_type, std::span<const std::uint8_t> payload);

  StreamSummary summary_;
  std::unique_ptr<Hashes> hashes_;
  bool running_ = false;
  // Extended numbers of the run; the low 16 bits are the sequence number.
  std::int64_t lowest_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t hashed_end_ = 0;  // Everything below is hashed or lost.
  std::uint64_t run_packets_ = 0;
  std::map<std::int64_t, Waiting> waiting_;  // For what may still come before them.
};

}  // namespace opptak::control::readback
