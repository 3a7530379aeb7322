// Scanner of one SIP message in a datagram (RFC 3261 section 7), made for watching what others
// accept: lenient where meaning is clear (compact names, folding, bare LF, odd white space, case,
// missing Content-Length), strict where it is not. One pass, no copy, no allocation; time is
// linear in the size of the message.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "control/sip/message.h"

namespace opptak::control::sip {

// `extra_header`: name of one more header to pick out, in any case; empty: none.
// A message that is cut in its header gives kTruncated, or kDefectHeaderTruncated behind Call-ID
// and CSeq; one that is cut in its body gives kDefectBodyTruncated where Content-Length tells. A
// line that is cut never counts. The message borrows `datagram`. Callable from any thread.
[[nodiscard]] std::expected<Message, ScanError> scan_message(
    std::span<const std::uint8_t> datagram, std::string_view extra_header) noexcept;

}  // namespace opptak::control::sip
