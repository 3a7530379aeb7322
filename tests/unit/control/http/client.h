// A blocking HTTP/1.1 and WebSocket client over a plain or TLS socket, for tests: it sends exactly
// the bytes it is told to, also wrong ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace opptak::control::http::test {

struct Reply {
  int status = 0;                              // 0: the connection ended before an answer.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct Frame {
  int opcode = -1;  // RFC 6455 section 5.2; -1: the connection ended.
  std::string payload;
};

class Client {
 public:
  explicit Client(std::uint16_t port, bool tls = false, int receive_buffer_bytes = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  // False once the peer takes no more.
  bool send(std::string_view bytes);
  // `head`: the answer has no body, whatever Content-Length says.
  Reply receive(bool head = false);
  // True if the server closes the connection within this time; what it sends is thrown away.
  bool closed_within(int ms);

  bool send_frame(int opcode, std::string_view payload);
  Frame receive_frame(int timeout_ms = 10'000);

 private:
  struct Tls;
  bool fill(int timeout_ms);
  bool take(std::string& into, std::size_t bytes, int timeout_ms);

  int socket_ = -1;
  bool connected_ = false;
  std::unique_ptr<Tls> tls_;
  std::string buffer_;
};

// "GET TARGET HTTP/1.1" with Host and the given header lines ("Name: value\r\n"...), and a body
// with its Content-Length where it is not empty.
[[nodiscard]] std::string request_text(std::string_view method, std::string_view target,
                                       std::string_view header_lines = {},
                                       std::string_view body = {});

}  // namespace opptak::control::http::test
