// The catalogue: what is known about calls, recordings, streams, clients and campaigns. SQLite
// behind this interface is the embedded default; nothing outside control/catalogue sees SQL.
//
// Two kinds of connection, each owned by one thread at a time:
// - Catalogue: the only writer (control/core's thread). What it writes between begin() and
//   commit() is one transaction: durable and visible as a whole, or not at all, also after a
//   power cut. A put outside of begin()/commit() is a transaction of its own. Its reads see the
//   open transaction.
// - CatalogueReader: any number of them, each its own connection; sees the last commit and never
//   waits for the writer.
// Every put is an upsert by the row's key, and repeating one changes nothing: events of the
// channel may be delivered twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/catalogue/rows.h"
#include "storage/settings/settings.h"

namespace opptak::control {

enum class CatalogueError : std::uint8_t {
  kCannotOpen,     // Missing folder, no permission, or no catalogue there yet (readers).
  kNotACatalogue,  // A file of something else, or damaged.
  kNewerVersion,   // Written by a later release: this one must not touch it.
  kBusy,           // Another writer holds it (longer than the busy timeout).
  kFull,           // Disk full.
  kBadCursor,      // The cursor was not made by list_calls.
  kRefused,        // A rule of the schema: a recording of no known call, say.
  kFailed,         // Anything else the disk or SQLite reports.
};

struct CatalogueFailure {
  CatalogueError code;
  std::string message;  // One sentence: what failed, on which file, what to do. No row contents.
};

template <class T>
using CatalogueResult = std::expected<T, CatalogueFailure>;

// What is empty matches everything; what is given must all hold.
struct CallFilter {
  UnixNs from;  // started_at >= from, where known.
  UnixNs to;    // started_at < to, where known.
  std::optional<std::string> client;
  std::optional<std::string> campaign;
  std::optional<CallState> state;
  std::optional<std::string> agent;
  std::optional<std::string> customer;  // The number, as `from` or `to` of the call.
};

inline constexpr std::size_t kListLimitMax = 500;

struct CallPage {
  std::vector<CallRow> calls;              // Newest first.
  std::optional<std::string> next_cursor;  // Empty after the last page. Opaque, URL-safe.
};

struct StateCounts {
  std::vector<std::pair<CallState, std::uint64_t>> calls;  // Every state, also zeroes.
  std::vector<std::pair<RecordingState, std::uint64_t>> recordings;
};

class CatalogueReader {
 public:
  virtual ~CatalogueReader() = default;

  // Paging is stable: a call that was there at the first page appears exactly once, whatever is
  // inserted meanwhile. An empty cursor starts; limit is clamped to 1..kListLimitMax.
  [[nodiscard]] virtual CatalogueResult<CallPage> list_calls(const CallFilter& filter,
                                                             std::string_view cursor,
                                                             std::size_t limit) = 0;
  [[nodiscard]] virtual CatalogueResult<std::optional<CallRow>> find_call(const CallId& id) = 0;
  // Newest first: Call-IDs should never repeat, but phones do it.
  [[nodiscard]] virtual CatalogueResult<std::vector<CallRow>> calls_by_sip_call_id(
      std::string_view sip_call_id) = 0;
  [[nodiscard]] virtual CatalogueResult<std::vector<CallRow>> calls_in_progress() = 0;
  [[nodiscard]] virtual CatalogueResult<std::optional<RecordingRow>> find_recording(
      const RecordingId& id) = 0;
  // By start, oldest first.
  [[nodiscard]] virtual CatalogueResult<std::vector<RecordingRow>> recordings_of(
      const CallId& call) = 0;
  // kOpen, kClosing and kErasing: what a start has to take up or finish.
  [[nodiscard]] virtual CatalogueResult<std::vector<RecordingRow>> unfinished_recordings() = 0;
  // By first arrival.
  [[nodiscard]] virtual CatalogueResult<std::vector<StreamRow>> streams_of(
      const RecordingId& recording) = 0;
  // In the order in which they were added.
  [[nodiscard]] virtual CatalogueResult<std::vector<CallEventRow>> events_of(
      const CallId& call) = 0;
  [[nodiscard]] virtual CatalogueResult<std::vector<ClientRow>> clients() = 0;      // By id.
  [[nodiscard]] virtual CatalogueResult<std::vector<CampaignRow>> campaigns() = 0;  // By id.
  [[nodiscard]] virtual CatalogueResult<StateCounts> counts_by_state() = 0;
};

class Catalogue : public CatalogueReader {
 public:
  [[nodiscard]] virtual CatalogueResult<void> begin() = 0;
  // On failure the whole group is rolled back: begin again and repeat it.
  [[nodiscard]] virtual CatalogueResult<void> commit() = 0;
  virtual void rollback() noexcept = 0;

  [[nodiscard]] virtual CatalogueResult<void> put_call(const CallRow& row) = 0;
  // The call must be there.
  [[nodiscard]] virtual CatalogueResult<void> put_recording(const RecordingRow& row) = 0;
  // A recording to which no packet came, and its streams. Fine where it is not there.
  [[nodiscard]] virtual CatalogueResult<void> remove_recording(const RecordingId& id) = 0;
  // Key: recording, stream and first_arrival, so that a stream that fell silent and came back is
  // two rows. The recording must be there.
  [[nodiscard]] virtual CatalogueResult<void> put_stream(const StreamRow& row) = 0;
  // The same event (call, time, kind, detail) is kept once.
  [[nodiscard]] virtual CatalogueResult<void> add_call_event(const CallEventRow& row) = 0;
  [[nodiscard]] virtual CatalogueResult<void> put_client(const ClientRow& row) = 0;
  [[nodiscard]] virtual CatalogueResult<void> put_campaign(const CampaignRow& row) = 0;
};

// Makes the file (mode 0600) where there is none, and brings an older one up to date.
[[nodiscard]] CatalogueResult<std::unique_ptr<Catalogue>> open_sqlite_catalogue(
    const std::filesystem::path& file, storage::Durability durability);

// Never writes and never makes a file.
[[nodiscard]] CatalogueResult<std::unique_ptr<CatalogueReader>> open_sqlite_catalogue_reader(
    const std::filesystem::path& file);

}  // namespace opptak::control
