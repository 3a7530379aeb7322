// opptak verify: checks a store or a receipt, without the gateway.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/cli/commands.h"
#include "control/cli/configuration.h"
#include "control/cli/table.h"
#include "storage/receipt/receipt.h"
#include "storage/verify/verify_store.h"

namespace opptak::control::cli {
namespace {

constexpr std::size_t kReceiptBytesMax = 1 << 20;

std::string hex(const storage::PublicKey& key) {
  std::string text;
  for (const std::uint8_t byte : key) text += fmt::format("{:02x}", byte);
  return text;
}

std::optional<storage::PublicKey> parse_key(const std::string& text) {
  storage::PublicKey key{};
  if (text.size() != key.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = std::string_view("0123456789abcdef").find(text[i]);
    if (at == std::string_view::npos) return std::nullopt;
    key[i / 2] = static_cast<std::uint8_t>(key[i / 2] << 4 | at);
  }
  return key;
}

CliResult<int> verify_store_at(const std::string& directory, bool json) {
  const auto report = storage::verify_store(directory);
  if (!report) return fail(report.error().message);
  if (json) {
    nlohmann::ordered_json problems = nlohmann::ordered_json::array();
    for (const storage::StoreProblem& problem : report->problems) {
      problems.push_back({{"segment", problem.segment},
                          {"offset_bytes", problem.offset_bytes},
                          {"what", problem.what}});
    }
    const nlohmann::ordered_json all = {{"segments", report->segments},
                                        {"segments_sealed", report->segments_sealed},
                                        {"blocks", report->blocks},
                                        {"extent_lists", report->extent_lists},
                                        {"block_bytes", report->block_bytes},
                                        {"free_bytes", report->free_bytes},
                                        {"epoch", report->epoch},
                                        {"problems", problems}};
    fmt::print("{}\n", all.dump(1));
  } else {
    for (const storage::StoreProblem& problem : report->problems) {
      fmt::print("{} at byte {}: {}\n", problem.segment.empty() ? directory : problem.segment,
                 problem.offset_bytes, problem.what);
    }
    fmt::print("{} segments ({} sealed), {} blocks, {} extent lists, {} bytes in blocks: {}\n",
               report->segments, report->segments_sealed, report->blocks, report->extent_lists,
               report->block_bytes,
               report->problems.empty() ? "no problem found"
                                        : fmt::format("{} problems", report->problems.size()));
  }
  return report->problems.empty() ? kExitOk : kExitFailed;
}

CliResult<int> verify_receipt_in(const std::string& file, const std::string& signer, bool json) {
  std::optional<storage::PublicKey> expected;
  if (!signer.empty() && !(expected = parse_key(signer))) {
    return fail("--signer takes a public key as 64 hexadecimal digits in lower case.", kExitUsage);
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad() || text.size() > kReceiptBytesMax) {
    return fail(
        fmt::format("{} cannot be read as a receipt: name the file that an erasure's answer "
                    "was saved in.",
                    file));
  }
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  const auto receipt = storage::verify_receipt(text, expected);
  if (!receipt) return fail(fmt::format("{}: {}", file, receipt.error().message));
  const bool destroyed = receipt->stage == storage::ReceiptStage::kKeyDestroyed;
  const char* stage = destroyed ? "key_destroyed" : "erased";
  if (json) {
    const nlohmann::ordered_json all = {{"recording_hash", receipt->recording_hash},
                                        {"erased_by", receipt->erased_by},
                                        {"erased_at", receipt->erased_at},
                                        {"stage", stage},
                                        {"signer", hex(receipt->signer)},
                                        {"signer_expected", expected.has_value()}};
    fmt::print("{}\n", all.dump(1));
    return kExitOk;
  }
  fmt::print("The receipt is whole: recording {} was erased at {} by {} (stage {}).\n",
             receipt->recording_hash, printable(receipt->erased_at), printable(receipt->erased_by),
             stage);
  fmt::print("Signed by {}{}\n", hex(receipt->signer),
             expected ? ", as expected." : "; give --signer to prove that this is your gateway.");
  return kExitOk;
}

void add_verify_store(CLI::App& verify, Action& chosen) {
  auto* command = verify.add_subcommand(
      "store", "Check the segments of a store; a running gateway is not disturbed");
  auto directory = std::make_shared<std::string>();
  auto config = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("directory", *directory, "The store; unless given, the configuration's")
      ->type_name("DIRECTORY");
  add_config_option(*command, *config);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([directory, config, json, &chosen] {
    chosen = [directory, config, json]() -> CliResult<int> {
      if (!directory->empty()) return verify_store_at(*directory, *json);
      const auto settings = read_configuration(*config);
      if (!settings) return std::unexpected(settings.error());
      return verify_store_at(settings->storage.directory.string(), *json);
    };
  });
}

void add_verify_receipt(CLI::App& verify, Action& chosen) {
  auto* command = verify.add_subcommand("receipt", "Check an erasure's receipt, offline");
  auto file = std::make_shared<std::string>();
  auto signer = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("file", *file, "The receipt as it was answered")
      ->type_name("FILE")
      ->required();
  command->add_option("--signer", *signer, "Public key that must have signed it")->type_name("HEX");
  command->add_flag("--json", *json, "Print JSON");
  command->callback([file, signer, json, &chosen] {
    chosen = [file, signer, json] { return verify_receipt_in(*file, *signer, *json); };
  });
}

}  // namespace

void add_verify(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand("verify", "Check a store or a receipt");
  command->require_subcommand(0, 1);
  add_verify_store(*command, chosen);
  add_verify_receipt(*command, chosen);
}

}  // namespace opptak::control::cli
