// What a request's text is read by: target, Range, Cookie, Authorization, Origin, times. The first
// line of the input goes to each of them; what they promise about each other is checked.
#include <cstdint>
#include <string>
#include <string_view>

#include "control/http/credentials.h"
#include "control/http/range.h"
#include "control/http/time_text.h"
#include "control/http/url.h"
#include "storage/base/check.h"

using namespace opptak;                 // NOLINT(google-build-using-namespace)
using namespace opptak::control::http;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string copy(reinterpret_cast<const char*>(data), size);  // Exactly sized: for ASan.
  const std::string_view text(copy);
  if (const auto url = parse_url(text)) {
    CHECK(url->segments.size() <= kSegmentsMax && url->query.size() <= kQueryPairsMax);
    for (const auto& segment : url->segments) {
      CHECK(segment != ".." && segment != "." && segment.find('/') == std::string::npos);
    }
  }
  for (const std::size_t total : {std::size_t{0}, std::size_t{1}, std::size_t{1000}}) {
    const ByteRange range = parse_range(text, total);
    CHECK(range.offset_bytes + range.size_bytes <= total);
    CHECK(range.kind != RangeKind::kPart || range.size_bytes > 0);
  }
  if (const auto cookie = find_cookie(text, kSessionCookie)) {
    CHECK(cookie->find(';') == std::string_view::npos);
  }
  if (const auto token = bearer_token(text)) CHECK(!token->empty());
  if (const auto time = parse_rfc3339(text)) CHECK(parse_rfc3339(format_rfc3339(*time)));
  Request request;
  request.headers = {{"origin", copy}, {"host", "gateway.test"}};
  CHECK(!origin_matches(request) || copy.size() >= std::string_view("http://gateway.test").size());
  return 0;
}
