// opptak-dataplane: captures, and does what control's targets say. See docs/architecture.md.
#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/main/gateway.h"
#include "dataplane/main/metrics_server.h"
#include "dataplane/metrics/exposition.h"

namespace opptak::dataplane {

namespace {

struct Arguments {
  std::string config;
  int channel_fd = -1;
  int blocks_fd = -1;
};

int fail(const std::string& sentence) {
  spdlog::error("{}", sentence);
  return 1;
}

// Connections of control: greeted, then only watched for their end.
class ControlSocket {
 public:
  ControlSocket(int listener, std::uint64_t epoch, int memory, int wakeup)
      : listener_(listener), epoch_(epoch), memory_(memory), wakeup_(wakeup) {}

  void add_to(std::vector<pollfd>& fds) const {
    fds.push_back({listener_, POLLIN, 0});
    for (const int connection : connections_) fds.push_back({connection, POLLIN, 0});
  }

  void handle(const std::vector<pollfd>& fds) {
    for (const pollfd& entry : fds) {
      if (entry.revents == 0) continue;
      if (entry.fd == listener_)
        accept_one();
      else if (std::erase(connections_, entry.fd) > 0) {
        close(entry.fd);
        spdlog::warn("control has gone: calls go on as it decided last");
      }
    }
  }

 private:
  void accept_one() {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    if (!greet(connection, epoch_, memory_, wakeup_)) {
      close(connection);
      return;
    }
    connections_.push_back(connection);
    spdlog::info("control has connected");
  }

  int listener_;
  std::uint64_t epoch_;
  int memory_;
  int wakeup_;
  std::vector<int> connections_;
};

int serve(const Gateway& gateway, ControlSocket& control, const MetricsServer& metrics,
          int signals) {
  for (;;) {
    std::vector<pollfd> fds{{signals, POLLIN, 0}, {metrics.descriptor(), POLLIN, 0}};
    control.add_to(fds);
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) return 0;
    if (fds[1].revents != 0) {
      metrics.answer([&] { return expose_counters(gateway.channel()); });
    }
    fds.erase(fds.begin(), fds.begin() + 2);
    control.handle(fds);
  }
}

int run(const Arguments& arguments) {
  const auto settings = storage::load_settings(arguments.config);
  if (!settings) return fail(settings.error().message);
  spdlog::set_level(static_cast<spdlog::level::level_enum>(settings->log.level));
  GatewayMemory memory{arguments.channel_fd, arguments.blocks_fd, -1};
  if (memory.channel_fd < 0) memory.channel_fd = create_shared_memory("opptak-channel");
  if (memory.blocks_fd < 0) memory.blocks_fd = create_shared_memory("opptak-blocks");
  memory.wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (memory.channel_fd < 0 || memory.blocks_fd < 0 || memory.wakeup_fd < 0) {
    return fail("shared memory cannot be made: check the limits of this process");
  }
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  const int signals = signalfd(-1, &stop_signals, SFD_CLOEXEC);
  auto metrics = MetricsServer::listen(settings->dataplane.metrics_listen);
  if (!metrics) return fail(metrics.error());
  auto gateway = Gateway::open(*settings, memory);
  if (!gateway) return fail(gateway.error());
  const std::string path = (settings->control.runtime_directory / "dataplane.sock").string();
  const auto listener = listen_for_control(path);
  if (!listener) {
    return fail("the socket " + path + " cannot be made: check control.runtime_directory");
  }
  ControlSocket control(*listener, (*gateway)->epoch(), memory.channel_fd, memory.wakeup_fd);
  (*gateway)->start();
  spdlog::info("capturing on {} queue(s), start {} on this store",
               (*gateway)->channel().geometry().workers, (*gateway)->epoch());
  const int status = serve(**gateway, control, *metrics, signals);
  unlink(path.c_str());
  (*gateway)->stop();
  return status;
}

}  // namespace

}  // namespace opptak::dataplane

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("dataplane"));
  prctl(PR_SET_DUMPABLE, 0);  // Voices and keys are in this memory: no core dump, no ptrace.
  CLI::App app("Opptak's dataplane: captures RTP, writes encrypted recordings");
  opptak::dataplane::Arguments arguments;
  app.add_option("--config", arguments.config, "Configuration file")->required();
  app.add_option("--channel-fd", arguments.channel_fd, "Channel memory held by the supervisor");
  app.add_option("--blocks-fd", arguments.blocks_fd, "Block memory held by the supervisor");
  CLI11_PARSE(app, argc, argv);
  return opptak::dataplane::run(arguments);
}
