#include "control/cli/capture_check.h"

#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/base/bytes.h"

namespace opptak::control::cli {
namespace {

using Bytes = std::vector<std::uint8_t>;

void put32(Bytes& bytes, std::uint32_t value) {
  bytes.resize(bytes.size() + 4);
  store_le(bytes.data() + bytes.size() - 4, value);
}

// Two packets of 5 and 0 bytes.
Bytes small_pcap(std::uint32_t link_type = 1) {
  Bytes bytes;
  for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65'535U, link_type}) {
    put32(bytes, word);
  }
  for (const std::uint32_t word : {1U, 2U, 5U, 5U}) put32(bytes, word);
  bytes.insert(bytes.end(), {1, 2, 3, 4, 5});
  for (const std::uint32_t word : {1U, 3U, 0U, 0U}) put32(bytes, word);
  return bytes;
}

// Section header, one interface, one enhanced packet of 5 bytes.
Bytes small_pcapng(std::uint32_t link_type = 1) {
  Bytes bytes;
  for (const std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, ~0U, ~0U, 28U}) {
    put32(bytes, word);
  }
  for (const std::uint32_t word : {1U, 20U, link_type, 65'535U, 20U}) put32(bytes, word);
  for (const std::uint32_t word : {6U, 40U, 0U, 0U, 0U, 5U, 5U, 1U, 2U, 40U}) put32(bytes, word);
  return bytes;
}

std::string failure(const Bytes& bytes) {
  const auto checked = check_capture_bytes(bytes, "x.pcap");
  return checked ? "" : checked.error().sentence;
}

TEST(CheckCapture, TakesWholeFiles) {
  EXPECT_EQ(check_capture_bytes(small_pcap(), "x").value(), std::nullopt);
  EXPECT_EQ(check_capture_bytes(small_pcapng(), "x").value(), std::nullopt);
  EXPECT_EQ(check_capture_bytes(small_pcap(276), "x").value(), std::nullopt);
}

TEST(CheckCapture, NamesWhatItCannotRead) {
  EXPECT_NE(failure(small_pcap(147)).find("link type 147"), std::string::npos);
  EXPECT_NE(failure(small_pcapng(147)).find("link type 147"), std::string::npos);
  EXPECT_NE(failure({}).find("is empty"), std::string::npos);
  EXPECT_NE(failure({'h', 'e', 'l', 'l', 'o'}).find("neither a pcap nor a pcapng"),
            std::string::npos);
  EXPECT_NE(failure({1}).find("neither"), std::string::npos);
  const auto missing = check_capture("/nonexistent/x.pcap");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().sentence.find("/nonexistent/x.pcap cannot be read"), std::string::npos);
  EXPECT_FALSE(check_capture("/tmp"));
}

// Goal: a cut file says after which packet and at which byte. Method: cut at every byte.
TEST(CheckCapture, FindsEveryCutOfAPcap) {
  const Bytes whole = small_pcap();
  for (std::size_t size = 4; size < whole.size(); ++size) {
    const auto checked = check_capture_bytes(std::span(whole).first(size), "x");
    if (size < 24) {
      EXPECT_FALSE(checked) << size;
      continue;
    }
    ASSERT_TRUE(checked) << size;
    if (size == 24 || size == 45) {
      EXPECT_FALSE(*checked) << size;
      continue;
    }
    ASSERT_TRUE(*checked) << size;
    EXPECT_EQ((*checked)->packets, size < 45 ? 0u : 1u);
    EXPECT_EQ((*checked)->offset_bytes, size < 45 ? 24u : 45u);
    EXPECT_FALSE((*checked)->damaged);
  }
}

TEST(CheckCapture, FindsEveryCutOfAPcapng) {
  const Bytes whole = small_pcapng();
  for (std::size_t size = 4; size < whole.size(); ++size) {
    const auto checked = check_capture_bytes(std::span(whole).first(size), "x");
    ASSERT_TRUE(checked) << size;
    if (size == 28 || size == 48) {
      EXPECT_FALSE(*checked) << size;
    } else {
      EXPECT_TRUE(*checked) << size;
    }
  }
}

TEST(CheckCapture, TellsDamageFromACut) {
  Bytes bytes = small_pcap();
  store_le(bytes.data() + 24 + 8, 0x7fffffffU);
  const auto checked = check_capture_bytes(bytes, "x");
  ASSERT_TRUE(checked && *checked);
  EXPECT_TRUE((*checked)->damaged);
  EXPECT_EQ(describe(**checked, "x.pcap"),
            "x.pcap is damaged at packet 1 (byte 24): what precedes it was taken, the rest is "
            "missing; capture it again or repair it.");
}

}  // namespace
}  // namespace opptak::control::cli
