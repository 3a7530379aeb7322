// What a route's function works with: one request of one principal, on one handler thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/access/principal.h"
#include "control/catalogue/catalogue.h"
#include "control/http/access_ledger.h"
#include "control/http/api.h"
#include "control/http/audio_cache.h"
#include "control/http/live_hub.h"
#include "control/http/message.h"
#include "control/http/url.h"

namespace opptak::control::http {

struct Context {
  const ApiParts& parts;
  HttpStats& stats;
  AudioCache& audio_cache;
  AccessLedger& ledger;
  Readers& readers;
  const Request& request;
  const Url& url;
  const Route& route;
  const std::vector<std::string>& captures;
  std::optional<Principal> principal;  // There unless the route is open.
  bool by_token = false;
  UnixNs now;

  // G7: whether the principal may do the route's action to what belongs to `client` (and, for a
  // call, to `agent`). Where not, the answer is not_found(), as if it did not exist.
  [[nodiscard]] bool may(std::string_view client,
                         const std::optional<std::string>& agent = std::nullopt) const;
  [[nodiscard]] bool may(const CallRow& call) const { return may(call.client, call.agent); }
  [[nodiscard]] Actor actor() const { return {principal->id}; }
};

[[nodiscard]] Response not_found();
[[nodiscard]] Response json_response(std::string body);
// The catalogue failed: logged, and 503 without its words.
[[nodiscard]] Response catalogue_problem(const CatalogueFailure& failure);
[[nodiscard]] Response service_problem(ServiceError error);

// The call named by the first capture, if the principal may see it; otherwise the answer.
[[nodiscard]] std::expected<CallRow, Response> find_call(Context& context, CatalogueReader& reader);

struct FoundRecording {
  RecordingRow recording;
  CallRow call;
};
// The recording named by the first capture, whatever its state.
[[nodiscard]] std::expected<FoundRecording, Response> find_recording(Context& context,
                                                                     CatalogueReader& reader);

// 410 with the receipt, for a recording that is erased or about to be; nothing for others.
[[nodiscard]] std::optional<Response> erased_problem(const RecordingRow& recording);

}  // namespace opptak::control::http
