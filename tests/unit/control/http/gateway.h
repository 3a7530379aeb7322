// A whole API for tests: the real server on loopback, a real catalogue and real accounts in a
// folder of their own, and stand-ins for the core and the renderer. Every answer that passes
// through ask() is held against docs/openapi.yaml.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/access/access.h"
#include "control/catalogue/catalogue.h"
#include "control/http/api.h"
#include "tests/unit/control/http/client.h"
#include "tests/unit/control/http/openapi.h"

namespace opptak::control::http::test {

// Does to the catalogue what the core would do, and remembers what it was asked.
class FakeService final : public Service {
 public:
  explicit FakeService(Catalogue& catalogue) : catalogue_(catalogue) {}

  std::expected<RecordingId, ServiceError> start_recording(const CallId& call,
                                                           const Actor& actor) override;
  std::expected<RecordingId, ServiceError> stop_recording(const CallId& call,
                                                          const Actor& actor) override;
  std::expected<ErasureReceipt, ServiceError> erase_recording(const RecordingId& recording,
                                                              const Actor& actor) override;
  std::expected<void, ServiceError> put_client(const ClientRow& client) override;
  std::expected<void, ServiceError> put_campaign(const CampaignRow& campaign) override;
  std::expected<void, ServiceError> add_event(const CallEventRow& event) override;
  void on_call_changed(std::function<void(const CallRow&)> fn) override { changed = std::move(fn); }

  std::optional<ServiceError> fail_with;  // Answers everything.
  std::vector<std::string> actors;
  std::function<void(const CallRow&)> changed;

 private:
  Catalogue& catalogue_;
  std::mutex mutex_;
};

// Audio of `size_bytes` in which byte i is i modulo 251.
class FakeAudio final : public AudioSource {
 public:
  std::expected<AudioBytes, AudioError> wav(const RecordingId& recording) override;

  std::size_t size_bytes = 10'000;
  std::optional<AudioError> fail_with;
  std::atomic<int> renders{0};
};

inline constexpr std::string_view kPassword = "correct horse battery";

class Gateway {
 public:
  explicit Gateway(ServerOptions options = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // A token for the role, as a header line.
  [[nodiscard]] std::string token(Role role, const std::optional<std::string>& client = "acme");

  // One request on a connection of its own. `operation` as in docs/openapi.yaml,
  // "GET /v1/calls/{call_id}"; `target` and `header_lines` as sent.
  Reply ask(const std::string& operation, std::string_view target,
            std::string_view header_lines = {}, std::string_view body = {});

  CallRow add_call(std::string_view client, CallState state = CallState::kRecorded,
                   std::string_view agent = {});
  RecordingRow add_recording(const CallRow& call, RecordingState state = RecordingState::kStored);
  [[nodiscard]] std::vector<CallEventRow> events(const CallId& call);

  std::filesystem::path directory;
  std::unique_ptr<Catalogue> catalogue;
  std::unique_ptr<Access> access;
  std::unique_ptr<FakeService> service;
  FakeAudio audio;
  HttpStats stats;
  std::optional<std::string> not_ready;
  std::atomic<std::int64_t> now_ns{1'800'000'000 * kNsPerSecond};
  std::unique_ptr<Handler> api;
  std::unique_ptr<Server> server;
  OpenApi openapi;

 private:
  std::uint64_t ids_ = 0;
};

}  // namespace opptak::control::http::test
