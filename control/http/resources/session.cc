#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/http/body.h"
#include "control/http/credentials.h"
#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"

namespace opptak::control::http {

namespace {

Response refused_login(AccessError error) {
  switch (error) {
    case AccessError::kLockedOut: {
      Response response = problem(429, "Too many failed logins; wait before trying again.");
      response.set("Retry-After", "60");
      return response;
    }
    case AccessError::kBusy: {
      Response response = problem(503, "Too many logins at once; try again.");
      response.set("Retry-After", "1");
      return response;
    }
    case AccessError::kDenied:
    case AccessError::kBadLogin:
    case AccessError::kWeakPassword:
      return problem(401, "Login and password do not fit.");
    default:
      break;
  }
  spdlog::error("a login could not be checked: {}", message_of(error));
  return problem(503, "Logins cannot be checked now; the gateway's log says why.");
}

}  // namespace

Response login(Context& context) {
  Body body(context.request);
  const std::string name = body.text("login", 1, 128);
  const std::string password = body.text("password", 1, kPasswordBytesMax);
  if (auto fault = body.fault()) return *fault;
  auto done = context.parts.access.login(name, password, context.parts.session_hours, context.now);
  if (!done) {
    count(context.stats.logins_failed);
    // Neither name nor password: a password typed into the wrong field would stand in the log.
    spdlog::warn("audit login_failed peer={}", context.request.peer_address);
    return refused_login(done.error());
  }
  count(context.stats.logins);
  spdlog::info("audit login principal={}", done->principal.id);
  Response response = json_response(to_text(principal_json(done->principal, false)));
  response.set("Set-Cookie",
               session_cookie(done->session.secret, context.parts.session_hours * 3600ULL,
                              context.request.tls));
  return response;
}

Response who_am_i(Context& context) {
  return json_response(to_text(principal_json(*context.principal, context.by_token)));
}

Response logout(Context& context) {
  if (const auto secret = find_cookie(context.request.header("cookie"), kSessionCookie)) {
    context.parts.access.logout(*secret);
  }
  spdlog::info("audit logout principal={}", context.principal->id);
  Response response;
  response.status = 204;
  response.set("Set-Cookie", session_cookie("", 0, context.request.tls));
  return response;
}

}  // namespace opptak::control::http
