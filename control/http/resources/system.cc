#include "control/http/openapi_text.h"
#include "control/http/resources/resources.h"

namespace opptak::control::http {

namespace {

Response text_response(std::string body, std::string_view type) {
  Response response;
  response.set("Content-Type", std::string(type));
  response.body = std::move(body);
  return response;
}

}  // namespace

Response health(Context&) { return text_response("ok\n", "text/plain; charset=utf-8"); }

Response ready(Context& context) {
  if (const auto reason = context.parts.not_ready()) return problem(503, *reason);
  return text_response("ready\n", "text/plain; charset=utf-8");
}

Response metrics(Context& context) {
  return text_response(context.parts.metrics_text(), "text/plain; version=0.0.4; charset=utf-8");
}

Response openapi(Context&) {
  return text_response(std::string(openapi_text()), "application/yaml");
}

}  // namespace opptak::control::http
