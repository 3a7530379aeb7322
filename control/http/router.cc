#include "control/http/router.h"

#include "control/http/stats.h"
#include "storage/base/check.h"

namespace opptak::control::http {

namespace {

bool is_capture(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

Router::Router(std::span<const Route> routes) : routes_(routes) {
  CHECK(routes.size() < kRoutesMax);  // The last index counts what has no route.
  for (const Route& route : routes) {
    Pattern pattern;
    pattern.takes_rest = route.pattern == "/{asset}";
    std::string_view rest = route.pattern.substr(1);
    while (!rest.empty()) {
      const std::size_t slash = rest.find('/');
      pattern.segments.push_back(rest.substr(0, slash));
      rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    }
    patterns_.push_back(std::move(pattern));
  }
}

bool Router::fits(const Pattern& pattern, const Url& url, std::vector<std::string>& captures) {
  captures.clear();
  if (pattern.takes_rest) {
    if (url.segments.empty() || url.segments.front() == "v1") return false;
    captures.push_back(url.path());
    return true;
  }
  if (pattern.segments.size() != url.segments.size()) return false;
  for (std::size_t i = 0; i < url.segments.size(); ++i) {
    if (is_capture(pattern.segments[i])) {
      captures.push_back(url.segments[i]);
    } else if (pattern.segments[i] != url.segments[i]) {
      return false;
    }
  }
  return true;
}

RouteMatch Router::match(Method method, const Url& url) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  RouteMatch match;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!fits(patterns_[i], url, match.captures)) continue;
    if (routes_[i].method == wanted) {
      match.route = &routes_[i];
      match.index = i;
      match.allowed_methods.clear();
      return match;
    }
    match.allowed_methods.push_back(method_name(routes_[i].method));
    if (routes_[i].method == Method::kGet) {
      match.allowed_methods.push_back(method_name(Method::kHead));
    }
  }
  match.captures.clear();
  return match;
}

}  // namespace opptak::control::http
