// The command line as a user meets it: runs the program and looks at what it says and returns.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/unit/storage/temporary_directory.h"

namespace opptak::control::cli {
namespace {

struct Outcome {
  int status = -1;
  std::string text;  // Standard output and standard error.
};

Outcome opptak(const std::string& arguments, const std::string& input = "/dev/null") {
  const std::string command =
      "env -u OPPTAK_SERVER -u OPPTAK_TOKEN " OPPTAK_PROGRAM " " + arguments + " 2>&1 <" + input;
  Outcome run;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4'096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    run.text.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

// One line, and it holds each part.
void expect_sentence(const Outcome& run, int status, const std::vector<std::string>& parts) {
  EXPECT_EQ(run.status, status) << run.text;
  EXPECT_EQ(std::count(run.text.begin(), run.text.end(), '\n'), 1) << run.text;
  for (const std::string& part : parts) {
    EXPECT_NE(run.text.find(part), std::string::npos) << "\"" << part << "\" in " << run.text;
  }
}

TEST(Program, HelpsEverywhere) {
  for (const char* command :
       {"", "up", "replay", "verify", "verify store", "verify receipt", "calls", "recordings",
        "erase", "export", "user", "user create", "user password", "user list", "token",
        "token create", "token revoke", "token list"}) {
    const Outcome run = opptak(std::string(command) + " --help");
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_NE(run.text.find("--help"), std::string::npos) << command;
    EXPECT_NE(run.text.find("Usage: opptak " + std::string(command)), std::string::npos)
        << run.text;
  }
  EXPECT_EQ(opptak("--version").status, 0);
}

TEST(Program, CorrectsWrongWords) {
  expect_sentence(opptak("reply"), 64, {"no command \"reply\"", "did you mean \"replay\"?"});
  expect_sentence(opptak("replay x.pcap --jsn"), 64,
                  {"opptak replay has no option \"--jsn\"", "did you mean \"--json\"?"});
  expect_sentence(opptak("replay --mod=off x.pcap"), 64, {"did you mean \"--mode\"?"});
  expect_sentence(opptak("user creat x"), 64, {"did you mean \"create\"?"});
  expect_sentence(opptak("frobnicate"), 64, {"no command \"frobnicate\"", "opptak --help"});
  expect_sentence(opptak("replay"), 64, {"required"});
  expect_sentence(opptak("replay x --mode sometimes"), 64, {"--mode", "sometimes"});
  expect_sentence(opptak("token create --role selle"), 64, {"did you mean \"seller\"?"});
  EXPECT_EQ(opptak("").status, 64);
  EXPECT_EQ(opptak("user").status, 64);
}

TEST(Program, ChecksCapturesFirst) {
  const storage::TemporaryDirectory directory;
  const std::string text_file = (directory.path() / "notes.pcap").string();
  std::ofstream(text_file) << "not a capture";
  const std::string empty = (directory.path() / "empty.pcap").string();
  std::ofstream(empty).flush();
  expect_sentence(opptak("replay /nonexistent.pcap"), 1, {"/nonexistent.pcap cannot be read"});
  expect_sentence(opptak("replay " + text_file), 1, {text_file, "neither a pcap nor a pcapng"});
  expect_sentence(opptak("replay " + empty), 1, {empty, "is empty"});
  expect_sentence(opptak("replay " + directory.path().string()), 1, {"cannot be read"});
}

TEST(Program, NamesWhatIsWrongWithTheConfiguration) {
  const storage::TemporaryDirectory directory;
  const std::string file = (directory.path() / "opptak.toml").string();
  std::ofstream(file) << "[storage]\nblock_byte = 16384\n";
  for (const std::string command : {"up", "verify store", "user list", "token list"}) {
    expect_sentence(opptak(command + " --config " + file), 1, {"block_byte", "block_bytes", "2"});
    expect_sentence(opptak(command + " --config /nonexistent.toml"), 1, {"/nonexistent.toml"});
  }
}

TEST(Program, SaysThatNoGatewayAnswers) {
  const std::string server = " --server http://127.0.0.1:1";
  const std::string id = " 0193a1f0-5c00-7abc-8def-0123456789ab";
  for (const std::string command : {"calls", "recordings", "erase", "export"}) {
    const bool takes_id = command == "erase" || command == "export";
    expect_sentence(opptak(command + (takes_id ? id : "") + server), 1,
                    {"http://127.0.0.1:1 does not answer"});
  }
  expect_sentence(opptak("erase not-an-id" + server), 64, {"\"not-an-id\" is no recording id"});
}

TEST(Program, MakesAccountsAndTokens) {
  const storage::TemporaryDirectory directory;
  const std::string file = (directory.path() / "opptak.toml").string();
  std::filesystem::create_directory(directory.path() / "store");
  std::ofstream(file) << "[storage]\ndirectory = \"store\"\n[vault]\nfile = \"vault/root.key\"\n";
  const std::string config = " --config " + file;
  const std::string password = "correct horse battery";
  const auto with_password = [&](const std::string& arguments, const std::string& secret) {
    const std::string input = (directory.path() / "input").string();
    std::ofstream(input) << secret << "\n";
    return opptak(arguments + config, input);
  };
  EXPECT_EQ(with_password("user create ada --role operator", password).status, 0);
  expect_sentence(with_password("user create ada --role operator", password), 1, {});
  expect_sentence(with_password("user create bob --role operator", "short"), 1, {});
  EXPECT_EQ(with_password("user password ada", "another long password").status, 0);
  const Outcome users = opptak("user list" + config);
  EXPECT_NE(users.text.find("ada"), std::string::npos) << users.text;
  const Outcome token = opptak("token create --role supervisor --client acme" + config);
  EXPECT_EQ(token.status, 0) << token.text;
  EXPECT_TRUE(token.text.starts_with("opt_")) << token.text;
  const Outcome tokens = opptak("token list" + config);
  EXPECT_NE(tokens.text.find("supervisor"), std::string::npos);
  EXPECT_EQ(tokens.text.find(token.text.substr(0, 12)), std::string::npos) << "secret is listed";
}

TEST(Program, VerifiesReceiptsAndStores) {
  const storage::TemporaryDirectory directory;
  const std::string receipt = (directory.path() / "receipt.json").string();
  std::ofstream(receipt) << "{}";
  expect_sentence(opptak("verify receipt " + receipt), 1, {receipt});
  expect_sentence(opptak("verify receipt /nonexistent.json"), 1, {"/nonexistent.json"});
  expect_sentence(opptak("verify receipt " + receipt + " --signer 12"), 64, {"--signer"});
  expect_sentence(opptak("verify store " + directory.path().string()), 1,
                  {directory.path().string()});
}

}  // namespace
}  // namespace opptak::control::cli
