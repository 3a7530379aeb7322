#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "control/http/range.h"
#include "control/http/resources/resources.h"

namespace opptak::control::http {

namespace {

Response audio_problem(AudioError error) {
  switch (error) {
    case AudioError::kNotFound:
      return problem(404, "There is no audio of this recording.");
    case AudioError::kErased:
      break;
    case AudioError::kUnplayable:
      return problem(422, "The recording holds no stream in a codec that can be played.");
    case AudioError::kBusy: {
      Response response = problem(503, "Every renderer is at work; try again.");
      response.set("Retry-After", "1");
      return response;
    }
    case AudioError::kUnavailable:
      return problem(503, "The audio cannot be made now; the gateway's log says why.");
  }
  Response response = problem(410, "The recording is being erased.");
  response.body.pop_back();
  response.body += ",\"receipt\":null}";
  return response;
}

// Why there is no audio yet or at all, by the recording's state.
std::optional<Response> not_playable(const RecordingRow& recording) {
  if (auto gone = erased_problem(recording)) return gone;
  switch (recording.state) {
    case RecordingState::kOpen:
    case RecordingState::kClosing:
      return problem(409, "The recording is being written; it can be played once it has ended.");
    case RecordingState::kLost:
      return problem(404, "Nothing of this recording could be stored.");
    default:
      return std::nullopt;
  }
}

// The entry stands before the first byte leaves: without it there is no playback.
std::optional<Response> note_access(Context& context, const FoundRecording& found) {
  const std::string& principal = context.principal->id;
  const std::string recording = to_string(found.recording.id);
  if (context.ledger.covered(principal, found.recording.id, context.now)) return std::nullopt;
  const CallEventRow event{
      found.call.id, context.now, "played",
      fmt::format(R"({{"recording_id":"{}","actor":"{}"}})", recording, principal)};
  if (const auto written = context.parts.service.add_event(event); !written) {
    return service_problem(written.error());
  }
  context.ledger.note(principal, found.recording.id, context.now);
  spdlog::info("audit play principal={} recording={}", principal, recording);
  return std::nullopt;
}

Response slice(const Request& request, AudioBytes bytes) {
  const std::size_t total = bytes->size();
  // No validator goes out, so If-Range can match none: the range is then ignored (RFC 9110
  // section 13.1.5).
  const bool ranged = request.header("if-range").empty() && request.header_count("range") == 1;
  const ByteRange range = parse_range(ranged ? request.header("range") : "", total);
  Response response;
  if (range.kind == RangeKind::kUnsatisfiable) {
    response = problem(416, "The range begins behind the end of the audio.");
    response.set("Content-Range", fmt::format("bytes */{}", total));
    response.set("Accept-Ranges", "bytes");
    return response;
  }
  response.bytes = std::move(bytes);
  response.offset_bytes = range.offset_bytes;
  response.size_bytes = range.size_bytes;
  response.set("Content-Type", "audio/wav");
  response.set("Accept-Ranges", "bytes");
  if (range.kind == RangeKind::kPart) {
    response.status = 206;
    response.set("Content-Range", fmt::format("bytes {}-{}/{}", range.offset_bytes,
                                              range.offset_bytes + range.size_bytes - 1, total));
  }
  return response;
}

}  // namespace

Response get_audio(Context& context) {
  for (const auto& [name, value] : context.url.query) {
    if (name != "format") return problem(400, "The only parameter here is `format`.");
    if (value != "wav") return problem(400, "`format` can be wav.");
  }
  const auto found = [&]() -> std::expected<FoundRecording, Response> {
    auto reader = context.readers.take();
    if (!reader) return std::unexpected(catalogue_problem(reader.error()));
    return find_recording(context, **reader);
  }();
  if (!found) return found.error();
  if (auto refused = not_playable(found->recording)) return std::move(*refused);
  if (auto refused = note_access(context, *found)) return std::move(*refused);
  auto bytes = context.audio_cache.wav(found->recording.id, context.now);
  if (!bytes) return audio_problem(bytes.error());
  return slice(context.request, std::move(*bytes));
}

}  // namespace opptak::control::http
