// Bytes of SIP messages for tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace opptak::control::sip {

// Text of a raw string literal with the line ends of the wire: its first line end, which follows
// the opening bracket, is left out, and every other LF becomes CR LF.
inline std::string wire(std::string_view text) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  std::string bytes;
  for (const char c : text) {
    if (c == '\n') bytes += '\r';
    bytes += c;
  }
  return bytes;
}

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// RFC 3261 section 24.2, message F1, with a session description of its own.
inline std::string invite_with_sdp() {
  return wire(R"(
INVITE sip:bob@biloxi.example.com SIP/2.0
Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9
Max-Forwards: 70
From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl
To: Bob <sip:bob@biloxi.example.com>
Call-ID: 3848276298220188511@atlanta.example.com
CSeq: 1 INVITE
Contact: <sip:alice@client.atlanta.example.com;transport=tcp>
X-Campaign-Id: autumn
Content-Type: application/sdp
Content-Length: 175

v=0
o=alice 2890844526 2890844526 IN IP4 192.0.2.101
s=-
c=IN IP4 192.0.2.101
t=0 0
m=audio 49172 RTP/AVP 8 96
a=rtpmap:96 telephone-event/8000
a=ptime:20
a=sendrecv
)");
}

}  // namespace opptak::control::sip
