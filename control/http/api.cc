#include "control/http/api.h"

#include <spdlog/spdlog.h>

#include "control/http/context.h"
#include "control/http/credentials.h"
#include "control/http/resources/resources.h"

namespace opptak::control::http {

namespace {

bool changes_state(Method method) noexcept {
  return method != Method::kGet && method != Method::kHead;
}

std::string_view explain(UrlError error) noexcept {
  switch (error) {
    case UrlError::kNotOriginForm:
      return "The request target has to begin with a slash.";
    case UrlError::kBadEscape:
      return "The request target holds a broken percent escape.";
    case UrlError::kBadByte:
      return "The request target holds a byte that it must not hold.";
    case UrlError::kDotSegment:
      return "The path holds a dot segment.";
    case UrlError::kTooLong:
      return "The request target is too long.";
    case UrlError::kTooMany:
      return "The request target has too many parts.";
  }
  return "The request target is malformed.";
}

struct Credentials {
  std::string secret;
  bool by_token = false;
};

// A bearer token beats a cookie; browsers never send one by themselves.
std::optional<Credentials> credentials_of(const Request& request) {
  if (!request.header("authorization").empty()) {
    const auto token = bearer_token(request.header("authorization"));
    if (!token) return std::nullopt;
    return Credentials{std::string(*token), true};
  }
  if (const auto cookie = find_cookie(request.header("cookie"), kSessionCookie)) {
    return Credentials{std::string(*cookie), false};
  }
  return std::nullopt;
}

// RFC 6454: what a browser sends on behalf of another site carries that site's origin. A header of
// our own cannot be set by another site without asking first, which this server never allows.
bool from_this_site(const Request& request) {
  if (request.header_count("origin") != 0) return origin_matches(request);
  return request.header("x-opptak-request") == "1";
}

bool scraper_on_this_host(const Request& request) {
  return request.peer_loopback && request.header_count("x-forwarded-for") == 0 &&
         request.header_count("forwarded") == 0 && request.header_count("via") == 0;
}

Response unauthorized() {
  Response response = problem(401, "Log in first, or send a token that is valid.");
  response.set("WWW-Authenticate", "Bearer");
  return response;
}

class Api final : public Handler {
 public:
  Api(ApiParts parts, HttpStats& stats)
      : parts_(std::move(parts)),
        stats_(stats),
        router_(api_routes()),
        readers_(parts_.open_reader),
        audio_cache_(parts_.audio),
        hub_(std::make_shared<LiveHub>(stats)) {
    parts_.service.on_call_changed([hub = hub_](const CallRow& call) { hub->publish(call); });
  }

  Response handle(const Request& request) override {
    std::size_t index = kRoutesMax - 1;
    Response response = answer(request, index, [](Context& context, const Credentials&) {
      return context.route.function(context);
    });
    count_answer(index, response.status);
    return response;
  }

  std::expected<std::unique_ptr<Feed>, Response> open_feed(const Request& request) override {
    std::size_t index = kRoutesMax - 1;
    std::unique_ptr<Feed> feed;
    Response response =
        answer(request, index, [&](Context& context, const Credentials& credentials) -> Response {
          if (context.route.function != live_without_upgrade) {
            return problem(400, "There is no WebSocket here.");
          }
          // The browser's same-origin policy does not hold for WebSockets.
          if (!context.by_token && !origin_matches(request)) return foreign_site();
          auto opened = open_live(context, *hub_, credentials.secret);
          if (!opened) return std::move(opened.error());
          feed = std::move(*opened);
          Response upgraded;
          upgraded.status = 101;
          return upgraded;
        });
    count_answer(index, response.status);
    if (!feed) return std::unexpected(std::move(response));
    return feed;
  }

 private:
  // The one place that decides who comes in; route functions ask Context::may() for each object.
  template <class Function>
  Response answer(const Request& request, std::size_t& index, Function function) {
    const auto url = parse_url(request.target);
    if (!url) return problem(400, explain(url.error()));
    const RouteMatch match = router_.match(request.method, *url);
    if (match.route == nullptr) return no_route(match);
    index = match.index;
    const Route& route = *match.route;

    Context context{parts_, stats_,       audio_cache_,   ledger_, readers_, request,
                    *url,   *match.route, match.captures, {},      false,    parts_.now()};
    const auto credentials = credentials_of(request);
    if (credentials && route.entry != Entry::kOpen) {
      auto principal = parts_.access.principal_of(credentials->secret, context.now);
      if (principal) {
        context.principal = std::move(*principal);
        context.by_token = credentials->by_token;
      } else if (principal.error() != AccessError::kDenied) {
        spdlog::error("a login could not be looked up: {}", message_of(principal.error()));
        return problem(503, "Logins cannot be checked now; the gateway's log says why.");
      }
    }
    if (auto refused = refuse(route, request, context)) {
      count(stats_.requests_refused);
      return std::move(*refused);
    }
    Response response = function(context, credentials.value_or(Credentials{}));
    if (response.bytes) count(stats_.audio_bytes, response.size_bytes);
    return response;
  }

  static std::optional<Response> refuse(const Route& route, const Request& request,
                                        const Context& context) {
    const bool needs_login = route.entry == Entry::kLogin || route.entry == Entry::kAction ||
                             (route.entry == Entry::kScraper && !scraper_on_this_host(request));
    if (needs_login && !context.principal) return unauthorized();
    // A login is no state of anybody yet, but another site must not log a visitor in either.
    const bool by_cookie = context.principal && !context.by_token;
    const bool foreign_login = route.entry == Entry::kOpen && request.header_count("origin") != 0 &&
                               !origin_matches(request);
    if (changes_state(request.method) &&
        ((by_cookie && !from_this_site(request)) || foreign_login)) {
      return foreign_site();
    }
    if (route.entry == Entry::kAction && !ever_allowed(*context.principal, route.action)) {
      return problem(403, "Your role does not allow this.");
    }
    if (route.entry == Entry::kScraper && needs_login &&
        !allowed(*context.principal, route.action, Subject{})) {
      return problem(403, "Your role does not allow this.");
    }
    return std::nullopt;
  }

  static Response foreign_site() {
    return problem(403,
                   "The request did not come from this gateway's page: send its Origin, or the "
                   "header X-Opptak-Request: 1.");
  }

  static Response no_route(const RouteMatch& match) {
    if (match.allowed_methods.empty()) return not_found();
    std::string allow;
    for (const auto method : match.allowed_methods) {
      allow.append(allow.empty() ? "" : ", ").append(method);
    }
    Response response = problem(405, "This path takes " + allow + ".");
    response.set("Allow", allow);
    return response;
  }

  void count_answer(std::size_t index, int status) {
    count(stats_.requests[index][static_cast<std::size_t>(status / 100) % 6]);
  }

  ApiParts parts_;
  HttpStats& stats_;
  Router router_;
  Readers readers_;
  AudioCache audio_cache_;
  AccessLedger ledger_;
  std::shared_ptr<LiveHub> hub_;
};

}  // namespace

std::unique_ptr<Handler> make_api(ApiParts parts, HttpStats& stats) {
  return std::make_unique<Api>(std::move(parts), stats);
}

ServerOptions server_options(const storage::ControlSettings& settings) {
  ServerOptions options;
  options.address = format_address(settings.listen.address);
  options.port = settings.listen.port;
  if (!settings.tls_certificate.empty()) {
    options.tls = TlsFiles{settings.tls_certificate.string(), settings.tls_key.string()};
  }
  return options;
}

}  // namespace opptak::control::http
