#include "control/render/pipe.h"

#include <array>
#include <cstring>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace opptak::control::render {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic{'O', 'P', 'K', 'R'};

// Takes fields off the front of a frame's body; a read past the end sticks as a failure.
class Cursor {
 public:
  explicit Cursor(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

  template <std::unsigned_integral T>
  [[nodiscard]] T take() noexcept {
    const auto bytes = take_bytes(sizeof(T));
    return bytes.empty() ? T{0} : load_le<T>(bytes.data());
  }
  [[nodiscard]] std::span<const std::uint8_t> take_bytes(std::size_t count) noexcept {
    if (rest_.size() < count) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }
  [[nodiscard]] std::span<const std::uint8_t> rest() const noexcept { return rest_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

}  // namespace

std::uint8_t* PipeWriter::frame(FrameType type, std::size_t body_bytes) {
  CHECK(body_bytes <= kFrameBodyBytesMax);
  const std::size_t at = bytes_.size();
  bytes_.resize(at + kFrameHeadBytes + body_bytes);
  store_le(bytes_.data() + at, static_cast<std::uint32_t>(body_bytes));
  bytes_[at + 4] = std::to_underlying(type);
  return bytes_.data() + at + kFrameHeadBytes;
}

void PipeWriter::header(const JobHeader& header) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + kJobHeaderBytes);
  std::uint8_t* out = bytes_.data() + at;
  std::memcpy(out, kMagic.data(), kMagic.size());
  out[4] = kPipeVersion;
  store_le(out + 8, header.sample_rate_hz);
  store_le(out + 12, header.seconds_max);
  store_le(out + 16, header.start_us);
}

void PipeWriter::stream(const PipeStream& stream) {
  CHECK(stream.codecs.size() <= kCodecsMax);
  std::size_t body_bytes = 2;
  for (const PipeCodec& codec : stream.codecs) {
    CHECK(codec.name.size() <= kCodecNameBytesMax);
    body_bytes += 7 + codec.name.size();
  }
  std::uint8_t* out = frame(FrameType::kStream, body_bytes);
  *out++ = stream.speaker;
  *out++ = static_cast<std::uint8_t>(stream.codecs.size());
  for (const PipeCodec& codec : stream.codecs) {
    *out++ = codec.payload_type;
    *out++ = codec.channels;
    store_le(out, codec.clock_hz);
    out += 4;
    *out++ = static_cast<std::uint8_t>(codec.name.size());
    std::memcpy(out, codec.name.data(), codec.name.size());
    out += codec.name.size();
  }
}

bool PipeWriter::packet(const PipePacket& packet) {
  if (packet.payload.size() > kFrameBodyBytesMax - kPacketHeadBytes) return false;
  std::uint8_t* out = frame(FrameType::kPacket, kPacketHeadBytes + packet.payload.size());
  store_le(out, packet.stream);
  store_le(out + 2, packet.arrival_us);
  store_le(out + 10, packet.timestamp);
  store_le(out + 14, packet.sequence);
  out[16] = packet.marker_and_type;
  if (!packet.payload.empty()) {
    std::memcpy(out + kPacketHeadBytes, packet.payload.data(), packet.payload.size());
  }
  return true;
}

void PipeWriter::end() { frame(FrameType::kEnd, 0); }

