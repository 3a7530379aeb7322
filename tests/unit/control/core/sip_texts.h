// SIP messages of one call, as text, for tests of the core. Every call has its own numbers.
#pragma once

#include <string>

#include <fmt/format.h>

namespace opptak::control::test {

struct Dialog {
  std::string id = "call-1@test";
  std::string caller_tag = "from-1";
  std::string callee_tag = "to-1";
  std::string from = "4711";
  std::string to = "4722";
  int cseq = 1;

  [[nodiscard]] std::string head(const std::string& first_line, const std::string& method,
                                 const std::string& to_tag, int number) const {
    return fmt::format(
        "{}\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{}{}{}\r\n"
        "From: <sip:{}@a.test>;tag={}\r\nTo: <sip:{}@b.test>{}\r\nCall-ID: {}\r\n"
        "CSeq: {} {}\r\nContact: <sip:x@10.0.0.1>\r\n",
        first_line, id, method, number, from, caller_tag, to,
        to_tag.empty() ? "" : ";tag=" + to_tag, id, number, method);
  }
};

// One audio line at address:port; `direction` as an attribute ("sendrecv").
inline std::string sdp(const std::string& address, int port,
                       const std::string& direction = "sendrecv", const std::string& more = "") {
  return fmt::format(
      "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
      "m=audio {1} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
      "a={2}\r\n{3}",
      address, port, direction, more);
}

inline std::string with_body(const std::string& head, const std::string& body) {
  if (body.empty()) return head + "Content-Length: 0\r\n\r\n";
  return head + fmt::format("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}",
                            body.size(), body);
}

inline std::string invite(const Dialog& dialog, const std::string& body,
                          const std::string& campaign = "") {
  std::string head = dialog.head(fmt::format("INVITE sip:{}@b.test SIP/2.0", dialog.to), "INVITE",
                                 "", dialog.cseq);
  if (!campaign.empty()) head += "X-Campaign-Id: " + campaign + "\r\n";
  return with_body(head, body);
}

inline std::string reinvite(const Dialog& dialog, const std::string& body, int cseq) {
  return with_body(dialog.head(fmt::format("INVITE sip:{}@b.test SIP/2.0", dialog.to), "INVITE",
                               dialog.callee_tag, cseq),
                   body);
}

inline std::string response(const Dialog& dialog, int status, const std::string& body = "",
                            const std::string& method = "INVITE", int cseq = 0) {
  return with_body(dialog.head(fmt::format("SIP/2.0 {} X", status), method, dialog.callee_tag,
                               cseq == 0 ? dialog.cseq : cseq),
                   body);
}

inline std::string request(const Dialog& dialog, const std::string& method, int cseq,
                           bool in_dialog = true) {
  return with_body(dialog.head(fmt::format("{} sip:{}@b.test SIP/2.0", method, dialog.to), method,
                               in_dialog ? dialog.callee_tag : "", cseq),
                   "");
}

}  // namespace opptak::control::test
