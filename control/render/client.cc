#include "control/render/client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/render/child.h"

namespace opptak::control::render {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = std::size_t{256} << 10;
constexpr std::size_t kWarningBytesMax = std::size_t{64} << 10;
constexpr std::size_t kWavHeaderBytesMin = 44;

// Moves the job in and the result out of one child until it has ended or the deadline is there.
class Exchange {
 public:
  Exchange(Child& child, const RenderOptions& options, Clock::time_point deadline,
           const PacketFeed& feed)
      : child_(child), options_(options), deadline_(deadline), feed_(feed), buffer_(kReadBytes) {}

  PipeWriter& writer() noexcept { return writer_; }

  std::expected<void, RenderError> run() {
    while (child_.output.open() || child_.warnings.open()) {
      if (auto filled = fill(); !filled) return filled;
      std::array<pollfd, 3> polled{
          pollfd{.fd = child_.input.number(), .events = POLLOUT, .revents = 0},
          pollfd{.fd = child_.output.number(), .events = POLLIN, .revents = 0},
          pollfd{.fd = child_.warnings.number(), .events = POLLIN, .revents = 0}};
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
      if (left.count() <= 0) return std::unexpected(RenderError::kTimeout);
      const int ready = poll(polled.data(), polled.size(), static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) return std::unexpected(RenderError::kCrashed);
      if (ready <= 0) continue;
      if (polled[0].revents != 0) send_job();
      if (polled[1].revents != 0) take(child_.output, wav, options_.wav_bytes_max);
      if (polled[2].revents != 0) take(child_.warnings, warnings, kWarningBytesMax);
      if (wav.size() > options_.wav_bytes_max) return std::unexpected(RenderError::kNoMemory);
    }
    return {};
  }

  std::vector<std::uint8_t> wav;
  std::vector<std::uint8_t> warnings;

 private:
  // Asks for more of the job when all of it is sent.
  std::expected<void, RenderError> fill() {
    if (!child_.input.open() || sent_ < writer_.bytes().size()) return {};
    writer_.bytes().clear();
    sent_ = 0;
    if (ended_) {
      child_.input.close();
      return {};
    }
    const auto more = feed_(writer_);
    if (!more) return std::unexpected(more.error());
    if (!*more) {
      ended_ = true;
      writer_.end();
    }
    return {};
  }

  void send_job() {
    const auto rest = std::span(writer_.bytes()).subspan(sent_);
    const ssize_t sent = send(child_.input.number(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (errno != EAGAIN && errno != EINTR) {
      child_.input.close();  // It wants no more; its exit status says why.
    }
  }

  void take(Descriptor& from, std::vector<std::uint8_t>& to, std::size_t bytes_max) {
    const ssize_t got = read(from.number(), buffer_.data(), buffer_.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return from.close();
    // One byte more than allowed is kept, so that the excess shows.
    const auto room =
        std::min(bytes_max + 1 - std::min(bytes_max + 1, to.size()), static_cast<std::size_t>(got));
    to.insert(to.end(), buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(room));
  }

  Child& child_;
  const RenderOptions& options_;
  Clock::time_point deadline_;
  const PacketFeed& feed_;
  PipeWriter writer_;
  std::size_t sent_ = 0;
  bool ended_ = false;
  std::vector<std::uint8_t> buffer_;
};

std::optional<RenderError> error_of(int status) noexcept {
  if (!WIFEXITED(status)) return RenderError::kCrashed;
  switch (WEXITSTATUS(status)) {
    case 0:
      return std::nullopt;
    case 2:
      return RenderError::kBadJob;
    case 3:
      return RenderError::kNothingToPlay;
    case 4:
      return RenderError::kNoMemory;
    default:
      return RenderError::kCrashed;
  }
}

std::vector<std::string> lines_of(const std::vector<std::uint8_t>& text) {
  std::vector<std::string> lines;
  auto at = text.begin();
  while (at != text.end()) {
    const auto end = std::find(at, text.end(), '\n');
    if (end != at) lines.emplace_back(at, end);
    at = end == text.end() ? end : end + 1;
  }
  return lines;
}

void write_head(PipeWriter& writer, const RenderOptions& options, UnixNs start,
                const std::vector<RenderStream>& streams) {
  writer.header({.sample_rate_hz = options.sample_rate_hz,
                 .seconds_max = options.seconds_max,
                 .start_us = static_cast<std::uint64_t>(start.value / kNsPerUs)});
  for (const RenderStream& stream : streams) {
    PipeStream piped{.speaker = stream.speaker, .codecs = {}};
    for (const CodecRow& codec : stream.codecs) {
      // A name that long is no codec that we know.
      if (piped.codecs.size() == kCodecsMax || codec.name.size() > kCodecNameBytesMax) continue;
      piped.codecs.push_back({.payload_type = codec.payload_type,
                              .channels = codec.channels,
                              .clock_hz = codec.clock_hz,
                              .name = codec.name});
    }
    writer.stream(piped);
  }
}

}  // namespace

std::string_view message_of(RenderError error) noexcept {
  switch (error) {
    case RenderError::kCannotStart:
      return "opptak-render could not be started; it belongs beside the other programs.";
    case RenderError::kTimeout:
      return "Rendering took too long and was stopped.";
    case RenderError::kCrashed:
      return "opptak-render ended without a result.";
    case RenderError::kBadJob:
      return "opptak-render did not understand its job; all programs must be of one version.";
    case RenderError::kNothingToPlay:
      return "The recording holds no audio in a codec that can be decoded.";
    case RenderError::kNoMemory:
      return "Rendering ran into its limits of memory.";
    case RenderError::kSource:
      return "The recording could not be read.";
  }
  return "Rendering failed.";
}

std::expected<RenderedAudio, RenderError> render(const RenderOptions& options, UnixNs start,
                                                 const std::vector<RenderStream>& streams,
                                                 const PacketFeed& feed) {
  if (streams.size() > kStreamsMax) return std::unexpected(RenderError::kBadJob);
  const auto deadline = Clock::now() + std::chrono::milliseconds(options.deadline_ms);
  auto child = Child::start(options.program);
  if (!child) return std::unexpected(child.error());
  Exchange exchange(*child, options, deadline, feed);
  write_head(exchange.writer(), options, start, streams);
  if (const auto moved = exchange.run(); !moved) return std::unexpected(moved.error());
  const auto status = child->wait(deadline);
  if (!status) return std::unexpected(status.error());
  if (const auto error = error_of(*status)) return std::unexpected(*error);
  if (exchange.wav.size() < kWavHeaderBytesMin) return std::unexpected(RenderError::kCrashed);
  return RenderedAudio{.wav = std::move(exchange.wav), .warnings = lines_of(exchange.warnings)};
}

std::filesystem::path render_program() {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return self.parent_path() / "opptak-render";
}

}  // namespace opptak::control::render
