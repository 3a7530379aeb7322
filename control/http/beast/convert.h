// Between Beast's messages and ours.
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "control/http/beast/names.h"
#include "control/http/message.h"
#include "control/http/security_headers.h"
#include "storage/base/check.h"

namespace opptak::control::http {

using WireRequest = wire::request<wire::string_body>;

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

// The head of an answer (RFC 9112 section 4), up to and with the empty line. Our own header values
// hold no line breaks; one that did must not become a header of its own.
inline std::string head_text(Response& response, unsigned version, bool keep_alive, bool tls) {
  add_security_headers(response, tls);
  response.set("Date", http_date());
  if (response.status != 204 && response.status != 304) {
    response.set("Content-Length", std::to_string(response.body_view().size()));
  }
  if (keep_alive != (version >= 11)) {
    response.set("Connection", keep_alive ? "keep-alive" : "close");
  }
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  text.append(reason_phrase(response.status)).append("\r\n");
  for (const Header& header : response.headers) {
    CHECK(header.value.find_first_of("\r\n") == std::string::npos);
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  return text.append("\r\n");
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
