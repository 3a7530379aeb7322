#include "storage/block/packet_record.h"

namespace opptak::storage {

using namespace record_flag;

namespace {
constexpr std::size_t kRtpFixedHeaderBytes = 12;  // RFC 3550 section 5.1.
constexpr std::uint64_t kArrivalMaxUs = std::uint64_t{1} << 62;
}  // namespace

bool RecordDecoder::take(std::size_t bytes, const std::uint8_t*& at) noexcept {
  if (rest_.size() < bytes) return false;
  at = rest_.data();
  rest_ = rest_.subspan(bytes);
  return true;
}

bool RecordDecoder::take_arrival(std::uint8_t flags, RtpRecord& packet) noexcept {
  const std::uint8_t* at = nullptr;
  if ((flags & kArrival) != 0) {
    if (!take(8, at)) return false;
    packet.arrival_us = load_le<std::uint64_t>(at);
    return packet.arrival_us >= state_.arrival_us && packet.arrival_us <= kArrivalMaxUs;
  }
  if (!take(2, at)) return false;
  const auto deviation = static_cast<std::int16_t>(load_le<std::uint16_t>(at));
  const auto after_us = static_cast<std::int64_t>(state_.interval_us) + deviation;
  if (after_us < 0) return false;
  packet.arrival_us = state_.arrival_us + static_cast<std::uint64_t>(after_us);
  return packet.arrival_us <= kArrivalMaxUs;
}

bool RecordDecoder::take_header(RtpRecord& packet) noexcept {
  const std::uint8_t* at = nullptr;
  if (!take(2, at)) return false;
  const std::size_t header_bytes = load_le<std::uint16_t>(at);
  if (header_bytes < kRtpFixedHeaderBytes || !take(header_bytes, at)) return false;
  packet.header = {at, header_bytes};
  packet.marker_and_type = at[1];
  packet.sequence = load_be<std::uint16_t>(at + 2);
  packet.timestamp = load_be<std::uint32_t>(at + 4);
  if (!take(1, at)) return false;
  packet.padding_bytes = *at;
  return true;
}

bool RecordDecoder::take_fields(std::uint8_t flags, RtpRecord& packet) noexcept {
  const std::uint8_t* at = nullptr;
  packet.sequence = static_cast<std::uint16_t>(state_.sequence + 1);
  if ((flags & kSequence) != 0) {
    if (!take(2, at)) return false;
    packet.sequence = load_le<std::uint16_t>(at);
  }
  packet.timestamp = state_.expected_timestamp(packet.sequence);
  if ((flags & kTimestamp) != 0) {
    if (!take(4, at)) return false;
    packet.timestamp = load_le<std::uint32_t>(at);
  }
  packet.marker_and_type = state_.payload_type;
  if ((flags & kPayloadType) != 0) {
    if (!take(1, at)) return false;
    packet.marker_and_type = *at;
  }
  return true;
}

bool RecordDecoder::take_payload(std::uint8_t flags, RtpRecord& packet) noexcept {
  const std::uint8_t* at = nullptr;
  std::size_t payload_bytes = state_.payload_bytes;
  if ((flags & kLength) != 0) {
    if (!take(2, at)) return false;
    payload_bytes = load_le<std::uint16_t>(at);
  }
  if (!take(payload_bytes, at)) return false;
  packet.payload = {at, payload_bytes};
  return packet.padding_bytes <= payload_bytes;
}

RecordResult RecordDecoder::next(RtpRecord& packet) noexcept {
  if (rest_.empty()) return RecordResult::kEnd;
  const std::uint8_t flags = rest_.front();
  rest_ = rest_.subspan(1);
  packet = {};
  const bool verbatim = (flags & kHeader) != 0;
  const std::uint8_t first_needs =
      kArrival | kLength | (verbatim ? std::uint8_t{0} : kSequence | kTimestamp | kPayloadType);
  const bool shaped = (flags & kReserved) == 0 &&
                      (!verbatim || (flags & (kSequence | kTimestamp | kPayloadType)) == 0) &&
                      (state_.started || (flags & first_needs) == first_needs);
  if (!shaped || !take_arrival(flags, packet) ||
      !(verbatim ? take_header(packet) : take_fields(flags, packet)) ||
      !take_payload(flags, packet)) {
    rest_ = {};
    return RecordResult::kMalformed;
  }
  state_.advance(packet, flags);
  return RecordResult::kRecord;
}

}  // namespace opptak::storage
