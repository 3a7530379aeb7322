// The calls that are not finished, found by what the SIP follower, the dataplane and the API call
// them. One owner thread; references stay valid until erase().
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "control/core/live_call.h"

namespace opptak::control {

class CallTable {
 public:
  // row.id names the call; a call of that id must not be there yet.
  LiveCall& add(std::unique_ptr<LiveCall> call);
  void erase(const CallId& id);

  [[nodiscard]] LiveCall* find(const CallId& id) const;
  [[nodiscard]] LiveCall* find_number(sip::CallNumber number) const;
  // The call of a recording that is not done.
  [[nodiscard]] LiveCall* find_recording(const RecordingId& id) const;

  // The follower no longer knows the call: its number may not lead here any more.
  void forget_number(const LiveCall& call) { by_number_.erase(call.number); }
  LiveRecording& add_recording(LiveCall& call, LiveRecording recording);
  void remove_recording(LiveCall& call, const RecordingId& id);

  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
  [[nodiscard]] std::size_t recording_count() const noexcept { return by_recording_.size(); }
  // `fn` may change a call, but neither add nor erase one.
  void for_each(const std::function<void(LiveCall&)>& fn) const;
  [[nodiscard]] std::vector<CallId> ids() const;  // In the order of their start.

 private:
  std::unordered_map<CallId, std::unique_ptr<LiveCall>> calls_;
  std::unordered_map<sip::CallNumber, LiveCall*> by_number_;
  std::unordered_map<RecordingId, LiveCall*> by_recording_;
};

}  // namespace opptak::control
