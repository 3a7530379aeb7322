#include "control/http/resources/resources.h"

namespace opptak::control::http {

namespace {

Response file(Context& context, std::string_view path) {
  const auto found = context.parts.find_asset(path);
  if (!found) return not_found();
  Response response;
  response.set("ETag", std::string(found->etag));
  response.set("Cache-Control", "no-cache");  // Kept by browsers, asked about each time.
  if (context.request.header("if-none-match") == found->etag) {
    response.status = 304;
    return response;
  }
  response.set("Content-Type", std::string(found->content_type));
  response.body = found->content;
  return response;
}

}  // namespace

Response page(Context& context) { return file(context, "/index.html"); }

Response asset(Context& context) { return file(context, context.captures.front()); }

}  // namespace opptak::control::http
