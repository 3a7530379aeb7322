// Which accesses to audio stand in a call's log already. A player asks for one recording in many
// ranges; one entry covers what the same principal takes of it within a few minutes. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/ids.h"
#include "storage/base/time.h"

namespace opptak::control::http {

class AccessLedger {
 public:
  static constexpr std::int64_t kCoveredNs = 300 * kNsPerSecond;
  static constexpr std::size_t kEntriesMax = 4096;

  // True if an entry made less than kCoveredNs ago covers this access.
  [[nodiscard]] bool covered(std::string_view principal, const RecordingId& recording, UnixNs now);
  // The entry has been written.
  void note(std::string_view principal, const RecordingId& recording, UnixNs now);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, RecordingId>, UnixNs> written_at_;
};

}  // namespace opptak::control::http
