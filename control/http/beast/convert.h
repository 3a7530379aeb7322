// Between Beast's messages and ours.
#pragma once

#include <ctime>
#include <string>

#include "control/http/beast/shared.h"
#include "control/http/security_headers.h"

namespace opptak::control::http {

using WireRequest = wire::request<wire::string_body>;
using WireResponse = wire::response<wire::span_body<const char>>;

inline std::string_view to_view(beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

inline Method to_method(wire::verb verb) noexcept {
  switch (verb) {
    case wire::verb::get:
      return Method::kGet;
    case wire::verb::head:
      return Method::kHead;
    case wire::verb::post:
      return Method::kPost;
    case wire::verb::put:
      return Method::kPut;
    case wire::verb::delete_:
      return Method::kDelete;
    default:
      return Method::kOther;
  }
}

inline Request to_request(WireRequest& wire_request) {
  Request request;
  request.method = to_method(wire_request.method());
  request.target = to_view(wire_request.target());
  for (const auto& field : wire_request) {
    Header header{std::string(to_view(field.name_string())), std::string(to_view(field.value()))};
    for (char& c : header.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    request.headers.push_back(std::move(header));
  }
  request.body = std::move(wire_request.body());
  return request;
}

// IMF-fixdate (RFC 9110 section 5.6.7).
inline std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

// `response` must live until the answer is written: the body is borrowed.
inline WireResponse to_wire(Response& response, unsigned version, bool head, bool keep_alive,
                            bool tls) {
  add_security_headers(response, tls);
  WireResponse out;
  out.version(version);
  out.result(static_cast<unsigned>(response.status));
  const std::string_view reason = reason_phrase(response.status);
  out.reason(beast::string_view(reason.data(), reason.size()));
  for (const Header& header : response.headers) out.set(header.name, header.value);
  out.set(wire::field::date, http_date());
  const std::string_view body = response.body_view();
  if (response.status != 204 && response.status != 304) out.content_length(body.size());
  if (!head) out.body() = {body.data(), body.size()};
  out.keep_alive(keep_alive);
  return out;
}

// What a request that could not be read is answered with; nothing: just close.
inline std::optional<Response> to_problem(const ErrorCode& error) {
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) {
    return std::nullopt;
  }
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
    return problem(431, "The request's header is too large.");
  }
  if (error == wire::error::body_limit) return problem(413, "The request's body is too large.");
  if (error.category() == make_error_code(wire::error::bad_method).category()) {
    return problem(400, "The request is not HTTP/1.1 as RFC 9112 has it.");
  }
  return std::nullopt;
}

}  // namespace opptak::control::http
