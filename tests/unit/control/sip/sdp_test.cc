#include "control/sip/sdp.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/control/sip/wire.h"

namespace opptak::control::sip {
namespace {

class ScanSdp : public testing::Test {
 protected:
  const Sdp& scan(std::string text, bool truncated = false) {
    text_ = std::move(text);
    EXPECT_TRUE(scan_sdp(text_, truncated, *sdp_));
    return *sdp_;
  }
  const SdpMedia& first(const std::string& media_lines) {
    return scan("v=0\r\nc=IN IP4 192.0.2.1\r\n" + media_lines).media_array[0];
  }

  std::string text_;
  std::unique_ptr<Sdp> sdp_ = std::make_unique<Sdp>();
};

// RFC 8866 section 5 and RFC 3264 section 10.1 in one description.
TEST_F(ScanSdp, FindsMediaOfEachKind) {
  const Sdp& sdp = scan(wire(R"(
v=0
o=alice 2890844526 2890844526 IN IP4 host.example.com
s=
c=IN IP4 192.0.2.1
t=0 0
a=recvonly
m=audio 49170 RTP/AVP 0 97 101
a=rtpmap:97 iLBC/8000
a=rtpmap:101 telephone-event/8000
a=ptime:30
a=sendrecv
m=video 51372 RTP/SAVPF 31 98
c=IN IP6 2001:db8::2
a=rtpmap:98 H264/90000
a=rtcp:53020 IN IP4 192.0.2.9
m=image 5000 udptl t38
m=message 2855 TCP/MSRP *
)"));
  ASSERT_EQ(sdp.media_count, 4);
  EXPECT_EQ(sdp.bad_lines, 0);

  const SdpMedia& audio = sdp.media_array[0];
  EXPECT_EQ(audio.kind, MediaKind::kAudio);
  EXPECT_EQ(to_string(audio.rtp), "192.0.2.1:49170");
  EXPECT_EQ(audio.direction, MediaDirection::kSendRecv);
  EXPECT_EQ(audio.ptime_ms, 30);
  EXPECT_FALSE(audio.rtcp_port);
  EXPECT_EQ(audio.security, SdpSecurity::kNone);
  ASSERT_EQ(audio.codec_count, 3);
  EXPECT_EQ(audio.codecs()[0].name, "PCMU");
  EXPECT_EQ(audio.codecs()[0].clock_hz, 8'000U);
  EXPECT_EQ(audio.codecs()[1].name, "iLBC");
  EXPECT_EQ(audio.codecs()[2].payload_type, 101);
  EXPECT_EQ(audio.codecs()[2].name, "telephone-event");
  EXPECT_TRUE(audio.receives());

  const SdpMedia& video = sdp.media_array[1];
  EXPECT_EQ(video.kind, MediaKind::kVideo);
  EXPECT_EQ(to_string(video.rtp), "[2001:db8::2]:51372");
  EXPECT_EQ(video.direction, MediaDirection::kRecvOnly);
  EXPECT_EQ(video.security, SdpSecurity::kRequired);
  EXPECT_EQ(video.rtcp_port, 53020);
  EXPECT_EQ(format_address(*video.rtcp_address), "192.0.2.9");

  EXPECT_EQ(sdp.media_array[2].kind, MediaKind::kImage);
  EXPECT_FALSE(sdp.media_array[2].rtp_profile);
  EXPECT_TRUE(sdp.media_array[2].receives());
  EXPECT_EQ(sdp.media_array[3].kind, MediaKind::kOther);
  EXPECT_FALSE(sdp.media_array[3].receives());
}

TEST_F(ScanSdp, KnowsTheStaticPayloadTypes) {
  const SdpMedia& media = first("m=audio 4000 RTP/AVP 0 3 8 9 10 18 35 96\r\n");
  ASSERT_EQ(media.codec_count, 8);
  EXPECT_EQ(media.codecs()[3].name, "G722");
  EXPECT_EQ(media.codecs()[3].clock_hz, 8'000U);  // RFC 3551 section 4.5.2.
  EXPECT_EQ(media.codecs()[4].channels, 2);
  EXPECT_EQ(media.codecs()[4].clock_hz, 44'100U);
  EXPECT_EQ(media.codecs()[6].name, "");
  EXPECT_EQ(media.codecs()[7].clock_hz, 0U);
  EXPECT_FALSE(static_codec(1));
  EXPECT_FALSE(static_codec(127));
}

TEST_F(ScanSdp, ReadsRtpmapWithChannels) {
  const SdpMedia& media =
      first("m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97  X\r\n");
  EXPECT_EQ(media.codecs()[0].name, "opus");
  EXPECT_EQ(media.codecs()[0].clock_hz, 48'000U);
  EXPECT_EQ(media.codecs()[0].channels, 2);
  EXPECT_EQ(media.codecs()[1].name, "X");
  EXPECT_EQ(media.codecs()[1].clock_hz, 8'000U);
}

TEST_F(ScanSdp, KnowsNoMediaAndHold) {
  EXPECT_FALSE(first("m=audio 0 RTP/AVP 0\r\n").receives());
  EXPECT_TRUE(first("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n").held_by_address);
  EXPECT_FALSE(sdp_->media_array[0].receives());
  EXPECT_TRUE(first("m=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::\r\n").held_by_address);
  EXPECT_EQ(first("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n").direction, MediaDirection::kInactive);
  EXPECT_EQ(first("m=audio 4000 RTP/AVP 0\r\na=SendOnly \r\n").direction,
            MediaDirection::kSendOnly);
}

TEST_F(ScanSdp, KnowsEncryption) {
  EXPECT_EQ(
      first("m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n").security,
      SdpSecurity::kOffered);
  EXPECT_EQ(first("m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-256 AB\r\n").security,
            SdpSecurity::kRequired);
  EXPECT_EQ(first("a=fingerprint:sha-256 AB\r\nm=audio 4000 RTP/AVP 0\r\n").security,
            SdpSecurity::kOffered);
}

TEST_F(ScanSdp, KnowsMultiplexedRtcp) {
  EXPECT_TRUE(first("m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n").rtcp_mux);
  EXPECT_FALSE(first("m=audio 4000 RTP/AVP 0\r\na=rtcp-rsize\r\n").rtcp_mux);
  EXPECT_EQ(first("m=audio 4000 RTP/AVP 0\r\na=rtcp:4009\r\n").rtcp_port, 4009);
}

TEST_F(ScanSdp, TakesWhatIsSaidOnce) {
  EXPECT_EQ(to_string(first("m=audio 4000/2 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127/3\r\n"
                            "c=IN IP4 224.2.1.2/127\r\n")
                          .rtp),
            "224.2.1.1:4000");
  EXPECT_FALSE(first("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 media.example.com\r\n").has_address);
  EXPECT_FALSE(scan("v=0\r\nm=audio 4000 RTP/AVP 0\r\n").media_array[0].has_address);
}

TEST_F(ScanSdp, PassesOverWhatMakesNoSense) {
  const Sdp& sdp = scan(
      "\r\nv=0\ngarbage\nc=IN IP4 192.0.2.1\nm=\nm=audio x RTP/AVP 0\na=rtpmap:zero X/1\n"
      "a=rtcp:none\nm=audio 99999 RTP/AVP 0\nm=audio 4000 RTP/AVP 0 900 x -1 8\n=\nm\n");
  ASSERT_EQ(sdp.media_count, 4);
  EXPECT_EQ(sdp.bad_lines, 8);
  EXPECT_EQ(sdp.media_array[0].port, 0);
  EXPECT_EQ(sdp.media_array[1].port, 0);
  EXPECT_EQ(sdp.media_array[2].port, 0);
  EXPECT_EQ(sdp.media_array[3].codec_count, 2);
  for (const char* address : {"1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", "a.b.c.d", "1.2.3.",
                              "1.2.3.4:5", "2001:db8::1::2", ""}) {
    EXPECT_FALSE(scan(std::string("v=0\r\nc=IN IP4 ") + address + "\r\nm=audio 4 RTP/AVP 0\r\n")
                     .media_array[0]
                     .has_address)
        << address;
  }
}

TEST_F(ScanSdp, IsBounded) {
  std::string text = "v=0\r\nc=IN IP4 192.0.2.1\r\n";
  for (std::size_t i = 0; i < kSdpMediaMax + 3; ++i) {
    text += "m=audio 4000 RTP/AVP";
    for (std::size_t type = 0; type < kSdpCodecsMax + 9; ++type) text += " 96";
    text += "\r\na=sendonly\r\na=rtpmap:96 X/8000\r\na=rtcp-mux\r\nc=IN IP4 192.0.2.2\r\n";
  }
  const Sdp& sdp = scan(text);
  EXPECT_EQ(sdp.media_count, kSdpMediaMax);
  EXPECT_EQ(sdp.media_left_out, 3);
  EXPECT_EQ(sdp.media_array[0].codec_count, kSdpCodecsMax);
}

TEST_F(ScanSdp, IsNoSdpWithoutVersion) {
  for (const char* text : {"", "\r\n", "m=audio 4000 RTP/AVP 0\r\n", "<xml/>"}) {
    const auto result = scan_sdp(text, false, *sdp_);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error(), SdpError::kNotSdp);
    EXPECT_EQ(sdp_->media_count, 0);
  }
}

// Goal: a cut description never names an endpoint that the whole one does not. Method: cut it at
// every byte.
TEST_F(ScanSdp, InventsNothingWhenTruncated) {
  const std::string whole = wire(R"(
v=0
o=- 1 1 IN IP4 192.0.2.101
s=-
c=IN IP4 192.0.2.101
m=audio 49172 RTP/AVP 8 101
a=rtpmap:101 telephone-event/8000
m=video 49174 RTP/AVP 31
)");
  for (std::size_t size = 3; size < whole.size(); ++size) {
    const Sdp& sdp = scan(whole.substr(0, size), true);
    for (const SdpMedia& media : sdp.media()) {
      const std::string rtp = to_string(media.rtp);
      EXPECT_TRUE(rtp == "192.0.2.101:49172" || rtp == "192.0.2.101:49174") << rtp << " " << size;
    }
  }
}

}  // namespace
}  // namespace opptak::control::sip
