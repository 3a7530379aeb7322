#include "control/sip/address.h"

#include <gtest/gtest.h>

#include "control/sip/params.h"
#include "control/sip/uri.h"
#include "control/sip/via.h"

namespace opptak::control::sip {
namespace {

TEST(ParseAddressHeader, FindsUriAndTag) {
  struct Case {
    std::string_view value, uri, user, tag;
  };
  const Case cases[] = {
      {"<sip:a@x>;tag=1", "sip:a@x", "a", "1"},
      {"sip:a@x;tag=1", "sip:a@x", "a", "1"},
      {"sip:a@x", "sip:a@x", "a", ""},
      {"A. B. <sip:a@x;tag=no>;x=y;TAG=1", "sip:a@x;tag=no", "a", "1"},
      {"\"A <sip:no@x>;tag=no\" <sip:a@x>;tag=1", "sip:a@x", "a", "1"},
      {"\"A \\\" <\"<sip:a@x>;tag=1", "sip:a@x", "a", "1"},
      {"\"unbalanced <sip:a@x>;tag=1", "sip:a@x", "a", "1"},
      {"<sip:a@x", "sip:a@x", "a", ""},
      {"<sips:a:secret@x>;p=\";tag=no\";tag=1", "sips:a:secret@x", "a", "1"},
      {"<sip:a@x> ; tag = 1 , <sip:b@x>;tag=2", "sip:a@x", "a", "1"},
      {"<sip:a@x>, <sip:b@x>;tag=2", "sip:a@x", "a", ""},
      {"<sip:user;par=u%40example.net@x>", "sip:user;par=u%40example.net@x",
       "user;par=u%40example.net", ""},
      {"<tel:+1-201-555-0123;phone-context=x>;tag=1", "tel:+1-201-555-0123;phone-context=x",
       "+1-201-555-0123", "1"},
      {"<sip:x>", "sip:x", "", ""},
      {"<urn:service:sos>", "urn:service:sos", "", ""},
      {"", "", "", ""},
      {"<>", "", "", ""},
      {";tag=1", "", "", "1"},
      {"\r\n <sip:a@x>\r\n ;\r\n tag=1", "sip:a@x", "a", "1"},
  };
  for (const Case& c : cases) {
    const Address address = parse_address_header(c.value);
    EXPECT_EQ(address.uri, c.uri) << c.value;
    EXPECT_EQ(address.user, c.user) << c.value;
    EXPECT_EQ(address.tag, c.tag) << c.value;
  }
}

TEST(DecodeEscapes, LeavesControlsAndBrokenEscapes) {
  EXPECT_EQ(decode_escapes("I%20have%20spaces"), "I have spaces");
  EXPECT_EQ(decode_escapes("%2B47"), "+47");
  EXPECT_EQ(decode_escapes("null-%00-null"), "null-%00-null");
  EXPECT_EQ(decode_escapes("%0a%7F%"), "%0a%7F%");
  EXPECT_EQ(decode_escapes("%zz%4"), "%zz%4");
}

TEST(FindParam, RespectsQuotesAndTheNextValue) {
  EXPECT_EQ(find_param("a=1;b=2", "b"), "2");
  EXPECT_EQ(find_param("a=\"x;b=3\\\";b=4\";b=2", "b"), "2");
  EXPECT_EQ(find_param("b=\"q uoted\"", "b"), "q uoted");
  EXPECT_EQ(find_param("a=1,b=2;b=3", "b"), "");
  EXPECT_EQ(find_param("lr;b", "b"), "");
  EXPECT_EQ(find_param("", "b"), "");
}

TEST(Via, FindsTheBranchOfTheFirstValue) {
  EXPECT_EQ(via_branch("SIP/2.0/UDP a;rport;branch=z9hG4bK1, SIP/2.0/UDP b;branch=2"), "z9hG4bK1");
  EXPECT_EQ(via_branch("SIP/2.0/UDP a, SIP/2.0/UDP b;branch=2"), "");
  EXPECT_EQ(via_branch("SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bKas3-111"), "z9hG4bKas3-111");
  EXPECT_EQ(via_branch(""), "");
  EXPECT_EQ(via_count("a;x=\",\", b"), 2U);
}

}  // namespace
}  // namespace opptak::control::sip
