#include "control/sip/scanner.h"

#include <gtest/gtest.h>

#include "tests/unit/control/sip/wire.h"

namespace opptak::control::sip {
namespace {

std::expected<Message, ScanError> scan(std::string_view text) {
  return scan_message(bytes_of(text), "X-Campaign-Id");
}

// Goal: every field that the follower uses is found. Method: a message of the RFC, byte by byte.
TEST(ScanMessage, FindsTheFieldsOfARequest) {
  const std::string text = invite_with_sdp();
  const auto message = scan(text);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is_request());
  EXPECT_EQ(message->method, Method::kInvite);
  EXPECT_EQ(message->request_uri, "sip:bob@biloxi.example.com");
  EXPECT_EQ(message->call_id, "3848276298220188511@atlanta.example.com");
  EXPECT_EQ(message->cseq.number, 1U);
  EXPECT_EQ(message->cseq.method, Method::kInvite);
  EXPECT_EQ(message->from.uri, "sip:alice@atlanta.example.com");
  EXPECT_EQ(message->from.user, "alice");
  EXPECT_EQ(message->from.tag, "9fxced76sl");
  EXPECT_EQ(message->to.user, "bob");
  EXPECT_EQ(message->to.tag, "");
  EXPECT_EQ(message->via_branch, "z9hG4bK74bf9");
  EXPECT_EQ(message->via_count, 1U);
  EXPECT_EQ(message->contact.user, "alice");
  EXPECT_EQ(message->content_type, "application/sdp");
  EXPECT_EQ(message->content_length, 175U);
  EXPECT_EQ(message->extra, "autumn");
  EXPECT_EQ(message->body.size(), 175U);
  EXPECT_TRUE(message->body.starts_with("v=0\r\n"));
  EXPECT_EQ(message->defects, 0);
}

TEST(ScanMessage, FindsTheFieldsOfAResponse) {
  const std::string text = wire(R"(
SIP/2.0 200 OK
Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bKnashds8 ;received=192.0.2.1
Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1, SIP/2.0/UDP b.example.com;branch=z9hG4bK2
From: <sip:alice@example.com>;tag=1928301774
To: <sip:bob@example.com>;tag=a6c85cf
Call-ID: a84b4c76e66710
CSeq: 314159 INVITE

)");
  const auto message = scan(text);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->is_request());
  EXPECT_EQ(message->status, 200);
  EXPECT_EQ(message->method, Method::kInvite);
  EXPECT_EQ(message->cseq.number, 314159U);
  EXPECT_EQ(message->to.tag, "a6c85cf");
  EXPECT_EQ(message->via_branch, "z9hG4bKnashds8");
  EXPECT_EQ(message->via_count, 3U);
  EXPECT_EQ(message->extra, std::nullopt);
  EXPECT_EQ(message->body, "");
}

// Compact names, odd case, white space before the colon, folding, bare LF (RFC 3261 section 7.3).
TEST(ScanMessage, AcceptsWhatOthersAccept) {
  const auto message = scan(
      "\r\n\r\nINVITE sip:bob@example.com SIP/2.0\n"
      "v  : SIP / 2.0 / UDP 192.0.2.1;rport; branch = z9hG4bKabc\n"
      "F: \"Quoted <sip:not@this>\\\" \" <sip:alice@example.com> ; tag = x1\n"
      "TO:\tsip:bob@example.com;x=y\n"
      "cALL-iD: c1\n"
      "CSEQ: 0009\n  INVITE\n"
      "Subject: folded\n \t still the subject: yes\n"
      "x-campaign-id :  winter \n"
      "c: application/sdp\n"
      "\n"
      "v=0\n");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->via_branch, "z9hG4bKabc");
  EXPECT_EQ(message->from.uri, "sip:alice@example.com");
  EXPECT_EQ(message->from.tag, "x1");
  EXPECT_EQ(message->to.uri, "sip:bob@example.com");
  EXPECT_EQ(message->call_id, "c1");
  EXPECT_EQ(message->cseq.number, 9U);
  EXPECT_EQ(message->extra, "winter");
  EXPECT_EQ(message->content_type, "application/sdp");
  EXPECT_EQ(message->body, "v=0\n");
  EXPECT_EQ(message->defects, 0);
}

// Goal: no part of a message passes for the whole of it, and no field of a part is wrong.
// Method: cut it at every byte.
TEST(ScanMessage, TellsEveryTruncation) {
  const std::string text = invite_with_sdp();
  const auto whole = scan(text);
  ASSERT_TRUE(whole);
  const std::size_t header_bytes = text.size() - 175;
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    // A copy of its own, so that reading past the end is found by the address sanitizer.
    const std::string cut = text.substr(0, size);
    const auto message = scan(std::string_view(cut.data(), size));
    if (!message) {
      const bool start_line = size <= text.find('\n');
      EXPECT_EQ(message.error(), size == 0    ? ScanError::kKeepAlive
                                 : start_line ? ScanError::kNotSip
                                              : ScanError::kTruncated)
          << "size=" << size;
      continue;
    }
    ++accepted;
    EXPECT_TRUE(message->has(size < header_bytes ? kDefectHeaderTruncated : kDefectBodyTruncated))
        << "size=" << size;
    EXPECT_EQ(message->call_id, whole->call_id);
    EXPECT_EQ(message->cseq.number, whole->cseq.number);
    EXPECT_EQ(message->from.tag, whole->from.tag);
    EXPECT_TRUE(whole->body.starts_with(message->body));
  }
  EXPECT_GT(accepted, 175U);
}

