// What the API may ask of the control core. The core runs on one thread; every function here may
// be called from any other thread, waits until the core has done it durably, and returns.
// Reading (lists, one call, reports) goes to the catalogue directly and not through here.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "control/catalogue/rows.h"

namespace opptak::control {

enum class ServiceError : std::uint8_t {
  kNotFound,       // No such call, recording or campaign.
  kNotInProgress,  // The call has ended.
  kModeOff,        // The campaign records nothing: start is refused (409).
  kNotManual,      // Automatic campaigns cannot be started or stopped by hand (409).
  kAlreadyRecording,
  kNotRecording,
  kStillOpen,  // A recording that is being written cannot be erased yet (409).
  kStoreFull,
  kInternal,  // Disk or database failed; the log says what.
};

// Who asks: an opaque id of an account or token, never a name. Goes into events and receipts.
struct Actor {
  std::string id;
};

struct ErasureReceipt {
  std::string json;  // Signed; as DELETE and GET 410 answer it.
};

class Service {
 public:
  virtual ~Service() = default;

  [[nodiscard]] virtual std::expected<RecordingId, ServiceError> start_recording(
      const CallId& call, const Actor& actor) = 0;
  [[nodiscard]] virtual std::expected<RecordingId, ServiceError> stop_recording(
      const CallId& call, const Actor& actor) = 0;
  // Idempotent: an erased recording answers the same receipt again.
  [[nodiscard]] virtual std::expected<ErasureReceipt, ServiceError> erase_recording(
      const RecordingId& recording, const Actor& actor) = 0;
  [[nodiscard]] virtual std::expected<void, ServiceError> put_client(const ClientRow& client) = 0;
  [[nodiscard]] virtual std::expected<void, ServiceError> put_campaign(
      const CampaignRow& campaign) = 0;

  // Appends an event to the call's log (`played`, `access_refused`); durable when it returns.
  [[nodiscard]] virtual std::expected<void, ServiceError> add_event(const CallEventRow& event) = 0;

  // Called on the core's thread after each change of a call; must return at once. `fn` lives as
  // long as the service.
  virtual void on_call_changed(std::function<void(const CallRow&)> fn) = 0;
};

}  // namespace opptak::control
