#include "control/render/engine/track.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "storage/base/time.h"

namespace opptak::control::render {
namespace {

// Rounding and decoders that give a sample less than the timestamp says are no gap.
constexpr std::int64_t kContiguousMs = 2;
constexpr std::int64_t kUnknownPacketMs = 20;

// Arrivals are claims: far enough from everything to be outside, near enough not to overflow.
constexpr std::int64_t kOffsetMaxUs = std::int64_t{1} << 50;

std::int64_t offset_us(std::uint64_t arrival_us, std::uint64_t start_us) noexcept {
  const auto difference = static_cast<std::int64_t>(arrival_us - start_us);
  return std::clamp(difference, -kOffsetMaxUs, kOffsetMaxUs);
}

// value * to / from without overflow for any offset that occurs.
std::int64_t scale(std::int64_t value, std::int64_t to, std::int64_t from) noexcept {
  return value / from * to + value % from * to / from;
}

const Codec kUnknownCodec{};

}  // namespace

Track::Names::Names(const PipeStream& stream) : speaker(stream.speaker) {
  for (std::uint8_t type = 0; type < 35; ++type) {
    const Codec codec = static_codec(type);
    if (codec.kind != CodecKind::kUnknown) codecs[type] = codec;
  }
  for (const PipeCodec& named : stream.codecs) {
    const Codec codec = codec_of(named);
    codecs[named.payload_type] = codec;
    names[named.payload_type] = std::string(named.name);
    wideband |= codec.wideband();
  }
}

Track::Track(Names names, std::uint64_t start_us, Timeline& timeline, Warn warn)
    : names_(std::move(names)), start_us_(start_us), timeline_(timeline), warn_(std::move(warn)) {}

const Codec& Track::codec(std::uint8_t payload_type) const noexcept {
  const auto found = names_.codecs.find(payload_type);
  return found == names_.codecs.end() ? kUnknownCodec : found->second;
}

bool Track::continues(const Run& run, std::uint32_t clock_hz,
                      const PipePacket& packet) const noexcept {
  if (clock_hz != run.clock_hz) return false;
  const auto jump = static_cast<std::int16_t>(packet.sequence - run.sequence);
  if (std::abs(static_cast<int>(jump)) > kSequenceJumpMax) return false;
  // Extended around where the arrival says that it should be, so that any length of run works.
  const std::int64_t arrived_us = offset_us(packet.arrival_us, run.arrival_us);
  const std::int64_t arrived_ticks = scale(arrived_us, run.clock_hz, 1'000'000);
  const auto apart_ticks = static_cast<std::int32_t>(packet.timestamp - run.timestamp -
                                                     static_cast<std::uint32_t>(arrived_ticks));
  return std::abs(scale(apart_ticks, 1'000'000, run.clock_hz)) <= kClockApartMaxUs;
}

void Track::add(const PipePacket& packet) {
  const Codec& named = codec(packet.payload_type());
  if (named.kind == CodecKind::kNotAudio) return;
  if (run_ && !continues(*run_, named.clock_hz, packet)) finish();
  if (!run_) run_ = std::make_unique<Run>(named.clock_hz, packet);
  if (static_cast<std::int16_t>(packet.sequence - run_->sequence) > 0) {
    run_->sequence = packet.sequence;
  }
  const std::int64_t since_us =
      std::max<std::int64_t>(offset_us(packet.arrival_us, run_->arrival_us), 0);
  run_->reorder.push(since_us, packet.sequence,
                     {.timestamp = packet.timestamp,
                      .payload_type = packet.payload_type(),
                      .payload = {packet.payload.begin(), packet.payload.end()}},
                     [this](OrderedPacket& ordered) { deliver(ordered); });
}

void Track::finish() {
  if (!run_) return;
  run_->reorder.finish([this](OrderedPacket& ordered) { deliver(ordered); });
  close_segment();
  run_.reset();
}

void Track::deliver(OrderedPacket& packet) {
  Run& run = *run_;
  run.ticks += static_cast<std::int32_t>(packet.timestamp - run.last_timestamp);
  run.last_timestamp = packet.timestamp;
  const std::int64_t hz = timeline_.sample_hz();
  const std::int64_t at = scale(offset_us(run.arrival_us, start_us_), hz, 1'000'000) +
                          scale(run.ticks, hz, run.clock_hz);
  Decoder* decoder = decoder_of(packet.payload_type);
  if (decoder == nullptr) {
    timeline_.extend_to(at + kUnknownPacketMs * hz / 1'000);
    return;
  }
  place(*decoder, packet.payload_type, at, packet.payload);
}

void Track::place(Decoder& decoder, std::uint8_t payload_type, std::int64_t at,
                  const std::vector<std::uint8_t>& payload) {
  const std::int64_t tolerance = kContiguousMs * timeline_.sample_hz() / 1'000;
  const bool contiguous = segment_decoder_ == &decoder &&
                          std::abs(segment_start_ + decoder.produced() - at) <= tolerance;
  if (!contiguous) {
    close_segment();
    segment_decoder_ = &decoder;
    segment_payload_type_ = payload_type;
    segment_start_ = cursor_ = at;
  }
  samples_.clear();
  if (decoder.decode(payload, samples_)) {
    heard_ = true;
  } else {
    warn_once(payload_type, "packets that could not be decoded are silence");
  }
  // What an earlier packet of this stream said about the same time stays.
  const auto covered = std::clamp<std::int64_t>(written_to_ - cursor_, 0,
                                                static_cast<std::int64_t>(samples_.size()));
  timeline_.add(names_.speaker, cursor_ + covered,
                std::span(samples_).subspan(static_cast<std::size_t>(covered)));
  cursor_ += static_cast<std::int64_t>(samples_.size());
  written_to_ = std::max(written_to_, cursor_);
}

void Track::close_segment() {
  if (segment_decoder_ == nullptr) return;
  samples_.clear();
  segment_decoder_->drain(samples_);
  timeline_.add(names_.speaker, cursor_, samples_);
  cursor_ += static_cast<std::int64_t>(samples_.size());
  written_to_ = std::max(written_to_, cursor_);
  segment_decoder_ = nullptr;
}

Decoder* Track::decoder_of(std::uint8_t payload_type) {
  const auto found = decoders_.find(payload_type);
  if (found != decoders_.end()) return found->second.get();
  const Codec& named = codec(payload_type);
  auto made = named.audible() ? Decoder::create(named, timeline_.sample_hz()) : nullptr;
  if (!made) warn_once(payload_type, "no decoder for this codec: its time is silence");
  return (decoders_[payload_type] = std::move(made)).get();
}

void Track::warn_once(std::uint8_t payload_type, const std::string& text) {
  if (std::exchange(warned_[payload_type], true)) return;
  std::string name;
  if (const auto found = names_.names.find(payload_type); found != names_.names.end()) {
    // The name came from the network: only what an encoding name is made of.
    for (const char c : found->second) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                         (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
      if (plain) name += c;
    }
  }
  warn_("payload type " + std::to_string(payload_type) + (name.empty() ? "" : " (" + name + ")") +
        ": " + text);
}

}  // namespace opptak::control::render
