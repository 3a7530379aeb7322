// Erasures, and what is left when the process dies between two of their steps.
#include <algorithm>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "storage/receipt/receipt.h"
#include "tests/unit/control/core/engine_fixture.h"

namespace opptak::control::test {

class ErasureTest : public EngineTest {
 protected:
  RecordingId stored_recording() {
    const Dialog dialog;
    set_up_call(dialog);
    play("10.1.0.1:4000", 1020, 9000);
    hang_up(dialog, 10'000);
    return recordings(only_call().id).at(0).id;
  }

  std::expected<ErasureReceipt, ServiceError> erase(const RecordingId& id) {
    std::atomic<bool> stop{false};
    std::thread core([&] {
      while (!stop.load()) engine_->turn();
    });
    auto result = engine_->erase_recording(id, {"account-7"});
    stop = true;
    core.join();
    return result;
  }

  void expect_erased(const RecordingId& id) {
    const auto row = catalogue_->find_recording(id);
    ASSERT_TRUE(row && *row);
    EXPECT_EQ((*row)->state, RecordingState::kErased);
    EXPECT_TRUE((*row)->erase_ranges.empty());
    EXPECT_TRUE((*row)->erased_at.known());
    ASSERT_TRUE((*row)->receipt);
    const auto receipt = storage::verify_receipt(*(*row)->receipt, signer_->public_key());
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->erased_by, "account-7");
    EXPECT_EQ(receipt->recording_hash, storage::recording_hash(id));
    const auto key = keys_->find(id);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, storage::KeyError::kErased);
    const auto kinds = event_kinds(only_call().id);
    EXPECT_EQ(std::ranges::count(kinds, "erased"), 1);
  }
};

// Goal: an erasure destroys the key, frees every block, signs a receipt; asked again it answers
// the same.
TEST_F(ErasureTest, ErasesOnceAndAnswersAgain) {
  const RecordingId id = stored_recording();
  const auto receipt = erase(id);
  ASSERT_TRUE(receipt);
  expect_erased(id);
  EXPECT_EQ(store_->freed.size(), 2U);
  const auto again = erase(id);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->json, receipt->json);
  EXPECT_EQ(store_->freed.size(), 2U);
}

// Goal: what does not exist or is being written is refused.
TEST_F(ErasureTest, RefusesWhatCannotBeErased) {
  EXPECT_EQ(erase(RecordingId{}).error(), ServiceError::kNotFound);
  set_up_call();
  const RecordingId open = recordings(only_call().id).at(0).id;
  EXPECT_EQ(erase(open).error(), ServiceError::kStillOpen);
  EXPECT_TRUE(keys_->find(open));
}

// Goal: an extent list that cannot be read does not keep the key alive.
TEST_F(ErasureTest, DestroysTheKeyOfAnUnreadableRecording) {
  const RecordingId id = stored_recording();
  ASSERT_TRUE(keys_->destroy(id));
  ASSERT_TRUE(keys_->commit());
  ASSERT_TRUE(erase(id));
  expect_erased(id);
}

// Goal: a key store that fails leaves the recording marked, never played, and erased when asked
// again.
TEST_F(ErasureTest, AFailedKeyStoreIsNoErasure) {
  const RecordingId id = stored_recording();
  store_->fail_commit = true;
  EXPECT_EQ(erase(id).error(), ServiceError::kInternal);
  EXPECT_EQ((*catalogue_->find_recording(id))->state, RecordingState::kErasing);
  store_->fail_commit = false;
  ASSERT_TRUE(erase(id));
  expect_erased(id);
}

// Goal: an erasure survives the death of the process after each of its steps. Method: a child
// process erases and leaves without a word at the step; the next start must complete it, or, where
// nothing was marked yet, leave the recording as it was.
TEST_F(ErasureTest, SurvivesDeathAtEveryStep) {
  const RecordingId id = stored_recording();
  for (const ErasureStep step :
       {ErasureStep::kExtentsRead, ErasureStep::kMarked, ErasureStep::kKeyDestroyed,
        ErasureStep::kSpaceFreed, ErasureStep::kErased}) {
    SCOPED_TRACE(static_cast<int>(step));
    stop();
    const auto saved = directory_.string() + ".saved";
    std::filesystem::remove_all(saved);
    std::filesystem::copy(directory_, saved, std::filesystem::copy_options::recursive);
    const pid_t child = fork();
    if (child == 0) {
      start();
      engine_->set_erasure_hook([step](ErasureStep reached) {
        if (reached == step) _exit(42);
      });
      erase(id);
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 42);
    start();
    settle();
    if (step == ErasureStep::kExtentsRead) {
      EXPECT_EQ((*catalogue_->find_recording(id))->state, RecordingState::kStored);
      EXPECT_TRUE(keys_->find(id));
    } else {
      expect_erased(id);
      if (step < ErasureStep::kSpaceFreed) {
        EXPECT_EQ(store_->freed.size(), 2U);
      }
    }
    stop();
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(saved, directory_);
  }
  start();
}

}  // namespace opptak::control::test
