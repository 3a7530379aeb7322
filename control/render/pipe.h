// The job that opptak-render reads: docs/formats/render-pipe.md. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace opptak::control::render {

inline constexpr std::uint8_t kPipeVersion = 1;
inline constexpr std::size_t kJobHeaderBytes = 24;
inline constexpr std::size_t kFrameHeadBytes = 5;
inline constexpr std::size_t kFrameBodyBytesMax = 65'536;
inline constexpr std::size_t kPacketHeadBytes = 17;  // Body of a packet frame before the payload.
inline constexpr std::size_t kStreamsMax = 64;
inline constexpr std::size_t kCodecsMax = 32;
inline constexpr std::size_t kCodecNameBytesMax = 32;

enum class FrameType : std::uint8_t { kStream = 1, kPacket = 2, kEnd = 3 };

enum class PipeError : std::uint8_t {
  kBadHeader,  // Magic, version or sample rate.
  kTooLarge,   // A body, a number of streams or codecs, or a name beyond its maximum.
  kBadFrame,   // A type, order, or length that does not fit.
};

struct JobHeader {
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t seconds_max = 0;
  std::uint64_t start_us = 0;  // Unix microseconds of the first sample.
};

struct PipeCodec {
  std::uint8_t payload_type = 0;
  std::uint8_t channels = 1;
  std::uint32_t clock_hz = 8'000;
  std::string_view name;
};

struct PipeStream {
  std::uint8_t speaker = 0;
  std::vector<PipeCodec> codecs;
};

struct PipePacket {
  std::uint16_t stream = 0;
  std::uint64_t arrival_us = 0;
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  std::uint8_t marker_and_type = 0;
  std::span<const std::uint8_t> payload;

  [[nodiscard]] std::uint8_t payload_type() const noexcept { return marker_and_type & 0x7f; }
};

// Appends a job's bytes to a buffer that its user drains. Our side of the pipe: what does not fit
// the format is our bug, except payloads that are too long, which are left out.
class PipeWriter {
 public:
  void header(const JobHeader& header);
  void stream(const PipeStream& stream);
  // False: the payload does not fit into a frame.
  bool packet(const PipePacket& packet);
  void end();

  [[nodiscard]] std::vector<std::uint8_t>& bytes() noexcept { return bytes_; }

 private:
  std::uint8_t* frame(FrameType type, std::size_t body_bytes);

  std::vector<std::uint8_t> bytes_;
};

using PipeFrame = std::variant<PipeStream, PipePacket>;

// Reads a job piece by piece. Names and payloads in a frame borrow from the reader and hold until
// the next call. After an error or the end nothing more can be read.
class PipeReader {
 public:
  // Takes more input; empty input is ignored.
  void feed(std::span<const std::uint8_t> bytes);

  enum class Step : std::uint8_t {
    kFrame,     // `frame` is the next one.
    kNeedMore,  // feed() first.
    kEnd,       // The end frame was read.
  };
  [[nodiscard]] std::expected<Step, PipeError> next(PipeFrame& frame);

  // Valid from the first frame on.
  [[nodiscard]] const JobHeader& header() const noexcept { return header_; }
  [[nodiscard]] bool ended() const noexcept { return state_ == State::kEnded; }

 private:
  enum class State : std::uint8_t { kHeader, kFrames, kEnded, kFailed };

  [[nodiscard]] std::expected<void, PipeError> read_header();
  [[nodiscard]] std::expected<void, PipeError> read_body(FrameType type,
                                                         std::span<const std::uint8_t> body,
                                                         PipeFrame& frame);
  [[nodiscard]] std::expected<void, PipeError> read_stream(std::span<const std::uint8_t> body,
                                                           PipeStream& stream) const;
  [[nodiscard]] std::expected<void, PipeError> read_packet(std::span<const std::uint8_t> body,
                                                           PipePacket& packet) const;

  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;  // Bytes of buffer_ that are behind us.
  JobHeader header_;
  std::size_t streams_ = 0;
  State state_ = State::kHeader;
};

}  // namespace opptak::control::render
