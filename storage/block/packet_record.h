// Packet records: how RTP packets lie in a block's plaintext (docs/formats/block.md). A packet
// that follows its predecessor as expected costs 3 bytes above its payload; all of the RTP packet
// can be rebuilt bit for bit, with its arrival to 1 us. Pure; the encoder is on the packet path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "storage/base/bytes.h"

namespace opptak::storage {

namespace record_flag {
inline constexpr std::uint8_t kSequence = 0x01;
inline constexpr std::uint8_t kTimestamp = 0x02;
inline constexpr std::uint8_t kPayloadType = 0x04;
inline constexpr std::uint8_t kLength = 0x08;
inline constexpr std::uint8_t kArrival = 0x10;
inline constexpr std::uint8_t kHeader = 0x20;
inline constexpr std::uint8_t kReserved = 0xc0;
}  // namespace record_flag

// One RTP packet as the encoder takes it and the decoder gives it. Spans are borrowed.
struct RtpRecord {
  std::uint64_t arrival_us = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint8_t marker_and_type = 0;  // Second byte of the RTP header.
  std::uint8_t padding_bytes = 0;    // At the end of payload; 0 without the P bit.
  // The RTP header as it came, where it has CSRCs, an extension or padding; else empty.
  std::span<const std::uint8_t> header;
  std::span<const std::uint8_t> payload;  // Padding included.

  [[nodiscard]] std::uint8_t payload_type() const noexcept { return marker_and_type & 0x7f; }
  [[nodiscard]] bool marker() const noexcept { return (marker_and_type & 0x80) != 0; }
  [[nodiscard]] std::span<const std::uint8_t> media() const noexcept {
    return payload.first(payload.size() - padding_bytes);
  }
};

// What both sides expect of the next packet of a block.
struct RecordState {
  std::uint64_t arrival_us = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t timestamp_step = 160;
  std::uint32_t interval_us = 20'000;
  std::uint16_t sequence = 0;
  std::uint16_t payload_bytes = 0;
  std::uint8_t payload_type = 0;
  bool started = false;

  [[nodiscard]] std::uint32_t expected_timestamp(std::uint16_t next_sequence) const noexcept {
    const auto ahead = static_cast<std::int16_t>(next_sequence - sequence);
    return timestamp + timestamp_step * static_cast<std::uint32_t>(ahead);
  }

  void advance(const RtpRecord& packet, std::uint8_t flags) noexcept {
    if ((flags & (record_flag::kTimestamp | record_flag::kHeader)) != 0 && started &&
        packet.sequence == static_cast<std::uint16_t>(sequence + 1)) {
      timestamp_step = packet.timestamp - timestamp;
    }
    if ((flags & record_flag::kArrival) != 0 && started &&
        packet.arrival_us - arrival_us <= kIntervalMaxUs) {
      interval_us = static_cast<std::uint32_t>(packet.arrival_us - arrival_us);
    }
    arrival_us = packet.arrival_us;
    timestamp = packet.timestamp;
    sequence = packet.sequence;
    payload_bytes = static_cast<std::uint16_t>(packet.payload.size());
    payload_type = packet.payload_type();
    started = true;
  }

  static constexpr std::uint64_t kIntervalMaxUs = 200'000;
};

// Longest prefix of a record without header bytes: flags, A, H's lengths, S, T, P, L.
inline constexpr std::size_t kRecordPrefixBytesMax = 1 + 8 + 3 + 2 + 4 + 1 + 2;

[[nodiscard]] inline std::size_t record_bytes_max(const RtpRecord& packet) noexcept {
  return kRecordPrefixBytesMax + packet.header.size() + packet.payload.size();
}

// Writes the record at `out`, which has record_bytes_max(packet) bytes of room, and moves `state`
// on. Returns the bytes written. An arrival before the state's is taken as the state's.
inline std::size_t encode_record(RecordState& state, RtpRecord packet, std::uint8_t* out) noexcept {
  using namespace record_flag;
  if (packet.arrival_us < state.arrival_us) packet.arrival_us = state.arrival_us;
  std::uint8_t flags = 0;
  std::uint8_t* at = out + 1;
  const auto deviation = static_cast<std::int64_t>(packet.arrival_us - state.arrival_us) -
                         static_cast<std::int64_t>(state.interval_us);
  if (state.started && deviation == static_cast<std::int16_t>(deviation)) {
    store_le<std::uint16_t>(at, static_cast<std::uint16_t>(deviation));
    at += 2;
  } else {
    flags |= kArrival;
    store_le<std::uint64_t>(at, packet.arrival_us);
    at += 8;
  }
  if (!packet.header.empty()) {
    flags |= kHeader;
    store_le<std::uint16_t>(at, static_cast<std::uint16_t>(packet.header.size()));
    std::memcpy(at + 2, packet.header.data(), packet.header.size());
    at += 2 + packet.header.size();
    *at++ = packet.padding_bytes;
  } else {
    if (!state.started || packet.sequence != static_cast<std::uint16_t>(state.sequence + 1)) {
      flags |= kSequence;
      store_le<std::uint16_t>(at, packet.sequence);
      at += 2;
    }
    if (!state.started || packet.timestamp != state.expected_timestamp(packet.sequence)) {
      flags |= kTimestamp;
      store_le<std::uint32_t>(at, packet.timestamp);
      at += 4;
    }
    if (!state.started || packet.marker_and_type != state.payload_type) {
      flags |= kPayloadType;
      *at++ = packet.marker_and_type;
    }
  }
  if (!state.started || packet.payload.size() != state.payload_bytes) {
    flags |= kLength;
    store_le<std::uint16_t>(at, static_cast<std::uint16_t>(packet.payload.size()));
    at += 2;
  }
  if (!packet.payload.empty()) std::memcpy(at, packet.payload.data(), packet.payload.size());
  at += packet.payload.size();
  *out = flags;
  state.advance(packet, flags);
  return static_cast<std::size_t>(at - out);
}

enum class RecordResult : std::uint8_t {
  kRecord,     // `packet` holds the next record.
  kEnd,        // No bytes are left.
  kMalformed,  // The bytes are not what the encoder writes.
};

// Reads the records of one block: `records` are the bytes after the BlockHead up to used_bytes.
class RecordDecoder {
 public:
  explicit RecordDecoder(std::span<const std::uint8_t> records) noexcept : rest_(records) {}

  // `packet` borrows from the records. After kMalformed nothing more can be read.
  [[nodiscard]] RecordResult next(RtpRecord& packet) noexcept;

 private:
  [[nodiscard]] bool take(std::size_t bytes, const std::uint8_t*& at) noexcept;
  [[nodiscard]] bool take_arrival(std::uint8_t flags, RtpRecord& packet) noexcept;
  [[nodiscard]] bool take_header(RtpRecord& packet) noexcept;
  [[nodiscard]] bool take_fields(std::uint8_t flags, RtpRecord& packet) noexcept;
  [[nodiscard]] bool take_payload(std::uint8_t flags, RtpRecord& packet) noexcept;

  std::span<const std::uint8_t> rest_;
  RecordState state_;
};

}  // namespace opptak::storage
