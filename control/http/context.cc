#include "control/http/context.h"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/http/rows_json.h"

namespace opptak::control::http {

bool Context::may(std::string_view client, const std::optional<std::string>& agent) const {
  if (!principal) return false;
  Subject subject{client, std::nullopt};
  if (agent) subject.agent = *agent;
  return allowed(*principal, route.action, subject);
}

Response not_found() { return problem(404, "There is no such thing here."); }

Response json_response(std::string body) {
  Response response;
  response.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Response catalogue_problem(const CatalogueFailure& failure) {
  if (failure.code == CatalogueError::kBadCursor) {
    return problem(400, "`cursor` is not the `next_cursor` of a page.");
  }
  spdlog::error("reading the catalogue for the API failed: {}", failure.message);
  return problem(503, "The catalogue cannot be read now; the gateway's log says why.");
}

Response service_problem(ServiceError error) {
  switch (error) {
    case ServiceError::kNotFound:
      return not_found();
    case ServiceError::kNotInProgress:
      return problem(409, "The call has ended.");
    case ServiceError::kModeOff:
      return problem(409, "The call's campaign records nothing.");
    case ServiceError::kNotManual:
      return problem(409, "The call's campaign records by itself; start and stop are for manual.");
    case ServiceError::kAlreadyRecording:
      return problem(409, "The call is being recorded.");
    case ServiceError::kNotRecording:
      return problem(409, "The call is not being recorded.");
    case ServiceError::kStillOpen:
      return problem(409, "The recording is being written; it can be erased once it has ended.");
    case ServiceError::kStoreFull:
      return problem(507, "The store takes no new recordings.");
    case ServiceError::kInternal:
      break;
  }
  return problem(500, "It could not be done; the gateway's log says why.");
}

std::expected<CallRow, Response> find_call(Context& context, CatalogueReader& reader) {
  const auto id = parse_id<CallId>(context.captures.front());
  if (!id) return std::unexpected(not_found());
  auto call = reader.find_call(*id);
  if (!call) return std::unexpected(catalogue_problem(call.error()));
  if (!*call || !context.may(**call)) return std::unexpected(not_found());
  return std::move(**call);
}

std::expected<FoundRecording, Response> find_recording(Context& context, CatalogueReader& reader) {
  const auto id = parse_id<RecordingId>(context.captures.front());
  if (!id) return std::unexpected(not_found());
  auto recording = reader.find_recording(*id);
  if (!recording) return std::unexpected(catalogue_problem(recording.error()));
  if (!*recording) return std::unexpected(not_found());
  auto call = reader.find_call((*recording)->call);
  if (!call) return std::unexpected(catalogue_problem(call.error()));
  if (!*call || !context.may(**call)) return std::unexpected(not_found());
  return FoundRecording{std::move(**recording), std::move(**call)};
}

std::optional<Response> erased_problem(const RecordingRow& recording) {
  const bool erased = recording.state == RecordingState::kErased;
  if (!erased && recording.state != RecordingState::kErasing) return std::nullopt;
  Response response =
      problem(410, erased ? "The recording is erased." : "The recording is being erased.");
  // The receipt is signed as it is written: its bytes go in untouched.
  const bool has_receipt = recording.receipt && Json::accept(*recording.receipt);
  response.body.pop_back();
  response.body += ",\"receipt\":" + (has_receipt ? *recording.receipt : "null") + "}";
  return response;
}

}  // namespace opptak::control::http
