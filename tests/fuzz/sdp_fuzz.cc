// Goal: no session description breaks its scanner, whole or cut. Method: scan, check the bounds of
// what comes out, and that every view lies inside the text.
#include <cstdint>
#include <memory>
#include <string_view>

#include "control/sip/sdp.h"
#include "storage/base/check.h"

namespace opptak::control::sip {
namespace {

bool lies_in(std::string_view view, std::string_view text) {
  return view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size();
}

void check(std::string_view text, bool truncated, Sdp& sdp) {
  if (!scan_sdp(text, truncated, sdp)) return;
  CHECK(sdp.media_count <= kSdpMediaMax);
  for (const SdpMedia& media : sdp.media()) {
    CHECK(media.codec_count <= kSdpCodecsMax);
    CHECK(!media.receives() || media.port != 0);
    CHECK(media.rtp.port == media.port);
    for (const SdpCodec& codec : media.codecs()) {
      CHECK(codec.payload_type < 128);
      const auto known = static_codec(codec.payload_type);
      CHECK(codec.name.empty() || (known && known->name == codec.name) ||
            lies_in(codec.name, text));
    }
  }
}

}  // namespace
}  // namespace opptak::control::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace opptak::control::sip;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sdp = std::make_unique<Sdp>();
  check(text, false, *sdp);
  check(text, true, *sdp);
  return 0;
}
