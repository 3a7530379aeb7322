#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"

namespace opptak::control::http {

Response get_recording(Context& context) {
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto found = find_recording(context, **reader);
  if (!found) return std::move(found.error());
  if (auto gone = erased_problem(found->recording)) return std::move(*gone);
  auto streams = (**reader).streams_of(found->recording.id);
  if (!streams) return catalogue_problem(streams.error());
  return json_response(to_text(recording_json(found->recording, *streams)));
}

Response erase_recording(Context& context) {
  const auto found = [&]() -> std::expected<FoundRecording, Response> {
    auto reader = context.readers.take();
    if (!reader) return std::unexpected(catalogue_problem(reader.error()));
    return find_recording(context, **reader);
  }();
  if (!found) return found.error();
  const RecordingId id = found->recording.id;
  const auto receipt = context.parts.service.erase_recording(id, context.actor());
  context.audio_cache.drop(id);
  if (!receipt) {
    spdlog::warn("audit erase_refused principal={} recording={} error={}", context.principal->id,
                 to_string(id), static_cast<int>(receipt.error()));
    return service_problem(receipt.error());
  }
  if (found->recording.state != RecordingState::kErased) count(context.stats.erasures);
  spdlog::info("audit erase principal={} recording={}", context.principal->id, to_string(id));
  return json_response(receipt->json);
}

}  // namespace opptak::control::http
