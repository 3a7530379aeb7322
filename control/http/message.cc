#include "control/http/message.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace opptak::control::http {

std::string_view method_name(Method method) noexcept {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kHead:
      return "HEAD";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kDelete:
      return "DELETE";
    case Method::kOther:
      break;
  }
  return "OTHER";
}

std::string_view Request::header(std::string_view name) const noexcept {
  const auto found = std::ranges::find(headers, name, &Header::name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

std::size_t Request::header_count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(headers, name, &Header::name));
}

void Response::set(std::string name, std::string value) {
  const auto found = std::ranges::find(headers, name, &Header::name);
  if (found != headers.end()) {
    found->value = std::move(value);
  } else {
    headers.push_back({std::move(name), std::move(value)});
  }
}

std::string_view Response::header(std::string_view name) const noexcept {
  const auto found = std::ranges::find(headers, name, &Header::name);
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

std::string_view Response::body_view() const noexcept {
  if (!bytes) return body;
  return {reinterpret_cast<const char*>(bytes->data()) + offset_bytes, size_bytes};
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

Response problem(int status, std::string_view detail, std::string_view type) {
  nlohmann::ordered_json body;
  body["type"] = type.empty() ? std::string_view("about:blank") : type;
  body["title"] = reason_phrase(status);
  body["status"] = status;
  body["detail"] = detail;
  Response response;
  response.status = status;
  response.set("Content-Type", "application/problem+json");
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return response;
}

}  // namespace opptak::control::http
