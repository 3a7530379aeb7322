// Rendered audio of the last few recordings, so that a player's many range requests render once.
// In memory only, bounded by bytes and by age. An erased recording is dropped at once, also while
// it is being rendered. Any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <set>

#include "control/http/audio_source.h"
#include "storage/base/time.h"

namespace opptak::control::http {

struct AudioCacheLimits {
  std::size_t bytes_max = 256U << 20U;
  std::int64_t age_max_ns = 600 * kNsPerSecond;  // Since its last use.
};

class AudioCache {
 public:
  // `source` outlives the cache.
  explicit AudioCache(AudioSource& source, AudioCacheLimits limits = {})
      : source_(source), limits_(limits) {}

  // Renders where needed; of several threads that want the same recording one renders.
  [[nodiscard]] std::expected<AudioBytes, AudioError> wav(const RecordingId& recording, UnixNs now);
  // Forgets it; what is being rendered of it now is not kept either.
  void drop(const RecordingId& recording);

 private:
  struct Entry {
    RecordingId recording;
    AudioBytes bytes;
    UnixNs used_at;
  };
  using Entries = std::list<Entry>;  // Last used first.

  void evict(UnixNs now);
  void keep(const RecordingId& recording, const AudioBytes& bytes, UnixNs now);

  AudioSource& source_;
  const AudioCacheLimits limits_;
  std::mutex mutex_;
  std::condition_variable rendered_;
  Entries entries_;
  std::map<RecordingId, Entries::iterator> by_id_;
  std::set<RecordingId> rendering_;
  std::set<RecordingId> dropped_while_rendering_;
  std::size_t bytes_ = 0;
};

}  // namespace opptak::control::http
