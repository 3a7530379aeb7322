#include "control/http/resources/resources.h"

namespace opptak::control::http {

Response live_without_upgrade(Context&) {
  return problem(400, "This is a WebSocket: ask for an upgrade (RFC 6455).");
}

std::expected<std::unique_ptr<Feed>, Response> open_live(Context& context, LiveHub& hub,
                                                         std::string secret) {
  Access& access = context.parts.access;
  auto still_valid = [&access, secret = std::move(secret), now = context.parts.now]() {
    return access.principal_of(secret, now()).has_value();
  };
  auto feed = hub.subscribe(*context.principal, std::move(still_valid));
  if (!feed) {
    Response response = problem(503, "Too many readers of the live feed; try again.");
    response.set("Retry-After", "5");
    return std::unexpected(std::move(response));
  }
  auto reader = context.readers.take();
  if (!reader) return std::unexpected(catalogue_problem(reader.error()));
  const auto calls = (**reader).calls_in_progress();
  if (!calls) return std::unexpected(catalogue_problem(calls.error()));
  feed->start(*calls);
  return feed;
}

}  // namespace opptak::control::http