void PipeReader::feed(std::span<const std::uint8_t> bytes) {
  if (used_ != 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::expected<void, PipeError> PipeReader::read_header() {
  const std::uint8_t* at = buffer_.data() + used_;
  header_ = {.sample_rate_hz = load_le<std::uint32_t>(at + 8),
             .seconds_max = load_le<std::uint32_t>(at + 12),
             .start_us = load_le<std::uint64_t>(at + 16)};
  const bool known = std::memcmp(at, kMagic.data(), kMagic.size()) == 0 && at[4] == kPipeVersion &&
                     at[5] == 0 && at[6] == 0 && at[7] == 0;
  const std::uint32_t rate = header_.sample_rate_hz;
  if (!known || (rate != 0 && rate != 8'000 && rate != 16'000)) {
    return std::unexpected(PipeError::kBadHeader);
  }
  used_ += kJobHeaderBytes;
  state_ = State::kFrames;
  return {};
}

std::expected<void, PipeError> PipeReader::read_stream(std::span<const std::uint8_t> body,
                                                       PipeStream& stream) const {
  Cursor cursor(body);
  stream.speaker = cursor.take<std::uint8_t>();
  const auto codecs = cursor.take<std::uint8_t>();
  if (codecs > kCodecsMax) return std::unexpected(PipeError::kTooLarge);
  if (stream.speaker > 1) return std::unexpected(PipeError::kBadFrame);
  for (std::size_t i = 0; i < codecs; ++i) {
    PipeCodec codec;
    codec.payload_type = cursor.take<std::uint8_t>();
    codec.channels = cursor.take<std::uint8_t>();
    codec.clock_hz = cursor.take<std::uint32_t>();
    const auto name_bytes = cursor.take<std::uint8_t>();
    if (name_bytes > kCodecNameBytesMax) return std::unexpected(PipeError::kTooLarge);
    const auto name = cursor.take_bytes(name_bytes);
    codec.name = {reinterpret_cast<const char*>(name.data()), name.size()};
    if (cursor.failed() || codec.payload_type > 127) return std::unexpected(PipeError::kBadFrame);
    stream.codecs.push_back(codec);
  }
  if (cursor.failed() || !cursor.rest().empty()) return std::unexpected(PipeError::kBadFrame);
  return {};
}

std::expected<void, PipeError> PipeReader::read_packet(std::span<const std::uint8_t> body,
                                                       PipePacket& packet) const {
  Cursor cursor(body);
  packet.stream = cursor.take<std::uint16_t>();
  packet.arrival_us = cursor.take<std::uint64_t>();
  packet.timestamp = cursor.take<std::uint32_t>();
  packet.sequence = cursor.take<std::uint16_t>();
  packet.marker_and_type = cursor.take<std::uint8_t>();
  packet.payload = cursor.rest();
  if (cursor.failed() || packet.stream >= streams_) return std::unexpected(PipeError::kBadFrame);
  return {};
}

std::expected<void, PipeError> PipeReader::read_body(FrameType type,
                                                     std::span<const std::uint8_t> body,
                                                     PipeFrame& frame) {
  switch (type) {
    case FrameType::kStream: {
      if (streams_ == kStreamsMax) return std::unexpected(PipeError::kTooLarge);
      PipeStream stream;
      if (auto read = read_stream(body, stream); !read) return read;
      ++streams_;
      frame = std::move(stream);
      return {};
    }
    case FrameType::kPacket: {
      PipePacket packet;
      if (auto read = read_packet(body, packet); !read) return read;
      frame = packet;
      return {};
    }
    case FrameType::kEnd:
      if (!body.empty()) break;
      state_ = State::kEnded;
      return {};
  }
  return std::unexpected(PipeError::kBadFrame);
}

std::expected<PipeReader::Step, PipeError> PipeReader::next(PipeFrame& frame) {
  if (state_ == State::kFailed) return std::unexpected(PipeError::kBadFrame);
  if (state_ == State::kEnded) return Step::kEnd;
  const auto fail = [this](PipeError error) {
    state_ = State::kFailed;
    return std::unexpected(error);
  };
  if (state_ == State::kHeader) {
    if (buffer_.size() - used_ < kJobHeaderBytes) return Step::kNeedMore;
    if (const auto read = read_header(); !read) return fail(read.error());
  }
  if (buffer_.size() - used_ < kFrameHeadBytes) return Step::kNeedMore;
  const auto body_bytes = load_le<std::uint32_t>(buffer_.data() + used_);
  if (body_bytes > kFrameBodyBytesMax) return fail(PipeError::kTooLarge);
  if (buffer_.size() - used_ < kFrameHeadBytes + body_bytes) return Step::kNeedMore;
  const auto type = static_cast<FrameType>(buffer_[used_ + 4]);
  const auto body =
      std::span<const std::uint8_t>(buffer_).subspan(used_ + kFrameHeadBytes, body_bytes);
  if (const auto read = read_body(type, body, frame); !read) return fail(read.error());
  used_ += kFrameHeadBytes + body_bytes;
  return state_ == State::kEnded ? Step::kEnd : Step::kFrame;
}

}  // namespace opptak::control::render
