#include "control/http/access_ledger.h"

namespace opptak::control::http {

bool AccessLedger::covered(std::string_view principal, const RecordingId& recording, UnixNs now) {
  const std::scoped_lock lock(mutex_);
  const auto found = written_at_.find({std::string(principal), recording});
  if (found == written_at_.end()) return false;
  // A clock that was set back must not stretch an entry.
  return now >= found->second && now - found->second < kCoveredNs;
}

void AccessLedger::note(std::string_view principal, const RecordingId& recording, UnixNs now) {
  const std::scoped_lock lock(mutex_);
  if (written_at_.size() >= kEntriesMax) {
    std::erase_if(written_at_,
                  [now](const auto& entry) { return now - entry.second >= kCoveredNs; });
    // Forgetting costs entries that need not have been written, never one that is missing.
    if (written_at_.size() >= kEntriesMax) written_at_.clear();
  }
  written_at_[{std::string(principal), recording}] = now;
}

}  // namespace opptak::control::http
