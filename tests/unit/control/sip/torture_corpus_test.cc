// Goal: every RFC 4475 and RFC 5118 message is read or refused as its class says, and none
// crashes. Method: the messages in the folder OPPTAK_TORTURE, beside whose files INDEX.tsv stands.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "control/sip/scanner.h"
#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TortureCorpus, IsReadOrRefused) {
  // Invalid in a way that leaves nothing to follow; every other message can be followed.
  const std::map<std::string, ScanError> refused{{"badvers.dat", ScanError::kBadVersion},
                                                 {"insuf.dat", ScanError::kNoCallId},
                                                 {"scalar02.dat", ScanError::kNoCseq}};
  std::set<std::string> seen;
  std::size_t messages = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(OPPTAK_TORTURE)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "INDEX.tsv") continue;
    ++messages;
    const std::string text = read_file(entry.path());
    const auto message = scan_message(bytes_of(text), "");
    Scene scene;
    scene.send(text);
    if (const auto expected = refused.find(name); expected != refused.end()) {
      seen.insert(name);
      ASSERT_FALSE(message) << name;
      EXPECT_EQ(message.error(), expected->second) << name;
    } else {
      EXPECT_TRUE(message) << name << " error "
                           << (message ? 0 : static_cast<int>(message.error()));
    }
    for (std::size_t size = 0; size < text.size(); ++size) {
      const std::string cut = text.substr(0, size);
      static_cast<void>(scan_message(bytes_of(cut), ""));
    }
  }
  EXPECT_GT(messages, 0U);
  EXPECT_EQ(seen.size(), refused.size());
}

}  // namespace
}  // namespace opptak::control::sip
