// The one translation unit that compiles Boost.Beast.
#include "control/http/server.h"

#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <fmt/core.h>

#include "control/http/beast/listener.h"

namespace opptak::control::http {

namespace {

std::expected<asio::ssl::context, ServerFailure> make_tls(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION);
  ErrorCode error;
  const auto fail = [&error](const std::string& file) {
    return std::unexpected(ServerFailure{
        ServerError::kBadCertificate,
        fmt::format("{}: {}; a PEM file that control may read is needed", file, error.message())});
  };
  // A key behind a passphrase must fail and not ask on a terminal.
  context.set_password_callback(
      [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);
  context.use_certificate_chain_file(files.certificate_chain, error);
  if (error) return fail(files.certificate_chain);
  context.use_private_key_file(files.private_key, asio::ssl::context::pem, error);
  if (error) return fail(files.private_key);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return std::unexpected(ServerFailure{ServerError::kBadCertificate,
                                         fmt::format("{} is not the key of the certificate in {}",
                                                     files.private_key, files.certificate_chain)});
  }
  return context;
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Handler& handler, HttpStats& stats)
      : shared_(options, handler, stats), listener_(shared_) {}

  ~Impl() { stop(0); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::expected<void, ServerFailure> start() {
    const ServerOptions& options = shared_.options;
    ErrorCode error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) {
      return std::unexpected(
          ServerFailure{ServerError::kBadAddress, options.address + " is not an IP address"});
    }
    if (!options.tls && !address.is_loopback()) {
      return std::unexpected(ServerFailure{
          ServerError::kPlainNotLoopback,
          options.address + " is not a loopback address: set control.tls_certificate and "
                            "control.tls_key, or listen on 127.0.0.1 behind a proxy"});
    }
    if (options.tls) {
      auto tls = make_tls(*options.tls);
      if (!tls) return std::unexpected(std::move(tls.error()));
      shared_.tls = std::move(*tls);
    }
    error = listener_.open({address, options.port});
    if (error) {
      return std::unexpected(ServerFailure{
          ServerError::kCannotListen,
          fmt::format("{} port {}: {}", options.address, options.port, error.message())});
    }
    port_ = listener_.port();
    listener_.accept();
    for (std::size_t i = 0; i < options.io_threads; ++i) {
      threads_.emplace_back([this] { shared_.io.run(); });
    }
    return {};
  }

  void stop(std::uint32_t grace_ms) {
    if (shared_.stopping.exchange(true)) return;
    listener_.close();
    each(&Connected::finish);
    wait_until_gone(grace_ms);
    shared_.workers.join();
    each(&Connected::close_now);
    wait_until_gone(kCloseMs);
    shared_.io.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  static constexpr std::uint32_t kCloseMs = 500;

  void each(void (Connected::*function)()) {
    std::vector<std::shared_ptr<Connected>> held;  // Let go of without the lock.
    {
      const std::scoped_lock lock(shared_.mutex);
      for (Connected* connected : shared_.connected) held.push_back(connected->hold());
    }
    for (const auto& connected : held) {
      if (connected) ((*connected).*function)();
    }
  }

  void wait_until_gone(std::uint32_t ms) {
    if (threads_.empty()) return;
    std::unique_lock lock(shared_.mutex);
    shared_.gone.wait_for(lock, std::chrono::milliseconds(ms),
                          [this] { return shared_.connected.empty(); });
  }

  Shared shared_;
  // While every open request is with a handler, nothing else would keep the I/O threads going.
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_{
      shared_.io.get_executor()};
  Listener listener_;
  std::vector<std::thread> threads_;
  std::uint16_t port_ = 0;
};

std::expected<std::unique_ptr<Server>, ServerFailure> Server::start(const ServerOptions& options,
                                                                    Handler& handler,
                                                                    HttpStats& stats) {
  auto impl = std::make_unique<Impl>(options, handler, stats);
  if (auto started = impl->start(); !started) return std::unexpected(std::move(started.error()));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::uint16_t Server::port() const noexcept { return impl_->port(); }

void Server::stop(std::uint32_t grace_ms) { impl_->stop(grace_ms); }

}  // namespace opptak::control::http
