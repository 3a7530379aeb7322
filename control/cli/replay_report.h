// What a replay found, read back from the store: calls, recordings, streams, digests, and the
// dataplane's packet counts. As JSON exactly as documented for `opptak replay --json`, or as a
// table. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "control/catalogue/catalogue.h"
#include "control/cli/failure.h"
#include "control/readback/readback.h"
#include "dataplane/api/counters.h"
#include "storage/key/key_store.h"

namespace opptak::control::cli {

struct ReplayedRecording {
  RecordingRow row;
  std::vector<StreamRow> stream_rows;
  std::vector<readback::StreamReadback> streams;  // Decrypted, verified, held against the rows.
};

struct ReplayedCall {
  CallRow row;
  std::vector<ReplayedRecording> recordings;  // By start.
};

struct ReplayReport {
  dataplane::PacketTotals packets;
  std::vector<ReplayedCall> calls;  // By start, then by SIP Call-ID.
};

// Reads back everything that the catalogue knows. Fails at the first recording that is not as the
// catalogue says, and where packets are pending or do not add up (G1).
[[nodiscard]] CliResult<ReplayReport> read_replay(const std::filesystem::path& store,
                                                  CatalogueReader& catalogue,
                                                  const storage::KeyStore& keys,
                                                  const dataplane::PacketTotals& packets);

[[nodiscard]] std::string to_json(const ReplayReport& report);
[[nodiscard]] std::string to_table(const ReplayReport& report);

}  // namespace opptak::control::cli
