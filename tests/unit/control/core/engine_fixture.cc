#include "tests/unit/control/core/engine_fixture.h"

#include <unistd.h>

#include "storage/segment/store.h"

namespace opptak::control::test {

namespace {

RecordingStoreFailure injected() { return {RecordingStoreError::kDisk, "injected"}; }

}  // namespace

RecordingStoreResult<storage::RecordingKey> TestStore::make_key(const RecordingRow& row,
                                                                std::string_view client) {
  if (fail_make) return std::unexpected(injected());
  return real_.make_key(row, client);
}

RecordingStoreResult<storage::RecordingKey> TestStore::find_key(const RecordingId& id) {
  return real_.find_key(id);
}

RecordingStoreResult<void> TestStore::destroy_key(const RecordingId& id) {
  return real_.destroy_key(id);
}

RecordingStoreResult<void> TestStore::commit_keys() {
  if (fail_commit) return std::unexpected(injected());
  return real_.commit_keys();
}

RecordingStoreResult<std::vector<storage::BlockLocation>> TestStore::blocks_of(
    const RecordingRow& row) {
  const auto key = find_key(row.id);
  if (!key) return std::unexpected(key.error());
  return std::vector<storage::BlockLocation>{{row.extents.segment, 8192, 16384},
                                             {row.extents.segment, 4096, 4096}};
}

RecordingStoreResult<void> TestStore::free_blocks(std::span<const storage::BlockLocation> blocks) {
  freed.insert(freed.end(), blocks.begin(), blocks.end());
  return {};
}

std::string TestStore::sign_receipt(const storage::Receipt& receipt) {
  return real_.sign_receipt(receipt);
}

void EngineTest::SetUp() {
  std::string name = (std::filesystem::temp_directory_path() / "opptak-core-XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  directory_ = name;
  start();
  add_client("acme");
  add_client("unassigned", 1);
}

void EngineTest::TearDown() {
  stop();
  std::filesystem::remove_all(directory_);
}

void EngineTest::start() {
  const auto store_directory = directory_ / "store";
  ASSERT_TRUE(storage::open_or_create_store(store_directory, kStart));
  auto vault = storage::FileVault::open(directory_ / "root.key",
                                        !storage::KeyStore::exists(store_directory));
  ASSERT_TRUE(vault) << vault.error().message;
  vault_ = std::move(*vault);
  auto keys = storage::KeyStore::open(store_directory, *vault_, {.durable = false});
  ASSERT_TRUE(keys) << keys.error().message;
  keys_ = std::make_unique<storage::KeyStore>(std::move(*keys));
  auto space = storage::SegmentSpace::open(store_directory);
  ASSERT_TRUE(space) << space.error().message;
  space_ = std::make_unique<storage::SegmentSpace>(std::move(*space));
  auto signer = storage::ReceiptSigner::open(directory_ / "receipt.key");
  ASSERT_TRUE(signer) << signer.error().message;
  signer_ = std::make_unique<storage::ReceiptSigner>(std::move(*signer));
  store_ = std::make_unique<TestStore>(store_directory, *keys_, *space_, *signer_);
  auto catalogue =
      open_sqlite_catalogue(store_directory / "catalogue.sqlite", storage::Durability::kNone);
  ASSERT_TRUE(catalogue) << catalogue.error().message;
  catalogue_ = std::move(*catalogue);
  link_ = std::make_unique<FakeLink>(dataplane_);
  wall_ = wall_ + kNsPerSecond;
  PolicyDefaults defaults;
  defaults.mode = Mode::kAutomatic;
  defaults.mode_override = mode_override_;
  auto engine = Engine::create({.link = *link_,
                                .catalogue = *catalogue_,
                                .store = *store_,
                                .stats = stats_,
                                .wall_clock = [this] { return wall_; },
                                .random =
                                    [this](std::span<std::uint8_t> bytes) {
                                      for (auto& byte : bytes) {
                                        random_ =
                                            random_ * 6364136223846793005U + 1442695040888963407U;
                                        byte = static_cast<std::uint8_t>(random_ >> 56);
                                      }
                                    }},
                               settings_, defaults, sip::FollowerConfig{});
  ASSERT_TRUE(engine) << engine.error().message;
  engine_ = std::move(*engine);
}

void EngineTest::stop() {
  engine_.reset();
  link_.reset();
  catalogue_.reset();
  store_.reset();
  keys_.reset();
  space_.reset();
}

void EngineTest::settle() {
  for (int i = 0; i < 100 && engine_->turn(); ++i) {
  }
}

void EngineTest::add_client(const std::string& id, std::uint32_t days) {
  ASSERT_TRUE(catalogue_->put_client(
      {.id = id, .name = id, .retention_days_sale = days * 2, .retention_days_other = days}));
  restart();
}

void EngineTest::add_campaign(const std::string& id, Mode mode, const std::string& client) {
  CampaignRow row;
  row.id = id;
  row.client = client;
  row.mode = mode;
  ASSERT_TRUE(catalogue_->put_campaign(row));
  restart();
}

void EngineTest::set_up_call(const Dialog& dialog, const std::string& campaign,
                             std::int64_t at_ms) {
  dataplane_.sip(after_ms(at_ms), invite(dialog, sdp("10.1.0.1", 4000), campaign));
  dataplane_.sip(after_ms(at_ms + 50), response(dialog, 180));
  dataplane_.sip(after_ms(at_ms + 1000), response(dialog, 200, sdp("10.1.0.2", 5000)));
  dataplane_.sip(after_ms(at_ms + 1010), request(dialog, "ACK", dialog.cseq));
  settle();
}

void EngineTest::hang_up(const Dialog& dialog, std::int64_t at_ms) {
  dataplane_.sip(after_ms(at_ms), request(dialog, "BYE", dialog.cseq + 10));
  dataplane_.sip(after_ms(at_ms + 10), response(dialog, 200, "", "BYE", dialog.cseq + 10));
  settle();
  dataplane_.tick(after_ms(at_ms + 3000));
  settle();
}

void EngineTest::play(const std::string& text, std::int64_t from_ms, std::int64_t to_ms,
                      std::uint64_t packets, std::uint64_t dropped) {
  const dataplane::TargetPut* const target = dataplane_.target_at(text);
  ASSERT_NE(target, nullptr) << text;
  const dataplane::TargetPut put = *target;
  const Endpoint src = endpoint("10.9.9.9:" + std::to_string(put.endpoint.port + 1000));
  dataplane_.stream_started(put, src, after_ms(from_ms));
  settle();
  dataplane_.stream_ended(put, src, after_ms(from_ms), after_ms(to_ms), packets, dropped);
  if (!put.recording.is_nil()) {
    dataplane::RecordingDone& done = dataplane_.done_with[put.recording];
    done.packets += packets;
    if (!done.first_arrival.known()) done.first_arrival = after_ms(from_ms);
    done.last_arrival = std::max(done.last_arrival, after_ms(to_ms));
  }
  settle();
}

CallRow EngineTest::only_call() {
  const auto page = catalogue_->list_calls({}, "", 100);
  EXPECT_TRUE(page);
  EXPECT_EQ(page->calls.size(), 1U);
  return page->calls.empty() ? CallRow{} : page->calls.front();
}

std::vector<RecordingRow> EngineTest::recordings(const CallId& call) {
  const auto rows = catalogue_->recordings_of(call);
  EXPECT_TRUE(rows);
  return *rows;
}

std::vector<std::string> EngineTest::event_kinds(const CallId& call) {
  const auto events = catalogue_->events_of(call);
  EXPECT_TRUE(events);
  std::vector<std::string> kinds;
  for (const CallEventRow& event : *events) kinds.push_back(event.kind);
  return kinds;
}

}  // namespace opptak::control::test
