#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/http/body.h"
#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"

namespace opptak::control::http {

Response control_recording(Context& context) {
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto call = find_call(context, **reader);
  if (!call) return std::move(call.error());
  Body body(context.request);
  const std::string action = body.text("action", 1, 16);
  if (action == "pause" || action == "resume") {
    body.refuse("action", "can be start or stop; this gateway does not pause recordings");
  } else if (action != "start" && action != "stop") {
    body.refuse("action", "can be start or stop");
  }
  if (auto fault = body.fault()) return *fault;
  const auto done = action == "start"
                        ? context.parts.service.start_recording(call->id, context.actor())
                        : context.parts.service.stop_recording(call->id, context.actor());
  if (!done) return service_problem(done.error());
  spdlog::info("audit recording_{} principal={} call={} recording={}", action,
               context.principal->id, to_string(call->id), to_string(*done));
  Json json;
  json["call_id"] = to_string(call->id);
  json["recording_id"] = to_string(*done);
  return json_response(to_text(json));
}

}  // namespace opptak::control::http
