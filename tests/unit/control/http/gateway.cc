#include "tests/unit/control/http/gateway.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "storage/base/bytes.h"

namespace opptak::control::http::test {

namespace {

template <class Id>
Id make_id(std::uint64_t number, std::uint8_t kind) {
  Id id;
  store_be<std::uint64_t>(id.bytes.data() + 8, number);
  id.bytes[6] = 0x70;
  id.bytes[8] = 0x80;
  id.bytes[0] = kind;
  return id;
}

std::string json_body_lines(std::string_view body) {
  return body.empty() ? "" : "Content-Type: application/json\r\n";
}

}  // namespace

std::expected<RecordingId, ServiceError> FakeService::start_recording(const CallId& call,
                                                                      const Actor& actor) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  actors.push_back(actor.id);
  RecordingRow row;
  row.id = make_id<RecordingId>(900'000, 9);
  row.call = call;
  EXPECT_TRUE(catalogue_.put_recording(row));
  return row.id;
}

std::expected<RecordingId, ServiceError> FakeService::stop_recording(const CallId&,
                                                                     const Actor& actor) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  actors.push_back(actor.id);
  return make_id<RecordingId>(900'000, 9);
}

std::expected<ErasureReceipt, ServiceError> FakeService::erase_recording(
    const RecordingId& recording, const Actor& actor) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  actors.push_back(actor.id);
  auto row = catalogue_.find_recording(recording);
  if (!row || !*row) return std::unexpected(ServiceError::kNotFound);
  if ((*row)->state != RecordingState::kErased) {
    (*row)->state = RecordingState::kErased;
    (*row)->receipt = R"({"z":"order kept","a":")" + std::to_string(actors.size()) + "\"}";
    (*row)->erased_at = UnixNs{1'800'000'000 * kNsPerSecond};
    EXPECT_TRUE(catalogue_.put_recording(**row));
  }
  return ErasureReceipt{*(*row)->receipt};
}

std::expected<void, ServiceError> FakeService::put_client(const ClientRow& client) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  EXPECT_TRUE(catalogue_.put_client(client));
  return {};
}

std::expected<void, ServiceError> FakeService::put_campaign(const CampaignRow& campaign) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  EXPECT_TRUE(catalogue_.put_campaign(campaign));
  return {};
}

std::expected<void, ServiceError> FakeService::add_event(const CallEventRow& event) {
  const std::scoped_lock lock(mutex_);
  if (fail_with) return std::unexpected(*fail_with);
  EXPECT_TRUE(catalogue_.add_call_event(event));
  return {};
}

std::expected<AudioBytes, AudioError> FakeAudio::wav(const RecordingId&) {
  ++renders;
  if (fail_with) return std::unexpected(*fail_with);
  auto bytes = std::make_shared<std::vector<std::uint8_t>>(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) (*bytes)[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

Gateway::Gateway(ServerOptions options) {
  std::string name = ::testing::TempDir() + "opptak_http_XXXXXX";
  directory = mkdtemp(name.data());
  const auto file = directory / "catalogue.sqlite";
  catalogue = std::move(*open_sqlite_catalogue(file, storage::Durability::kNone));
  access = std::move(*open_access(access_file(directory)));
  service = std::make_unique<FakeService>(*catalogue);
  for (const char* client : {"acme", "umbra"}) {
    EXPECT_TRUE(catalogue->put_client({client, client, 365, 90}));
  }
  EXPECT_TRUE(catalogue->put_campaign({"winter", "acme", Mode::kAutomatic, 0, {"+4790*"}}));
  EXPECT_TRUE(catalogue->put_campaign({"summer", "umbra", Mode::kManual, 0, {}}));
  ApiParts parts{*service,
                 *access,
                 [file] { return open_sqlite_catalogue_reader(file); },
                 audio,
                 [](std::string_view path) -> std::optional<AssetView> {
                   if (path == "/index.html")
                     return AssetView{"<!doctype html>", "text/html", "\"e1\""};
                   return std::nullopt;
                 },
                 [] { return std::string("# HELP opptak_up x\nopptak_up 1\n"); },
                 [this] { return not_ready; },
                 [this] { return UnixNs{now_ns.load()}; },
                 12};
  api = make_api(std::move(parts), stats);
  auto started = Server::start(options, *api, stats);
  if (!started) throw std::runtime_error(started.error().detail);
  server = std::move(*started);
}

Gateway::~Gateway() {
  server.reset();
  std::filesystem::remove_all(directory);
}

std::string Gateway::token(Role role, const std::optional<std::string>& client) {
  // An operator is one over all clients or none.
  const auto issued = access->create_token(
      "test", role, role == Role::kOperator ? std::nullopt : client, {}, UnixNs{now_ns.load()});
  EXPECT_TRUE(issued);
  return "Authorization: Bearer " + issued->secret + "\r\n";
}

Reply Gateway::ask(const std::string& operation, std::string_view target,
                   std::string_view header_lines, std::string_view body) {
  Client client(server->port());
  const std::string_view method = std::string_view(operation).substr(0, operation.find(' '));
  EXPECT_TRUE(client.send(
      request_text(method, target, std::string(header_lines) + json_body_lines(body), body)));
  Reply reply = client.receive();
  EXPECT_EQ(openapi.check_answer(operation, reply.status, reply.header("content-type"), reply.body),
            "");
  for (const char* name : {"content-security-policy", "x-content-type-options", "cache-control",
                           "x-frame-options", "referrer-policy"}) {
    EXPECT_NE(reply.header(name), "") << operation << " lacks " << name;
  }
  return reply;
}

CallRow Gateway::add_call(std::string_view client, CallState state, std::string_view agent) {
  CallRow row;
  row.id = make_id<CallId>(++ids_, 1);
  row.sip_call_id = "call-" + std::to_string(ids_) + "@pbx.test";
  row.from = "1001";
  row.to = "+479000000" + std::to_string(ids_);
  row.client = client;
  if (!agent.empty()) row.agent = std::string(agent);
  row.mode = Mode::kManual;
  row.policy_rule = "default";
  row.conversation_id = to_string(row.id);
  row.state = state;
  row.started_at = UnixNs{now_ns.load() + static_cast<std::int64_t>(ids_) * kNsPerSecond};
  EXPECT_TRUE(catalogue->put_call(row));
  return row;
}

RecordingRow Gateway::add_recording(const CallRow& call, RecordingState state) {
  RecordingRow row;
  row.id = make_id<RecordingId>(++ids_, 2);
  row.call = call.id;
  row.tag = make_id<StoreTag>(ids_, 3);
  row.state = state;
  row.started_at = call.started_at;
  row.expiry_day = 20'900;
  row.packets = 7;
  EXPECT_TRUE(catalogue->put_recording(row));
  StreamRow stream;
  stream.recording = row.id;
  stream.key.src = {*parse_address("10.0.0.1"), 4000};
  stream.key.dst = {*parse_address("2001:db8::1"), 5000};
  stream.key.ssrc = 0xffffffff;
  stream.first_arrival = call.started_at;
  stream.codecs = {{8, "PCMA", 8000, 1}};
  EXPECT_TRUE(catalogue->put_stream(stream));
  return row;
}

std::vector<CallEventRow> Gateway::events(const CallId& call) {
  return catalogue->events_of(call).value();
}

}  // namespace opptak::control::http::test
