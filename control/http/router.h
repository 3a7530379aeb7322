// Which handler serves which method and path. The table is fixed when the program starts and is
// what docs/openapi.yaml is checked against. Lookup is pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/access/principal.h"
#include "control/http/message.h"
#include "control/http/url.h"

namespace opptak::control::http {

struct Context;
using RouteFunction = Response (*)(Context& context);

// Who may call a route at all; what it may touch is asked again for each object (context.h).
enum class Entry : std::uint8_t {
  kOpen,     // Anybody.
  kLogin,    // Anybody who is logged in.
  kAction,   // Whose role has `action` somewhere.
  kScraper,  // Loopback peers without a login, others with `action` over the whole system.
};

struct Route {
  Method method;
  std::string_view pattern;  // As in docs/openapi.yaml: "/v1/calls/{call_id}".
  Entry entry;
  Action action;  // For kAction and kScraper.
  RouteFunction function;
};

struct RouteMatch {
  const Route* route = nullptr;                   // None: see `allowed_methods`.
  std::size_t index = 0;                          // Of the route in the table.
  std::vector<std::string> captures;              // Values of the {names}, in order.
  std::vector<std::string_view> allowed_methods;  // Of the path, where only the method is wrong.
};

class Router {
 public:
  // `routes` outlives the router. The first route that fits wins. A pattern "/{asset}" takes every
  // path that does not begin with "/v1".
  explicit Router(std::span<const Route> routes);

  // HEAD is served by GET's route.
  [[nodiscard]] RouteMatch match(Method method, const Url& url) const;
  [[nodiscard]] std::span<const Route> routes() const noexcept { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string_view> segments;
    bool takes_rest = false;
  };
  static bool fits(const Pattern& pattern, const Url& url, std::vector<std::string>& captures);

  std::span<const Route> routes_;
  std::vector<Pattern> patterns_;
};

}  // namespace opptak::control::http
