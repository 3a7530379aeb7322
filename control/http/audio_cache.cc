#include "control/http/audio_cache.h"

namespace opptak::control::http {

std::expected<AudioBytes, AudioError> AudioCache::wav(const RecordingId& recording, UnixNs now) {
  std::unique_lock lock(mutex_);
  evict(now);
  while (true) {
    if (const auto found = by_id_.find(recording); found != by_id_.end()) {
      found->second->used_at = now;
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->bytes;
    }
    if (rendering_.insert(recording).second) break;
    rendered_.wait(lock);
  }
  lock.unlock();
  auto bytes = source_.wav(recording);
  lock.lock();
  rendering_.erase(recording);
  const bool dropped = dropped_while_rendering_.erase(recording) != 0;
  if (dropped) bytes = std::unexpected(AudioError::kErased);
  if (bytes) {
    keep(recording, *bytes, now);
    evict(now);
  }
  rendered_.notify_all();
  return bytes;
}

void AudioCache::drop(const RecordingId& recording) {
  const std::scoped_lock lock(mutex_);
  if (rendering_.contains(recording)) dropped_while_rendering_.insert(recording);
  const auto found = by_id_.find(recording);
  if (found == by_id_.end()) return;
  bytes_ -= found->second->bytes->size();
  entries_.erase(found->second);
  by_id_.erase(found);
}

void AudioCache::keep(const RecordingId& recording, const AudioBytes& bytes, UnixNs now) {
  if (bytes->size() > limits_.bytes_max) return;
  entries_.push_front({recording, bytes, now});
  by_id_[recording] = entries_.begin();
  bytes_ += bytes->size();
}

void AudioCache::evict(UnixNs now) {
  while (!entries_.empty()) {
    const Entry& oldest = entries_.back();
    if (bytes_ <= limits_.bytes_max && now - oldest.used_at <= limits_.age_max_ns) return;
    bytes_ -= oldest.bytes->size();
    by_id_.erase(oldest.recording);
    entries_.pop_back();
  }
}

}  // namespace opptak::control::http
