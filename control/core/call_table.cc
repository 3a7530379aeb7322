#include "control/core/call_table.h"

#include <algorithm>
#include <utility>

#include "storage/base/check.h"

namespace opptak::control {

LiveCall& CallTable::add(std::unique_ptr<LiveCall> call) {
  LiveCall& added = *call;
  const bool is_new = calls_.emplace(added.row.id, std::move(call)).second;
  CHECK(is_new);
  if (added.number != 0) by_number_[added.number] = &added;
  for (const auto& [id, recording] : added.recordings) by_recording_[id] = &added;
  return added;
}

void CallTable::erase(const CallId& id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const LiveCall& call = *found->second;
  const auto number = by_number_.find(call.number);
  if (number != by_number_.end() && number->second == &call) by_number_.erase(number);
  for (const auto& [recording, live] : call.recordings) by_recording_.erase(recording);
  calls_.erase(found);
}

LiveCall* CallTable::find(const CallId& id) const {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

LiveCall* CallTable::find_number(sip::CallNumber number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

LiveCall* CallTable::find_recording(const RecordingId& id) const {
  const auto found = by_recording_.find(id);
  return found == by_recording_.end() ? nullptr : found->second;
}

LiveRecording& CallTable::add_recording(LiveCall& call, LiveRecording recording) {
  const RecordingId id = recording.row.id;
  by_recording_[id] = &call;
  return call.recordings[id] = std::move(recording);
}

void CallTable::remove_recording(LiveCall& call, const RecordingId& id) {
  call.recordings.erase(id);
  by_recording_.erase(id);
}

void CallTable::for_each(const std::function<void(LiveCall&)>& fn) const {
  for (const auto& [id, call] : calls_) fn(*call);
}

std::vector<CallId> CallTable::ids() const {
  std::vector<const LiveCall*> sorted;
  sorted.reserve(calls_.size());
  for (const auto& [id, call] : calls_) sorted.push_back(call.get());
  std::ranges::sort(sorted, {}, &LiveCall::order);
  std::vector<CallId> ids;
  ids.reserve(sorted.size());
  for (const LiveCall* call : sorted) ids.push_back(call->row.id);
  return ids;
}

}  // namespace opptak::control
