// What the API asks of the core: each request is carried out on the core's thread and answered
// once it is durable.
#include <algorithm>
#include <future>
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/core/engine.h"
#include "control/core/recorder.h"

namespace opptak::control {

namespace {

// Why a call may not be started or stopped by hand; nothing where it may.
std::optional<ServiceError> refusal(const LiveCall& call) {
  if (call.phase != CallPhase::kLive) return ServiceError::kNotInProgress;
  if (call.row.mode == Mode::kOff) return ServiceError::kModeOff;
  if (call.row.mode == Mode::kAutomatic) return ServiceError::kNotManual;
  return std::nullopt;
}

// A call that is not live: ended, or not known at all.
ServiceError not_live(CatalogueReader& catalogue, const CallId& id) {
  const auto row = catalogue.find_call(id);
  if (!row) return ServiceError::kInternal;
  return *row ? ServiceError::kNotInProgress : ServiceError::kNotFound;
}

template <class Row>
void upsert(std::vector<Row>& rows, const Row& row) {
  const auto same = std::ranges::find(rows, row.id, &Row::id);
  if (same == rows.end()) {
    rows.push_back(row);
  } else {
    *same = row;
  }
}

}  // namespace

template <class Result>
Result Engine::ask(std::function<void(std::function<void(Result)>)> work) {
  auto promise = std::make_shared<std::promise<Result>>();
  auto future = promise->get_future();
  const auto answer = [promise](Result result) { promise->set_value(std::move(result)); };
  promise.reset();
  const bool posted = requests_.post([work = std::move(work), answer] { work(answer); });
  if (!posted) return std::unexpected(ServiceError::kInternal);
  link_.wake();
  try {
    return future.get();
  } catch (const std::future_error&) {
    return std::unexpected(ServiceError::kInternal);  // The core ended before it was done.
  }
}

std::expected<RecordingId, ServiceError> Engine::start_recording(const CallId& id, const Actor&) {
  using Result = std::expected<RecordingId, ServiceError>;
  return ask<Result>([this, id](const std::function<void(Result)>& answer) {
    LiveCall* const call = state_.calls.find(id);
    if (call == nullptr) return answer(std::unexpected(not_live(catalogue_, id)));
    if (const auto refused = refusal(*call)) return answer(std::unexpected(*refused));
    if (!call->current.is_nil()) return answer(std::unexpected(ServiceError::kAlreadyRecording));
    const auto recording = want_recording(state_, *call);
    if (!recording) {
      const bool full = recording.error() == OpenRefusal::kStoreFull;
      return answer(std::unexpected(full ? ServiceError::kStoreFull : ServiceError::kInternal));
    }
    state_.batch.after_commit([this, answer, recording = *recording] {
      // Refused after all where its key could not be made durable.
      const bool open = state_.calls.find_recording(recording) != nullptr;
      answer(open ? Result(recording) : std::unexpected(ServiceError::kInternal));
    });
  });
}

std::expected<RecordingId, ServiceError> Engine::stop_recording(const CallId& id, const Actor&) {
  using Result = std::expected<RecordingId, ServiceError>;
  return ask<Result>([this, id](const std::function<void(Result)>& answer) {
    LiveCall* const call = state_.calls.find(id);
    if (call == nullptr) return answer(std::unexpected(not_live(catalogue_, id)));
    if (const auto refused = refusal(*call)) return answer(std::unexpected(*refused));
    const RecordingId recording = call->current;
    if (recording.is_nil()) return answer(std::unexpected(ServiceError::kNotRecording));
    control::stop_recording(state_, *call, recording, state_.clock.now());
    state_.batch.after_commit([answer, recording] { answer(recording); });
  });
}

std::expected<ErasureReceipt, ServiceError> Engine::erase_recording(const RecordingId& recording,
                                                                    const Actor& actor) {
  using Result = std::expected<ErasureReceipt, ServiceError>;
  return ask<Result>([this, recording, actor](const std::function<void(Result)>& answer) {
    erasure_.request(recording, actor, answer);
  });
}

std::expected<void, ServiceError> Engine::put_client(const ClientRow& client) {
  using Result = std::expected<void, ServiceError>;
  return ask<Result>([this, client](const std::function<void(Result)>& answer) {
    state_.batch.put_client(client);
    state_.batch.after_commit([this, client, answer] {
      upsert(clients_, client);
      reload_policy();
      answer({});
    });
  });
}

std::expected<void, ServiceError> Engine::put_campaign(const CampaignRow& campaign) {
  using Result = std::expected<void, ServiceError>;
  return ask<Result>([this, campaign](const std::function<void(Result)>& answer) {
    state_.batch.put_campaign(campaign);
    state_.batch.after_commit([this, campaign, answer] {
      upsert(campaigns_, campaign);
      reload_policy();
      answer({});
    });
  });
}

std::expected<void, ServiceError> Engine::add_event(const CallEventRow& event) {
  using Result = std::expected<void, ServiceError>;
  return ask<Result>([this, event](const std::function<void(Result)>& answer) {
    state_.batch.add_event(event);
    state_.batch.after_commit([answer] { answer({}); });
  });
}

void Engine::on_call_changed(std::function<void(const CallRow&)> fn) {
  // Before run() nobody takes requests: the function is set when the first turn comes.
  [[maybe_unused]] const bool posted =
      requests_.post([this, fn = std::move(fn)] { state_.on_changed = fn; });
}

}  // namespace opptak::control
