// One SIP message (RFC 3261 section 7) as views into the datagram that carried it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "control/sip/address.h"
#include "control/sip/method.h"

namespace opptak::control::sip {

// Why bytes are no message that can be followed.
enum class ScanError : std::uint8_t {
  kKeepAlive,       // Only CR, LF or NUL: RFC 5626 section 4.4.1 and older habits. No defect.
  kNotSip,          // First line is neither a request line nor a status line.
  kBadVersion,      // Looks like SIP, version is not 2.0.
  kBadStatus,       // Status code is not 100-699.
  kTruncated,       // The datagram ends in the header, before Call-ID and CSeq.
  kTooManyHeaders,  // More than kHeadersMax fields.
  kNoCallId,        // Call-ID missing or empty.
  kNoCseq,          // CSeq missing or not "number METHOD".
  kFieldTooLong,    // Call-ID or tag of more than kFieldBytesMax bytes.
};
inline constexpr std::size_t kScanErrorCount = 9;

// What is wrong with a message that can be followed all the same; bits of Message::defects.
enum Defect : std::uint16_t {
  kDefectFrom = 1,               // From missing, or without a URI.
  kDefectTo = 2,                 // To missing, or without a URI.
  kDefectVia = 4,                // Via missing.
  kDefectHeader = 8,             // A header line without a colon.
  kDefectContentLength = 16,     // Content-Length is no number.
  kDefectBodyTruncated = 32,     // Content-Length promises more than the datagram holds.
  kDefectMethodMismatch = 64,    // CSeq names another method than the request line, which counts.
  kDefectDuplicate = 128,        // A field that may stand once stands again; the first one counts.
  kDefectHeaderTruncated = 256,  // The header has no end (no empty line): only whole lines count.
};

inline constexpr std::uint32_t kHeadersMax = 256;
inline constexpr std::size_t kFieldBytesMax = 255;

struct Cseq {
  std::uint32_t number = 0;
  Method method = Method::kOther;
};

// Lives no longer than the bytes that were scanned. Folded values keep their line ends.
struct Message {
  Method method = Method::kOther;  // Of the request; in a response that of CSeq.
  std::uint16_t status = 0;        // 100-699; 0 in a request.
  std::uint16_t defects = 0;       // Bits of Defect.
  std::string_view request_uri;    // Empty in a response.
  std::string_view call_id;
  Cseq cseq;
  Address from;
  Address to;
  Address contact;              // First Contact.
  std::string_view via_branch;  // Of the topmost Via.
  std::uint32_t via_count = 0;  // Hops on the way so far; a request gains one at each.
  std::string_view content_type;
  std::string_view content_encoding;
  std::optional<std::uint32_t> content_length;
  std::optional<std::string_view> extra;  // First value of the header that the caller asked for.
  std::string_view body;                  // As far as Content-Length and the datagram reach.

  [[nodiscard]] bool is_request() const noexcept { return status == 0; }
  [[nodiscard]] bool has(Defect defect) const noexcept { return (defects & defect) != 0; }
};

}  // namespace opptak::control::sip