TEST(ScanMessage, BoundsTheBodyByContentLength) {
  const std::string head =
      "BYE sip:b@example.com SIP/2.0\r\nCall-ID: c\r\nCSeq: 2 BYE\r\nFrom: <sip:a@x>\r\n"
      "To: <sip:b@x>\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n";
  EXPECT_EQ(scan(head + "\r\nbody")->body, "body");
  EXPECT_EQ(scan(head + "l: 2\r\n\r\nbody")->body, "bo");
  EXPECT_EQ(scan(head + "Content-Length: 0\r\n\r\nbody")->body, "");
  const std::string longer = head + "Content-Length: 9\r\n\r\nbody";
  EXPECT_EQ(scan(longer)->body, "body");
  EXPECT_TRUE(scan(longer)->has(kDefectBodyTruncated));
  for (const char* value : {"-999", "4294967296", "1 2", "", "0x4"}) {
    const std::string odd = head + "Content-Length: " + value + "\r\n\r\nbody";
    EXPECT_EQ(scan(odd)->body, "body") << value;
    EXPECT_TRUE(scan(odd)->has(kDefectContentLength)) << value;
  }
}

TEST(ScanMessage, NamesWhatIsWrong) {
  const std::string rest = "Call-ID: c\r\nCSeq: 1 INVITE\r\n\r\n";
  const std::string start = "INVITE sip:b@x SIP/2.0\r\n";
  const auto error = [](std::string_view text) { return scan(text).error(); };
  EXPECT_EQ(error("\r\n\r\n"), ScanError::kKeepAlive);
  EXPECT_EQ(error(std::string_view("\0\0\0\0", 4)), ScanError::kKeepAlive);
  EXPECT_EQ(error("GET / HTTP/1.1\r\n" + rest), ScanError::kNotSip);
  EXPECT_EQ(error("HTTP/1.1 200 OK\r\n" + rest), ScanError::kNotSip);
  EXPECT_EQ(error("INVITE\r\n" + rest), ScanError::kNotSip);
  EXPECT_EQ(error("INVITE sip:b@x SIP/7.0\r\n" + rest), ScanError::kBadVersion);
  EXPECT_EQ(error("SIP/1.0 200 OK\r\n" + rest), ScanError::kBadVersion);
  EXPECT_EQ(error("SIP/2.0 99 Early\r\n" + rest), ScanError::kBadStatus);
  EXPECT_EQ(error("SIP/2.0 700 Late\r\n" + rest), ScanError::kBadStatus);
  EXPECT_EQ(error("SIP/2.0 4294967301 better not\r\n" + rest), ScanError::kBadStatus);
  EXPECT_EQ(error(start + "CSeq: 1 INVITE\r\n\r\n"), ScanError::kNoCallId);
  EXPECT_EQ(error(start + "Call-ID: \r\nCSeq: 1 INVITE\r\n\r\n"), ScanError::kNoCallId);
  EXPECT_EQ(error(start + "Call-ID: c\r\n\r\n"), ScanError::kNoCseq);
  EXPECT_EQ(error(start + "Call-ID: c\r\nCSeq: INVITE\r\n\r\n"), ScanError::kNoCseq);
  EXPECT_EQ(error(start + "Call-ID: c\r\nCSeq: 36893488147419103232 INVITE\r\n\r\n"),
            ScanError::kNoCseq);
  EXPECT_EQ(error(start + "Call-ID: c\r\nCSeq: -1 INVITE\r\n\r\n"), ScanError::kNoCseq);
  EXPECT_EQ(error(start + "From: <sip:a@x>;tag=" + std::string(256, 't') + "\r\n" + rest),
            ScanError::kFieldTooLong);
  EXPECT_EQ(error(start + "Call-ID: " + std::string(256, 'c') + "\r\nCSeq: 1 INVITE\r\n\r\n"),
            ScanError::kFieldTooLong);
  std::string many = start;
  for (std::uint32_t i = 0; i < kHeadersMax - 1; ++i) many += "X: y\r\n";
  EXPECT_EQ(error(many + rest), ScanError::kTooManyHeaders);
}

TEST(ScanMessage, FlagsDefectsThatDoNotHideTheMeaning) {
  const auto message = scan(
      "OPTIONS <sip:b@x> sip/2.0\r\nno colon here\r\nCall-ID: c\r\nCall-ID: d\r\n"
      "CSeq: 1 INVITE\r\n\r\n");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->defects, kDefectFrom | kDefectTo | kDefectVia | kDefectHeader |
                                  kDefectDuplicate | kDefectMethodMismatch);
  EXPECT_EQ(message->method, Method::kOptions);
  EXPECT_EQ(message->call_id, "c");
  EXPECT_EQ(message->request_uri, "sip:b@x");
}

}  // namespace
}  // namespace opptak::control::sip
