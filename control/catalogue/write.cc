// The writing half of SqliteCatalogue, and how one is opened.
#include <utility>

#include "control/catalogue/row_text.h"
#include "control/catalogue/schema.h"
#include "control/catalogue/sqlite_catalogue.h"

namespace opptak::control {
namespace {

template <class Enum>
std::int64_t number_of(Enum value) {
  return static_cast<std::int64_t>(value);
}

CatalogueError catalogue_error(SqliteError error) {
  switch (error) {
    case SqliteError::kCannotOpen:
    case SqliteError::kOlderVersion:
      return CatalogueError::kCannotOpen;
    case SqliteError::kForeignFile:
      return CatalogueError::kNotACatalogue;
    case SqliteError::kNewerVersion:
      return CatalogueError::kNewerVersion;
    case SqliteError::kBusy:
      return CatalogueError::kBusy;
    case SqliteError::kFull:
      return CatalogueError::kFull;
    case SqliteError::kConstraint:
      return CatalogueError::kRefused;
    case SqliteError::kFailed:
      break;
  }
  return CatalogueError::kFailed;
}

CatalogueResult<std::unique_ptr<SqliteCatalogue>> open(const std::filesystem::path& file,
                                                       SqliteAccess access,
                                                       storage::Durability durability) {
  auto database = SqliteDatabase::open(file, access, catalogue_schema(), durability);
  if (!database) return std::unexpected(to_catalogue_failure(database.error()));
  return std::make_unique<SqliteCatalogue>(std::move(*database));
}

}  // namespace

CatalogueFailure to_catalogue_failure(const SqliteFailure& failure) {
  return {catalogue_error(failure.code), failure.message};
}

CatalogueResult<std::unique_ptr<Catalogue>> open_sqlite_catalogue(const std::filesystem::path& file,
                                                                  storage::Durability durability) {
  return open(file, SqliteAccess::kWrite, durability);
}

CatalogueResult<std::unique_ptr<CatalogueReader>> open_sqlite_catalogue_reader(
    const std::filesystem::path& file) {
  return open(file, SqliteAccess::kRead, storage::Durability::kFull);
}

CatalogueResult<void> SqliteCatalogue::begin() {
  if (group_open_) {
    return std::unexpected(
        CatalogueFailure{CatalogueError::kRefused, "a group of the catalogue is open already"});
  }
  if (auto begun = SqliteQuery(database_, "BEGIN IMMEDIATE").run(); !begun) {
    return std::unexpected(to_catalogue_failure(begun.error()));
  }
  group_open_ = true;
  return {};
}

CatalogueResult<void> SqliteCatalogue::commit() {
  if (!group_open_) {
    return std::unexpected(
        CatalogueFailure{CatalogueError::kRefused, "no group of the catalogue is open"});
  }
  if (auto usable = check_group(); !usable) {
    rollback();
    return usable;
  }
  const auto committed = SqliteQuery(database_, "COMMIT").run();
  if (!committed) {
    rollback();
    return std::unexpected(to_catalogue_failure(committed.error()));
  }
  group_open_ = false;
  return {};
}

void SqliteCatalogue::rollback() noexcept {
  if (database_.in_transaction()) static_cast<void>(database_.execute("ROLLBACK"));
  group_open_ = false;
  group_lost_.reset();
}

CatalogueResult<void> SqliteCatalogue::check_group() {
  if (group_lost_) return std::unexpected(*group_lost_);
  return {};
}

CatalogueResult<void> SqliteCatalogue::finish_put(SqliteQuery& query) {
  if (auto usable = check_group(); !usable) return usable;
  const auto done = query.run();
  if (done) return {};
  CatalogueFailure failure = to_catalogue_failure(done.error());
  if (group_open_ && !database_.in_transaction()) group_lost_ = failure;
  return std::unexpected(std::move(failure));
}

CatalogueResult<void> SqliteCatalogue::put_call(const CallRow& row) {
  SqliteQuery query(database_, R"sql(
    INSERT INTO calls (id, sip_call_id, from_user, to_user, campaign, agent, client, mode,
                       policy_rule, conversation_id, state, reason, answered, started_at,
                       answered_at, ended_at, resume_json)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      sip_call_id = excluded.sip_call_id, from_user = excluded.from_user,
      to_user = excluded.to_user, campaign = excluded.campaign, agent = excluded.agent,
      client = excluded.client, mode = excluded.mode, policy_rule = excluded.policy_rule,
      conversation_id = excluded.conversation_id, state = excluded.state,
      reason = excluded.reason, answered = excluded.answered, started_at = excluded.started_at,
      answered_at = excluded.answered_at, ended_at = excluded.ended_at,
      resume_json = excluded.resume_json)sql");
  query.bind_blob(row.id.bytes).bind(row.sip_call_id).bind(row.from).bind(row.to);
  query.bind(row.campaign).bind(row.agent).bind(row.client).bind(number_of(row.mode));
  query.bind(row.policy_rule).bind(row.conversation_id).bind(number_of(row.state));
  query.bind(row.reason).bind(std::int64_t{row.answered}).bind(row.started_at.value);
  query.bind(row.answered_at.value).bind(row.ended_at.value).bind(row.resume_json);
  return finish_put(query);
}

CatalogueResult<void> SqliteCatalogue::put_recording(const RecordingRow& row) {
  SqliteQuery query(database_, R"sql(
    INSERT INTO recordings (id, call, tag, state, started_at, ended_at, expiry_day,
                            extent_segment, extent_offset_bytes, extent_bytes, blocks, packets,
                            payload_bytes, dropped_packets, recovered, erase_ranges, receipt,
                            erased_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      call = excluded.call, tag = excluded.tag, state = excluded.state,
      started_at = excluded.started_at, ended_at = excluded.ended_at,
      expiry_day = excluded.expiry_day, extent_segment = excluded.extent_segment,
      extent_offset_bytes = excluded.extent_offset_bytes, extent_bytes = excluded.extent_bytes,
      blocks = excluded.blocks, packets = excluded.packets,
      payload_bytes = excluded.payload_bytes, dropped_packets = excluded.dropped_packets,
      recovered = excluded.recovered, erase_ranges = excluded.erase_ranges,
      receipt = excluded.receipt, erased_at = excluded.erased_at)sql");
  query.bind_blob(row.id.bytes).bind_blob(row.call.bytes).bind_blob(row.tag.bytes);
  query.bind(number_of(row.state)).bind(row.started_at.value).bind(row.ended_at.value);
  query.bind(std::int64_t{row.expiry_day}).bind_unsigned(row.extents.segment);
  query.bind_unsigned(row.extents.offset_bytes).bind(std::int64_t{row.extents.bytes});
  query.bind(std::int64_t{row.blocks}).bind_unsigned(row.packets);
  query.bind_unsigned(row.payload_bytes).bind_unsigned(row.dropped_packets);
  query.bind(std::int64_t{row.recovered}).bind(row.erase_ranges).bind(row.receipt);
  query.bind(row.erased_at.value);
  return finish_put(query);
}

CatalogueResult<void> SqliteCatalogue::remove_recording(const RecordingId& id) {
  SqliteQuery streams(database_, "DELETE FROM streams WHERE recording = ?");
  streams.bind_blob(id.bytes);
  if (auto done = finish_put(streams); !done) return done;
  SqliteQuery recording(database_, "DELETE FROM recordings WHERE id = ?");
  recording.bind_blob(id.bytes);
  return finish_put(recording);
}

CatalogueResult<void> SqliteCatalogue::put_stream(const StreamRow& row) {
  SqliteQuery query(database_, R"sql(
    INSERT INTO streams (recording, first_arrival, stream, speaker, last_arrival, packets,
                         duplicates, reordered, lost, dropped, codecs)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (recording, first_arrival, stream) DO UPDATE SET
      speaker = excluded.speaker, last_arrival = excluded.last_arrival,
      packets = excluded.packets, duplicates = excluded.duplicates,
      reordered = excluded.reordered, lost = excluded.lost, dropped = excluded.dropped,
      codecs = excluded.codecs)sql");
  query.bind_blob(row.recording.bytes).bind(row.first_arrival.value);
  query.bind_blob(pack_stream_key(row.key)).bind(std::int64_t{row.speaker});
  query.bind(row.last_arrival.value).bind_unsigned(row.packets).bind_unsigned(row.duplicates);
  query.bind_unsigned(row.reordered).bind_unsigned(row.lost).bind_unsigned(row.dropped);
  query.bind(pack_codecs(row.codecs));
  return finish_put(query);
}

CatalogueResult<void> SqliteCatalogue::add_call_event(const CallEventRow& row) {
  SqliteQuery query(database_, R"sql(
    INSERT INTO call_events (call, at, kind, detail)
    SELECT ?1, ?2, ?3, ?4
    WHERE NOT EXISTS (SELECT 1 FROM call_events
                      WHERE call = ?1 AND at = ?2 AND kind = ?3 AND detail = ?4))sql");
  query.bind_blob(row.call.bytes).bind(row.at.value).bind(row.kind).bind(row.detail);
  return finish_put(query);
}

CatalogueResult<void> SqliteCatalogue::put_client(const ClientRow& row) {
  SqliteQuery query(database_, R"sql(
    INSERT INTO clients (id, name, retention_days_sale, retention_days_other)
    VALUES (?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      name = excluded.name, retention_days_sale = excluded.retention_days_sale,
      retention_days_other = excluded.retention_days_other)sql");
  query.bind(row.id).bind(row.name).bind(std::int64_t{row.retention_days_sale});
  query.bind(std::int64_t{row.retention_days_other});
  return finish_put(query);
}

CatalogueResult<void> SqliteCatalogue::put_campaign(const CampaignRow& row) {
  const auto numbers = pack_lines(row.numbers);
  if (!numbers) {
    return std::unexpected(
        CatalogueFailure{CatalogueError::kRefused, "a campaign's number holds a line end"});
  }
  SqliteQuery query(database_, R"sql(
    INSERT INTO campaigns (id, client, mode, pre_roll_seconds, numbers)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      client = excluded.client, mode = excluded.mode,
      pre_roll_seconds = excluded.pre_roll_seconds, numbers = excluded.numbers)sql");
  query.bind(row.id).bind(row.client).bind(number_of(row.mode));
  query.bind(std::int64_t{row.pre_roll_seconds}).bind(*numbers);
  return finish_put(query);
}

}  // namespace opptak::control
