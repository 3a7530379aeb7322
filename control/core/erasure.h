// Erasing recordings (G4), in an order that a crash at any instruction leaves right:
//   1. the extent list is read, since it cannot be read afterwards;
//   2. the row says `erasing`, with the ranges (durable): never played again, redone at a start;
//   3. the key is destroyed (durable): nothing can be read any more;
//   4. the ranges are given back to the file system;
//   5. the row says `erased`, with the signed receipt and a call event (durable); then the answer.
// Requests of one turn share each step. Every step may be repeated. Thread: the core's.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control/catalogue/catalogue.h"
#include "control/core/core_state.h"
#include "control/core/service.h"

namespace opptak::control {

// Where tests cut an erasure off.
enum class ErasureStep : std::uint8_t {
  kExtentsRead,
  kMarked,        // Row `erasing` durable.
  kKeyDestroyed,  // Durable.
  kSpaceFreed,
  kErased,  // Row `erased` durable; nobody was told.
};

class Erasure {
 public:
  using Answer = std::function<void(std::expected<ErasureReceipt, ServiceError>)>;
  using StepHook = std::function<void(ErasureStep)>;

  Erasure(CoreState& state, Catalogue& catalogue) : state_(state), catalogue_(catalogue) {}

  void request(const RecordingId& recording, const Actor& actor, Answer answer);

  // Takes up what a predecessor had begun; run() completes it.
  [[nodiscard]] CatalogueResult<void> resume();

  // Carries out what was requested, up to erasures_per_turn; `now` is the wall clock.
  void run(UnixNs now);
  [[nodiscard]] bool pending() const noexcept { return !requests_.empty(); }

  // Drops the answers that are still owed: their callers learn that it did not happen.
  void abandon() { requests_.clear(); }

  void set_step_hook(StepHook hook) { hook_ = std::move(hook); }

 private:
  struct Request {
    RecordingId recording;
    Actor actor;
    std::vector<Answer> answers;
  };
  struct Job {
    RecordingRow row;
    Actor actor;
    std::vector<Answer> answers;
    std::vector<storage::BlockLocation> blocks;
    bool space_freed = true;
    bool redone = false;
  };

  [[nodiscard]] std::vector<Job> take_jobs();
  [[nodiscard]] std::optional<Job> job_of(Request& request);
  void read_extents(Job& job);
  void read_begun(Job& job);
  [[nodiscard]] bool mark(std::vector<Job>& jobs, UnixNs now);
  [[nodiscard]] bool destroy_keys(std::vector<Job>& jobs);
  void free_space(std::vector<Job>& jobs);
  [[nodiscard]] bool complete(std::vector<Job>& jobs, UnixNs now);
  [[nodiscard]] bool write(Batch& batch, const char* what);
  void give_up(std::vector<Job>& jobs);
  void reached(ErasureStep step) const {
    if (hook_) hook_(step);
  }

  CoreState& state_;
  Catalogue& catalogue_;
  std::vector<Request> requests_;
  StepHook hook_;
};

}  // namespace opptak::control
