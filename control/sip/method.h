// Methods of SIP requests: RFC 3261 section 7.1 and the extensions that a follower meets.
// Pure; callable from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace opptak::control::sip {

enum class Method : std::uint8_t {
  kOther,  // Any other token; legal, never followed.
  kInvite,
  kAck,
  kBye,
  kCancel,
  kPrack,   // RFC 3262
  kUpdate,  // RFC 3311
  kOptions,
  kRegister,
  kInfo,
  kSubscribe,
  kNotify,
  kRefer,
  kMessage,
  kPublish,
};

// Methods are case-sensitive (RFC 3261 section 7.1).
[[nodiscard]] Method parse_method(std::string_view token) noexcept;

}  // namespace opptak::control::sip
