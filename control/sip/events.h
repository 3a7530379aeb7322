// What following SIP says about calls, in the words of RFC 3261 and RFC 3264. The follower knows
// dialogs and session descriptions; it knows nothing of policy, recordings or the dataplane.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/endpoint.h"
#include "storage/base/time.h"

namespace opptak::control::sip {

// The follower's own name of a call: one per SIP Call-ID with an INVITE, never reused.
using CallNumber = std::uint64_t;

enum class Party : std::uint8_t { kCaller, kCallee };  // Who sent the first INVITE, who got it.

enum class MediaKind : std::uint8_t { kAudio, kVideo, kImage, kOther };  // m= lines, RFC 8866.

enum class MediaDirection : std::uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };

struct Codec {
  std::uint8_t payload_type;
  std::string name;  // Encoding name, upper case; static types (RFC 3551) named without rtpmap.
  std::uint32_t clock_hz;
  std::uint8_t channels;

  bool operator==(const Codec&) const = default;
};

// One media description of one party: where that party receives.
struct MediaEndpoint {
  Party party;  // Whose endpoint it is.
  Endpoint rtp;
  Endpoint rtcp;  // a=rtcp (RFC 3605) or port + 1; equals rtp with a=rtcp-mux.
  MediaKind kind;
  MediaDirection direction;  // As that party said it.
  bool encrypted;            // SAVP, or DTLS fingerprint.
  std::vector<Codec> codecs;

  bool operator==(const MediaEndpoint&) const = default;
};

struct CallStarted {
  CallNumber call;
  UnixNs at;
  std::string sip_call_id;
  std::string from_user;  // User part of the URI, %-escapes decoded; empty where none.
  std::string to_user;
  std::string request_user;  // User part of the Request-URI.
  Endpoint src;              // Of the INVITE's datagram: for trunk rules.
  Endpoint dst;
  // Value of the campaign header (X-Campaign-Id unless configured), trimmed.
  std::optional<std::string> campaign_header;
};

// The whole current set of the call's media endpoints, provisional ones included. A list equal to
// the last one is not sent again.
struct MediaChanged {
  CallNumber call;
  UnixNs at;
  std::vector<MediaEndpoint> media;
};

struct CallRinging {
  CallNumber call;
  UnixNs at;
};

struct CallAnswered {
  CallNumber call;
  UnixNs at;
};

struct CallHeld {  // Re-INVITE or UPDATE with sendonly/inactive/0.0.0.0; held = false: resumed.
  CallNumber call;
  UnixNs at;
  Party by;
  bool held;
};

enum class EndCause : std::uint8_t {
  kBye,
  kCancelled,     // CANCEL and 487.
  kRejected,      // Another final response of 300-699.
  kSetupTimeout,  // INVITE never saw a final response.
  kEvicted,       // Not answered yet, and the oldest so when the follower's memory was full.
};

struct CallEnded {
  CallNumber call;
  UnixNs at;
  EndCause cause;
  // Final response that ended it; 0 where none did or the mirror did not show it.
  std::uint16_t status;
};

// Receives events in order, on the follower's thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_started(const CallStarted&) = 0;
  virtual void on_media(const MediaChanged&) = 0;
  virtual void on_ringing(const CallRinging&) = 0;
  virtual void on_answered(const CallAnswered&) = 0;
  virtual void on_held(const CallHeld&) = 0;
  virtual void on_ended(const CallEnded&) = 0;
};

}  // namespace opptak::control::sip
