#include "control/sip/multipart.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/control/sip/wire.h"

namespace opptak::control::sip {
namespace {

std::optional<SdpBody> find(std::string_view content_type, std::string_view body,
                            std::uint16_t defects = 0) {
  Message message;
  message.content_type = content_type;
  message.body = body;
  message.defects = defects;
  return find_sdp(message);
}

TEST(FindSdp, TakesTheWholeBody) {
  EXPECT_EQ(find("application/sdp", "v=0\r\n")->text, "v=0\r\n");
  EXPECT_EQ(find("Application/SDP ; charset=utf-8", "v=0")->text, "v=0");
  EXPECT_EQ(find("", "v=0\r\n")->text, "v=0\r\n");
  EXPECT_FALSE(find("", "hello"));
  EXPECT_FALSE(find("message/sipfrag", "SIP/2.0 200 OK\r\n"));
  EXPECT_FALSE(find("application/sdp", ""));
  EXPECT_FALSE(find("application/sdp", "v=0\r\n")->truncated);
  EXPECT_TRUE(find("application/sdp", "v=0\r\n", kDefectBodyTruncated)->truncated);
}

TEST(FindSdp, DoesNotReadEncodedBodies) {
  Message message;
  message.content_type = "application/sdp";
  message.body = "v=0\r\n";
  message.content_encoding = "gzip";
  EXPECT_FALSE(find_sdp(message));
  message.content_encoding = "identity";
  EXPECT_TRUE(find_sdp(message));
}

// A recording session's INVITE (RFC 7866): description and metadata side by side.
TEST(FindSdp, FindsThePart) {
  const std::string body = wire(R"(
preamble that is ignored
--boundary1-more
Content-Type: application/sdp

not this: another boundary
--boundary1
Content-Type: application/rs-metadata+xml
Content-Disposition: recording-session

<recording/>
--boundary1
content-type:
 application/sdp

v=0
s=-

--boundary1--
)");
  for (const char* type :
       {"multipart/mixed;boundary=boundary1", "Multipart/Mixed; x=y; Boundary = \"boundary1\""}) {
    const auto sdp = find(type, body);
    ASSERT_TRUE(sdp) << type;
    EXPECT_EQ(sdp->text, "v=0\r\ns=-\r\n\r\n");
    EXPECT_FALSE(sdp->truncated);
  }
  EXPECT_FALSE(find("multipart/mixed", body));
  EXPECT_FALSE(find("multipart/mixed;boundary=other", body));
  EXPECT_FALSE(find("multipart/mixed;boundary=" + std::string(71, 'b'), body));
}

TEST(FindSdp, LooksIntoNestedParts) {
  const std::string inner =
      "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n"
      "v=0\r\n--b--\r\n";
  const std::string outer =
      "--a\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n" + inner + "--a--\r\n";
  EXPECT_EQ(find("multipart/mixed;boundary=a", outer)->text, "v=0\r\n");
}

TEST(FindSdp, BoundsNesting) {
  std::string body = "v=0\r\n";
  std::string type = "application/sdp";
  for (int depth = 0; depth < kMultipartDepthMax; ++depth) {
    const std::string boundary = "b" + std::to_string(depth);
    body.insert(0, "--" + boundary + "\r\nContent-Type: " + type + "\r\n\r\n");
    body += "--" + boundary + "--\r\n";
    type = "multipart/mixed;boundary=" + boundary;
  }
  EXPECT_TRUE(find(type, body));
  body = "--last\r\nContent-Type: " + type + "\r\n\r\n" + body + "--last--\r\n";
  EXPECT_FALSE(find("multipart/mixed;boundary=last", body));
}

// Goal: a part whose end is missing is known as such. Method: cut the body at every byte.
TEST(FindSdp, TellsTruncatedParts) {
  const std::string body = "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n--b--\r\n";
  const std::string_view whole = find("multipart/mixed;boundary=b", body)->text;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string cut = body.substr(0, size);
    const auto sdp = find("multipart/mixed;boundary=b", cut, kDefectBodyTruncated);
    if (!sdp) continue;
    EXPECT_TRUE(sdp->truncated || sdp->text == whole) << "size=" << size;
  }
}

}  // namespace
}  // namespace opptak::control::sip
