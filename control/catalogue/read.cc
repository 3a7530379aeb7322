// The reading half of SqliteCatalogue.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "control/catalogue/row_text.h"
#include "control/catalogue/sqlite_catalogue.h"

namespace opptak::control {
namespace {

constexpr std::string_view kCallColumns =
    "id, sip_call_id, from_user, to_user, campaign, agent, client, mode, policy_rule, "
    "conversation_id, state, reason, answered, started_at, answered_at, ended_at, resume_json";
constexpr std::string_view kRecordingColumns =
    "id, call, tag, state, started_at, ended_at, expiry_day, extent_segment, "
    "extent_offset_bytes, extent_bytes, blocks, packets, payload_bytes, dropped_packets, "
    "recovered, erase_ranges, receipt, erased_at";

template <class Id>
Id id_at(const SqliteQuery& query, int column) {
  Id id;
  const auto bytes = query.blob(column);
  if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

UnixNs time_at(const SqliteQuery& query, int column) { return {query.integer(column)}; }

template <class Integer>
Integer number_at(const SqliteQuery& query, int column) {
  return static_cast<Integer>(query.integer(column));
}

CallRow call_at(const SqliteQuery& query) {
  CallRow row;
  row.id = id_at<CallId>(query, 0);
  row.sip_call_id = query.text(1);
  row.from = query.text(2);
  row.to = query.text(3);
  row.campaign = query.optional_text(4);
  row.agent = query.optional_text(5);
  row.client = query.text(6);
  row.mode = number_at<Mode>(query, 7);
  row.policy_rule = query.text(8);
  row.conversation_id = query.text(9);
  row.state = number_at<CallState>(query, 10);
  row.reason = query.optional_text(11);
  row.answered = query.integer(12) != 0;
  row.started_at = time_at(query, 13);
  row.answered_at = time_at(query, 14);
  row.ended_at = time_at(query, 15);
  row.resume_json = query.text(16);
  return row;
}

RecordingRow recording_at(const SqliteQuery& query) {
  RecordingRow row;
  row.id = id_at<RecordingId>(query, 0);
  row.call = id_at<CallId>(query, 1);
  row.tag = id_at<StoreTag>(query, 2);
  row.state = number_at<RecordingState>(query, 3);
  row.started_at = time_at(query, 4);
  row.ended_at = time_at(query, 5);
  row.expiry_day = number_at<std::uint32_t>(query, 6);
  row.extents.segment = query.unsigned_integer(7);
  row.extents.offset_bytes = query.unsigned_integer(8);
  row.extents.bytes = number_at<std::uint32_t>(query, 9);
  row.blocks = number_at<std::uint32_t>(query, 10);
  row.packets = query.unsigned_integer(11);
  row.payload_bytes = query.unsigned_integer(12);
  row.dropped_packets = query.unsigned_integer(13);
  row.recovered = query.integer(14) != 0;
  row.erase_ranges = query.text(15);
  row.receipt = query.optional_text(16);
  row.erased_at = time_at(query, 17);
  return row;
}

StreamRow stream_at(const SqliteQuery& query, const RecordingId& recording) {
  StreamRow row;
  row.recording = recording;
  row.key = unpack_stream_key(query.blob(0));
  row.speaker = number_at<std::uint8_t>(query, 1);
  row.first_arrival = time_at(query, 2);
  row.last_arrival = time_at(query, 3);
  row.packets = query.unsigned_integer(4);
  row.duplicates = query.unsigned_integer(5);
  row.reordered = query.unsigned_integer(6);
  row.lost = query.unsigned_integer(7);
  row.dropped = query.unsigned_integer(8);
  row.codecs = unpack_codecs(query.text(9));
  return row;
}

template <class Row, class MakeRow>
CatalogueResult<std::vector<Row>> all_rows(SqliteQuery& query, const MakeRow& make) {
  std::vector<Row> rows;
  while (query.next()) rows.push_back(make(query));
  if (!query.ok()) return std::unexpected(to_catalogue_failure(query.failure()));
  return rows;
}

template <class Row, class MakeRow>
CatalogueResult<std::optional<Row>> one_row(SqliteQuery& query, const MakeRow& make) {
  std::optional<Row> row;
  if (query.next()) row = make(query);
  if (!query.ok()) return std::unexpected(to_catalogue_failure(query.failure()));
  return row;
}

std::string select_calls(std::string_view rest) {
  return fmt::format("SELECT {} FROM calls {}", kCallColumns, rest);
}

std::string select_recordings(std::string_view rest) {
  return fmt::format("SELECT {} FROM recordings {}", kRecordingColumns, rest);
}

// The text of a list's query depends only on which conditions it has: few texts, all cached.
// A number is always the narrowest condition, which SQLite cannot know: the '+' keeps it from
// walking through an index of another one instead.
std::string list_sql(const CallFilter& filter, bool resumed) {
  const std::string_view plus = filter.customer ? "+" : "";
  std::string where = "WHERE TRUE";
  const auto add = [&](bool given, std::string_view column, std::string_view comparison) {
    if (given) where += fmt::format(" AND {}{} {} ?", plus, column, comparison);
  };
  add(filter.from.known(), "started_at", ">=");
  add(filter.to.known(), "started_at", "<");
  add(filter.client.has_value(), "client", "=");
  add(filter.campaign.has_value(), "campaign", "=");
  add(filter.state.has_value(), "state", "=");
  add(filter.agent.has_value(), "agent", "=");
  if (filter.customer) where += " AND (from_user = ? OR to_user = ?)";
  if (resumed) where += fmt::format(" AND ({}started_at, id) < (?, ?)", plus);
  return select_calls(where + " ORDER BY started_at DESC, id DESC LIMIT ?");
}

void bind_list(SqliteQuery& query, const CallFilter& filter, const std::optional<CallCursor>& after,
               std::size_t rows) {
  if (filter.from.known()) query.bind(filter.from.value);
  if (filter.to.known()) query.bind(filter.to.value);
  if (filter.client) query.bind(*filter.client);
  if (filter.campaign) query.bind(*filter.campaign);
  if (filter.state) query.bind(static_cast<std::int64_t>(*filter.state));
  if (filter.agent) query.bind(*filter.agent);
  if (filter.customer) query.bind(*filter.customer).bind(*filter.customer);
  if (after) query.bind(after->started_at.value).bind_blob(after->id.bytes);
  query.bind(static_cast<std::int64_t>(rows));
}

}  // namespace

CatalogueResult<CallPage> SqliteCatalogue::list_calls(const CallFilter& filter,
                                                      std::string_view cursor, std::size_t limit) {
  std::optional<CallCursor> after;
  if (!cursor.empty()) {
    after = unpack_cursor(cursor);
    if (!after) {
      return std::unexpected(CatalogueFailure{
          CatalogueError::kBadCursor,
          "the cursor is not one that a list of calls gave out: start again without it"});
    }
  }
  limit = std::clamp<std::size_t>(limit, 1, kListLimitMax);
  SqliteQuery query(database_, list_sql(filter, after.has_value()));
  bind_list(query, filter, after, limit + 1);  // One more, to know whether another page follows.
  auto rows = all_rows<CallRow>(query, call_at);
  if (!rows) return std::unexpected(rows.error());
  CallPage page{std::move(*rows), std::nullopt};
  if (page.calls.size() > limit) {
    page.calls.resize(limit);
    page.next_cursor = pack_cursor({page.calls.back().started_at, page.calls.back().id});
  }
  return page;
}

CatalogueResult<std::optional<CallRow>> SqliteCatalogue::find_call(const CallId& id) {
  static const std::string sql = select_calls("WHERE id = ?");
  SqliteQuery query(database_, sql);
  query.bind_blob(id.bytes);
  return one_row<CallRow>(query, call_at);
}

CatalogueResult<std::vector<CallRow>> SqliteCatalogue::calls_by_sip_call_id(
    std::string_view sip_call_id) {
  static const std::string sql =
      select_calls("WHERE sip_call_id = ? ORDER BY started_at DESC, id DESC");
  SqliteQuery query(database_, sql);
  query.bind(sip_call_id);
  return all_rows<CallRow>(query, call_at);
}

CatalogueResult<std::vector<CallRow>> SqliteCatalogue::calls_in_progress() {
  static const std::string sql = select_calls("WHERE state = ? ORDER BY started_at, id");
  SqliteQuery query(database_, sql);
  query.bind(static_cast<std::int64_t>(CallState::kInProgress));
  return all_rows<CallRow>(query, call_at);
}

CatalogueResult<std::optional<RecordingRow>> SqliteCatalogue::find_recording(
    const RecordingId& id) {
  static const std::string sql = select_recordings("WHERE id = ?");
  SqliteQuery query(database_, sql);
  query.bind_blob(id.bytes);
  return one_row<RecordingRow>(query, recording_at);
}

CatalogueResult<std::vector<RecordingRow>> SqliteCatalogue::recordings_of(const CallId& call) {
  static const std::string sql = select_recordings("WHERE call = ? ORDER BY started_at, id");
  SqliteQuery query(database_, sql);
  query.bind_blob(call.bytes);
  return all_rows<RecordingRow>(query, recording_at);
}

CatalogueResult<std::vector<RecordingRow>> SqliteCatalogue::unfinished_recordings() {
  // Literal numbers, so that the partial index of exactly these states serves.
  static const std::string sql =
      select_recordings("WHERE state IN (0, 1, 3) ORDER BY started_at, id");
  static_assert(static_cast<int>(RecordingState::kOpen) == 0 &&
                static_cast<int>(RecordingState::kClosing) == 1 &&
                static_cast<int>(RecordingState::kErasing) == 3);
  SqliteQuery query(database_, sql);
  return all_rows<RecordingRow>(query, recording_at);
}

CatalogueResult<std::vector<StreamRow>> SqliteCatalogue::streams_of(const RecordingId& recording) {
  SqliteQuery query(database_,
                    "SELECT stream, speaker, first_arrival, last_arrival, packets, duplicates, "
                    "reordered, lost, dropped, codecs FROM streams WHERE recording = ? "
                    "ORDER BY first_arrival, stream");
  query.bind_blob(recording.bytes);
  return all_rows<StreamRow>(query,
                             [&](const SqliteQuery& row) { return stream_at(row, recording); });
}

CatalogueResult<std::vector<CallEventRow>> SqliteCatalogue::events_of(const CallId& call) {
  SqliteQuery query(database_,
                    "SELECT at, kind, detail FROM call_events WHERE call = ? ORDER BY sequence");
  query.bind_blob(call.bytes);
  return all_rows<CallEventRow>(query, [&](const SqliteQuery& row) {
    return CallEventRow{call, time_at(row, 0), row.text(1), row.text(2)};
  });
}

CatalogueResult<std::vector<ClientRow>> SqliteCatalogue::clients() {
  SqliteQuery query(
      database_,
      "SELECT id, name, retention_days_sale, retention_days_other FROM clients ORDER BY id");
  return all_rows<ClientRow>(query, [](const SqliteQuery& row) {
    return ClientRow{row.text(0), row.text(1), number_at<std::uint32_t>(row, 2),
                     number_at<std::uint32_t>(row, 3)};
  });
}

CatalogueResult<std::vector<CampaignRow>> SqliteCatalogue::campaigns() {
  SqliteQuery query(
      database_, "SELECT id, client, mode, pre_roll_seconds, numbers FROM campaigns ORDER BY id");
  return all_rows<CampaignRow>(query, [](const SqliteQuery& row) {
    return CampaignRow{row.text(0), row.text(1), number_at<Mode>(row, 2),
                       number_at<std::uint32_t>(row, 3), unpack_lines(row.text(4))};
  });
}

CatalogueResult<StateCounts> SqliteCatalogue::counts_by_state() {
  SqliteQuery query(database_, "SELECT kind, state, rows FROM state_counts ORDER BY kind, state");
  StateCounts counts;
  while (query.next()) {
    const auto rows = query.unsigned_integer(2);
    if (query.integer(0) == 0) {
      counts.calls.emplace_back(number_at<CallState>(query, 1), rows);
    } else {
      counts.recordings.emplace_back(number_at<RecordingState>(query, 1), rows);
    }
  }
  if (!query.ok()) return std::unexpected(to_catalogue_failure(query.failure()));
  return counts;
}

}  // namespace opptak::control
