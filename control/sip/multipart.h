// Finds the session description in a message body: alone, or as a part of multipart/* (RFC 2046
// section 5.1, RFC 5621), nested at most kMultipartDepthMax deep.
// Pure; views borrow from the message; callable from any thread.
#pragma once

#include <optional>
#include <string_view>

#include "control/sip/message.h"

namespace opptak::control::sip {

inline constexpr int kMultipartDepthMax = 3;

struct SdpBody {
  std::string_view text;
  bool truncated;  // Its end may be missing: the last line counts only if it is terminated.
};

// A body without Content-Type counts if it starts like SDP ("v="). An encoded one (gzip) is none.
[[nodiscard]] std::optional<SdpBody> find_sdp(const Message& message) noexcept;

}  // namespace opptak::control::sip
