// Reads the store of a live gateway back, decrypted and verified, and prints it as
// `opptak replay --json` prints a replay, with packet counters of 0: what the end-to-end tests hold
// against the wire. read-store STORE_DIRECTORY VAULT_FILE
#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "control/catalogue/catalogue.h"
#include "control/cli/replay_report.h"
#include "storage/key/file_vault.h"
#include "storage/key/key_store.h"

namespace {

using opptak::control::cli::CliResult;
using opptak::control::cli::fail;

CliResult<std::string> read_store(const std::filesystem::path& store,
                                  const std::filesystem::path& vault_file) {
  auto catalogue = opptak::control::open_sqlite_catalogue_reader(store / "catalogue.sqlite");
  if (!catalogue) return fail(catalogue.error().message);
  auto vault = opptak::storage::FileVault::open(vault_file, false);
  if (!vault) return fail(vault.error().message);
  auto keys =
      opptak::storage::KeyStore::open(store, **vault, {.durable = false, .read_only = true});
  if (!keys) return fail(keys.error().message);
  const auto report = opptak::control::cli::read_replay(store, **catalogue, *keys, {});
  if (!report) return std::unexpected(report.error());
  return opptak::control::cli::to_json(*report);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: read-store STORE_DIRECTORY VAULT_FILE\n");
    return 64;
  }
  const auto text = read_store(argv[1], argv[2]);
  if (!text) {
    fmt::print(stderr, "read-store: {}\n", text.error().sentence);
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}
