// Requests and answers of HTTP (RFC 9110) as plain values: nothing here knows the library that
// reads them from the wire. Not shared between threads; an answer's `bytes` may be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace opptak::control::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOther };

[[nodiscard]] std::string_view method_name(Method method) noexcept;

struct Header {
  std::string name;  // Lower case in requests.
  std::string value;
};

struct Request {
  Method method = Method::kGet;
  std::string target;  // As sent: path and query, not decoded.
  std::vector<Header> headers;
  std::string body;
  bool tls = false;
  std::string peer_address;  // Without the port; for limits and logs, never for identity.
  bool peer_loopback = false;

  // Value of the first header of this (lower-case) name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  // How often the header stands there: some must not be repeated (RFC 9110 section 5.3).
  [[nodiscard]] std::size_t header_count(std::string_view name) const noexcept;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  // Where set, the body is bytes[offset_bytes, offset_bytes + size_bytes) instead of `body`.
  std::shared_ptr<const std::vector<std::uint8_t>> bytes;
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;

  void set(std::string name, std::string value);
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  [[nodiscard]] std::string_view body_view() const noexcept;
};

[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// Problem details (RFC 9457), type "about:blank" unless `type` names one of docs/openapi.yaml.
// `detail` is for people and may name what was wrong with the request; it never repeats a number.
[[nodiscard]] Response problem(int status, std::string_view detail, std::string_view type = {});

}  // namespace opptak::control::http
