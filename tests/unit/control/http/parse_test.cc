// Goal: request targets, ranges, cookies, origins and times are read as their RFCs have it, and
// nothing else passes. Method: literal texts, and every truncation of a full one.
#include <gtest/gtest.h>

#include "control/http/credentials.h"
#include "control/http/range.h"
#include "control/http/time_text.h"
#include "control/http/url.h"

namespace opptak::control::http {
namespace {

TEST(ParseUrl, SplitsAndDecodes) {
  const auto url = parse_url("/v1/calls%20x/a+b?client=acme&q=a%2Fb+c&&flag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->segments, (std::vector<std::string>{"v1", "calls x", "a+b"}));
  EXPECT_EQ(url->query_value("client"), "acme");
  EXPECT_EQ(url->query_value("q"), "a/b c");
  EXPECT_EQ(url->query_value("flag"), "");
  EXPECT_FALSE(url->query_value("none"));
  EXPECT_EQ(parse_url("/")->path(), "/");
  EXPECT_EQ(parse_url("/a/b")->path(), "/a/b");
}

TEST(ParseUrl, RefusesWhatIsNotAPlainPath) {
  EXPECT_EQ(parse_url("").error(), UrlError::kNotOriginForm);
  EXPECT_EQ(parse_url("*").error(), UrlError::kNotOriginForm);
  EXPECT_EQ(parse_url("http://x/").error(), UrlError::kNotOriginForm);
  EXPECT_EQ(parse_url("/%4").error(), UrlError::kBadEscape);
  EXPECT_EQ(parse_url("/%").error(), UrlError::kBadEscape);
  EXPECT_EQ(parse_url("/%zz").error(), UrlError::kBadEscape);
  EXPECT_EQ(parse_url("/a%00").error(), UrlError::kBadByte);
  EXPECT_EQ(parse_url("/a%2fb").error(), UrlError::kBadByte);
  EXPECT_EQ(parse_url("/a/../b").error(), UrlError::kDotSegment);
  EXPECT_EQ(parse_url("/a/%2e%2e/b").error(), UrlError::kDotSegment);
  EXPECT_EQ(parse_url("/" + std::string(kTargetBytesMax, 'a')).error(), UrlError::kTooLong);
  EXPECT_EQ(parse_url("/" + std::string(kSegmentsMax, '/')).error(), UrlError::kTooMany);
  std::string many = "/?";
  for (std::size_t i = 0; i <= kQueryPairsMax; ++i) many += "a=b&";
  EXPECT_EQ(parse_url(many).error(), UrlError::kTooMany);
}

TEST(ParseUrl, TakesEscapeAtTheVeryEnd) {
  EXPECT_EQ(parse_url("/a%41")->segments.front(), "aA");
  EXPECT_EQ(parse_url("/?a=%41")->query_value("a"), "A");
}

TEST(ParseRange, OneRange) {
  const auto expect = [](std::string_view text, RangeKind kind, std::size_t offset,
                         std::size_t size) {
    const ByteRange range = parse_range(text, 1000);
    EXPECT_EQ(range.kind, kind) << text;
    EXPECT_EQ(range.offset_bytes, offset) << text;
    EXPECT_EQ(range.size_bytes, size) << text;
  };
  expect("bytes=0-0", RangeKind::kPart, 0, 1);
  expect("bytes=0-499", RangeKind::kPart, 0, 500);
  expect("bytes=500-", RangeKind::kPart, 500, 500);
  expect("bytes=-1", RangeKind::kPart, 999, 1);
  expect("bytes=-5000", RangeKind::kPart, 0, 1000);
  expect("bytes=900-99999999999999999999999999", RangeKind::kPart, 900, 100);
  expect("BYTES=0-1", RangeKind::kPart, 0, 2);
  expect("bytes= 0-1 ", RangeKind::kPart, 0, 2);
  expect("bytes=1000-", RangeKind::kUnsatisfiable, 0, 0);
  expect("bytes=99999999999999999999999-", RangeKind::kUnsatisfiable, 0, 0);
  expect("bytes=-0", RangeKind::kUnsatisfiable, 0, 0);
  for (const char* whole : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=1",
                            "bytes=0-1,3-4", "lines=0-1", "bytes=0x0-1", "bytes=0-1-2", "=0-1"}) {
    expect(whole, RangeKind::kWhole, 0, 1000);
  }
  EXPECT_EQ(parse_range("bytes=0-", 0).kind, RangeKind::kUnsatisfiable);
}

TEST(FindCookie, TakesExactlyOneOfTheName) {
  EXPECT_EQ(find_cookie("a=1; opptak_session=s3cret; b=2", kSessionCookie), "s3cret");
  EXPECT_EQ(find_cookie("opptak_session=s=t", kSessionCookie), "s=t");
  EXPECT_FALSE(find_cookie("", kSessionCookie));
  EXPECT_FALSE(find_cookie("xopptak_session=1", kSessionCookie));
  EXPECT_FALSE(find_cookie("opptak_session", kSessionCookie));
  EXPECT_FALSE(find_cookie("opptak_session=1; opptak_session=2", kSessionCookie));
}

TEST(BearerToken, TakesTheTokenOnly) {
  EXPECT_EQ(bearer_token("Bearer opt_x"), "opt_x");
  EXPECT_EQ(bearer_token("bearer  opt_x "), "opt_x");
  EXPECT_FALSE(bearer_token("Bearer"));
  EXPECT_FALSE(bearer_token("Bearer   "));
  EXPECT_FALSE(bearer_token("Basic eDp5"));
}

Request with_origin(std::string origin, std::string host, bool tls) {
  Request request;
  request.tls = tls;
  request.headers = {{"origin", std::move(origin)}, {"host", std::move(host)}};
  return request;
}

TEST(OriginMatches, ComparesAuthorityAndScheme) {
  EXPECT_TRUE(origin_matches(with_origin("https://rec.test", "rec.test", true)));
  EXPECT_TRUE(origin_matches(with_origin("https://REC.test:8443", "rec.test:8443", true)));
  EXPECT_FALSE(origin_matches(with_origin("http://rec.test", "rec.test", true)));
  EXPECT_TRUE(origin_matches(with_origin("http://127.0.0.1:8080", "127.0.0.1:8080", false)));
  EXPECT_TRUE(origin_matches(with_origin("https://rec.test", "rec.test", false)));
  EXPECT_FALSE(origin_matches(with_origin("https://rec.test.evil", "rec.test", true)));
  EXPECT_FALSE(origin_matches(with_origin("https://rec.test:1", "rec.test", true)));
  EXPECT_FALSE(origin_matches(with_origin("null", "rec.test", true)));
  EXPECT_FALSE(origin_matches(with_origin("", "", true)));
  Request twice = with_origin("https://rec.test", "rec.test", true);
  twice.headers.push_back({"origin", "https://rec.test"});
  EXPECT_FALSE(origin_matches(twice));
}

TEST(SessionCookie, CarriesItsFlags) {
  const std::string cookie = session_cookie("s", 60, true);
  EXPECT_EQ(cookie, "opptak_session=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
  EXPECT_EQ(session_cookie("s", 60, false).find("Secure"), std::string::npos);
}

TEST(ParseRfc3339, ReadsTimes) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z")->value, kNsPerSecond);
  EXPECT_EQ(parse_rfc3339("2026-11-24t18:15:44.000123z")->value, 1'795'544'144'000'123'000);
  EXPECT_EQ(parse_rfc3339("2026-11-24T19:15:44.000123+01:00")->value, 1'795'544'144'000'123'000);
  EXPECT_EQ(parse_rfc3339("2026-11-24T17:45:44.000123-00:30")->value, 1'795'544'144'000'123'000);
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2024-02-29T23:59:60Z")), "2024-03-01T00:00:00.000000Z");
  for (const char* wrong :
       {"2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+1:00", "1969-01-01T00:00:00Z", "9999-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+01:00", "2200-12-31T23:59:60Z"}) {
    EXPECT_FALSE(parse_rfc3339(wrong)) << wrong;
  }
}

// Goal: no prefix of a full text is read past its end or taken for the whole.
TEST(Parsers, SurviveEveryTruncation) {
  const std::string target = "/v1/recordings/%30193a1f0/audio?format=wav&cursor=a%2Bb";
  const std::string time = "2026-11-24T18:15:44.000123+01:00";
  const std::string range = "bytes=123-4567";
  for (std::size_t size = 0; size < time.size(); ++size) {
    EXPECT_FALSE(parse_rfc3339(std::string(time, 0, size))) << size;
  }
  for (std::size_t size = 0; size <= target.size(); ++size) {
    const auto url = parse_url(std::string(target, 0, size));
    EXPECT_LE(url ? url->segments.size() : 0, 4U);
  }
  for (std::size_t size = 0; size <= range.size(); ++size) {
    const ByteRange read = parse_range(std::string(range, 0, size), 5000);
    EXPECT_LE(read.offset_bytes + read.size_bytes, 5000U);
  }
}

}  // namespace
}  // namespace opptak::control::http
