// Makes calls of what the SIP follower reports: policy, targets, recordings, the call's log.
// Thread: the core's. It does not call the follower.
#pragma once

#include "control/catalogue/catalogue.h"
#include "control/core/core_state.h"
#include "control/sip/events.h"

namespace opptak::control {

class CallFollower final : public sip::Observer {
 public:
  CallFollower(CoreState& state, CatalogueReader& catalogue)
      : state_(state), catalogue_(catalogue) {}

  // While events may come that a predecessor has handled already: an INVITE whose call is in the
  // catalogue with the same time starts nothing.
  void expect_repeats(bool expect) noexcept { repeats_ = expect; }

  void on_started(const sip::CallStarted& started) override;
  void on_media(const sip::MediaChanged& changed) override;
  void on_ringing(const sip::CallRinging& ringing) override;
  void on_answered(const sip::CallAnswered& answered) override;
  void on_held(const sip::CallHeld& held) override;
  void on_ended(const sip::CallEnded& ended) override;

 private:
  [[nodiscard]] bool handled_before(const sip::CallStarted& started);

  CoreState& state_;
  CatalogueReader& catalogue_;
  bool repeats_ = false;
};

}  // namespace opptak::control
