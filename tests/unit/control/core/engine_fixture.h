// An engine over a fake dataplane, with a real catalogue and a real key store in a directory of
// its own. restart() makes another engine over what is on the disk, as after kill -9.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/core/engine.h"
#include "control/core/segment_recording_store.h"
#include "storage/key/file_vault.h"
#include "tests/unit/control/core/fake_dataplane.h"
#include "tests/unit/control/core/sip_texts.h"

namespace opptak::control::test {

// Real keys and receipts; blocks are made up, and single steps can be made to fail.
class TestStore final : public RecordingStore {
 public:
  TestStore(std::filesystem::path directory, storage::KeyStore& keys, storage::SegmentSpace& space,
            const storage::ReceiptSigner& signer)
      : real_(std::move(directory), keys, space, signer) {}

  RecordingStoreResult<storage::RecordingKey> make_key(const RecordingRow& row,
                                                       std::string_view client) override;
  RecordingStoreResult<storage::RecordingKey> find_key(const RecordingId& id) override;
  RecordingStoreResult<void> destroy_key(const RecordingId& id) override;
  RecordingStoreResult<void> commit_keys() override;
  RecordingStoreResult<std::vector<storage::BlockLocation>> blocks_of(
      const RecordingRow& row) override;
  RecordingStoreResult<void> free_blocks(std::span<const storage::BlockLocation> blocks) override;
  std::string sign_receipt(const storage::Receipt& receipt) override;

  bool fail_make = false;
  bool fail_commit = false;
  std::vector<storage::BlockLocation> freed;

 private:
  SegmentRecordingStore real_;
};

inline constexpr UnixNs kStart{1'700'000'000 * kNsPerSecond};
[[nodiscard]] inline UnixNs after_ms(std::int64_t ms) { return kStart + ms * kNsPerMs; }

class EngineTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Opens what is on the disk; the engine is new.
  void start();
  void stop();  // Without a word, as kill -9.
  void restart() {
    stop();
    start();
  }
  // Turns until nothing happens any more.
  void settle();

  void add_client(const std::string& id, std::uint32_t days = 30);
  void add_campaign(const std::string& id, Mode mode, const std::string& client = "acme");

  // INVITE, 180, 200 and ACK of a call between 10.1.0.1:4000 and 10.1.0.2:5000.
  void set_up_call(const Dialog& dialog = {}, const std::string& campaign = "",
                   std::int64_t at_ms = 0);
  void hang_up(const Dialog& dialog, std::int64_t at_ms);
  // RTP to the target at `endpoint`, from where the other side is.
  void play(const std::string& endpoint, std::int64_t from_ms, std::int64_t to_ms,
            std::uint64_t packets = 100, std::uint64_t dropped = 0);

  [[nodiscard]] CallRow only_call();
  [[nodiscard]] std::vector<RecordingRow> recordings(const CallId& call);
  [[nodiscard]] std::vector<std::string> event_kinds(const CallId& call);

  std::filesystem::path directory_;
  std::optional<Mode> mode_override_;
  EngineSettings settings_;
  FakeDataplane dataplane_;
  CoreStats stats_;
  UnixNs wall_ = kStart;
  std::uint64_t random_ = 1;

  std::unique_ptr<storage::FileVault> vault_;
  std::unique_ptr<storage::KeyStore> keys_;
  std::unique_ptr<storage::SegmentSpace> space_;
  std::unique_ptr<storage::ReceiptSigner> signer_;
  std::unique_ptr<TestStore> store_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<FakeLink> link_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace opptak::control::test
