// Messages in the manner of RFC 4475 and RFC 5118, written for this test.
#include <gtest/gtest.h>

#include "control/sip/multipart.h"
#include "control/sip/scanner.h"
#include "control/sip/sdp.h"
#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

TEST(Torture, FollowsATortuousInvite) {
  Scene scene;
  const std::string text = wire(R"(
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   x    = y
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 115
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
)");
  EXPECT_EQ(scene.send(text),
            (Events{"started wsinv.ndaksdj@192.0.2.1 from=jdrosen to=vivekg campaign=-",
                    "media alice=192.0.2.4:49217"}));
  const auto message = scan_message(bytes_of(text), "");
  EXPECT_EQ(message->via_branch, "390skdjuw");
  EXPECT_EQ(message->via_count, 3U);
  EXPECT_EQ(message->cseq.number, 9U);
}

TEST(Torture, ReadsAddressesOfBothFamilies) {
  Scene scene;
  const std::string text = wire(R"(
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: dual
CSeq: 8612 INVITE
Content-Type: application/sdp

v=0
o=- 1 1 IN IP6 2001:db8::20
s=-
t=0 0
m=audio 3456 RTP/AVP 97
c=IN IP6 2001:db8::20
a=rtpmap:97 iLBC/8000
m=audio 3458 RTP/AVP 0
c=IN IP4 192.0.2.20
)");
  EXPECT_EQ(last_of(scene.send(text)), "media alice=[2001:db8::20]:3456 alice=192.0.2.20:3458");
}

TEST(Torture, FindsTheDescriptionBetweenBinaryParts) {
  const std::string body =
      std::string("--7a9cbec02ceef655\r\nContent-Type: application/octet\r\n") +
      std::string("\r\n\x30\x82\0\x01\r\n--7a9\xff\r\n", 16) +
      "--7a9cbec02ceef655\r\nContent-Type: application/sdp\r\n\r\n" + sdp("192.0.2.7", 6000) +
      "\r\n--7a9cbec02ceef655--\r\n";
  Scene scene;
  EXPECT_EQ(last_of(scene.send(
                "INVITE sip:b@x SIP/2.0\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n"
                "Via: SIP/2.0/UDP x;branch=z9hG4bK1\r\nCall-ID: binary\r\nCSeq: 1 INVITE\r\n"
                "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\r\n\r\n" +
                body)),
            "media alice=192.0.2.7:6000");
}

// Goal: a message of nothing but separators costs linear time. Method: the largest datagram.
TEST(Torture, ReadsTheLargestDatagrams) {
  for (const char filler : {' ', ';', ',', '"', '<', '\\', '-', '\n', '=', ':', '\0'}) {
    const std::string head = "INVITE sip:b@x SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nVia: ";
    std::string text = head + std::string(65'000 - head.size(), filler);
    static_cast<void>(scan_message(bytes_of(text), "X"));
    text =
        "INVITE sip:b@x SIP/2.0\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
        "Content-Type: multipart/mixed;boundary=-\r\n\r\n" +
        std::string(64'000, filler);
    const auto message = scan_message(bytes_of(text), "X");
    if (message) static_cast<void>(find_sdp(*message));
    auto sdp_result = std::make_unique<Sdp>();
    static_cast<void>(scan_sdp("v=0\r\nm=" + std::string(64'000, filler), true, *sdp_result));
  }
}

}  // namespace
}  // namespace opptak::control::sip
