#include "tests/unit/control/http/client.h"

#include <chrono>
#include <csignal>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opptak::control::http::test {

struct Client::Tls {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);

  Tls() = default;
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

Client::Client(std::uint16_t port, bool tls, int receive_buffer_bytes) {
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c)
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  if (connected_ && tls) {
    tls_ = std::make_unique<Tls>();
    SSL_set_fd(tls_->ssl, socket_);
    connected_ = SSL_connect(tls_->ssl) == 1;
  }
}

Client::~Client() {
  tls_.reset();
  ::close(socket_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ ? SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::fill(int timeout_ms) {
  if (!tls_ || SSL_pending(tls_->ssl) == 0) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  }
  char chunk[16'384];
  const auto got =
      tls_ ? SSL_read(tls_->ssl, chunk, sizeof chunk) : ::recv(socket_, chunk, sizeof chunk, 0);
  if (got <= 0) {
    connected_ = false;
    return false;
  }
  buffer_.append(chunk, static_cast<std::size_t>(got));
  return true;
}

bool Client::take(std::string& into, std::size_t bytes, int timeout_ms) {
  while (buffer_.size() < bytes) {
    if (!fill(timeout_ms)) return false;
  }
  into = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return true;
}

Reply Client::receive(bool head) {
  Reply reply;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(20'000)) return reply;
  }
  std::string_view text(buffer_.data(), end + 2);
  std::size_t line_end = text.find("\r\n");
  const int status = std::stoi(std::string(text.substr(9, 3)));
  text.remove_prefix(line_end + 2);
  while (!text.empty()) {
    line_end = text.find("\r\n");
    const std::string_view line = text.substr(0, line_end);
    const std::size_t colon = line.find(':');
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    reply.headers[name] = value == std::string_view::npos ? "" : std::string(line.substr(value));
    text.remove_prefix(line_end + 2);
  }
  buffer_.erase(0, end + 4);
  reply.status = status;
  const bool none = head || status == 101 || status == 100 || status == 204 || status == 304;
  const std::string length = reply.header("content-length");
  if (none || length.empty()) return reply;
  if (!take(reply.body, std::stoul(length), 20'000)) reply.status = 0;
  return reply;
}

bool Client::closed_within(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (connected_ && std::chrono::steady_clock::now() < end) {
    buffer_.clear();
    fill(50);
  }
  return !connected_;
}

bool Client::send_frame(int opcode, std::string_view payload) {
  std::string frame;
  frame.push_back(static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    frame.push_back(static_cast<char>(0x80 | 126));
    frame.push_back(static_cast<char>(payload.size() >> 8));
    frame.push_back(static_cast<char>(payload.size()));
  }
  frame.append(4, '\0');  // A mask of zeroes changes nothing.
  frame.append(payload);
  return send(frame);
}

Frame Client::receive_frame(int timeout_ms) {
  Frame frame;
  std::string head;
  if (!take(head, 2, timeout_ms)) return frame;
  std::size_t size = static_cast<unsigned char>(head[1]) & 0x7f;
  if (size >= 126) {
    std::string length;
    if (!take(length, size == 126 ? 2 : 8, timeout_ms)) return frame;
    size = 0;
    for (const char c : length) size = size << 8 | static_cast<unsigned char>(c);
  }
  if (!take(frame.payload, size, timeout_ms)) return frame;
  frame.opcode = head[0] & 0x0f;
  return frame;
}

std::string request_text(std::string_view method, std::string_view target,
                         std::string_view header_lines, std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: gateway.test\r\n");
  text.append(header_lines);
  if (!body.empty()) text.append("Content-Length: " + std::to_string(body.size()) + "\r\n");
  text.append("\r\n").append(body);
  return text;
}

}  // namespace opptak::control::http::test
