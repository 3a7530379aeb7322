#include "control/catalogue/schema.h"

#include <array>

namespace opptak::control {
namespace {

// Version 1. Times are nanoseconds of Unix time, 0 where not known; enumerations are their number
// in rows.h. `state_counts` is kept by triggers, since counting rows would read all of them.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE calls (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  sip_call_id TEXT NOT NULL,
  from_user TEXT NOT NULL,
  to_user TEXT NOT NULL,
  campaign TEXT,
  agent TEXT,
  client TEXT NOT NULL,
  mode INTEGER NOT NULL CHECK (mode BETWEEN 0 AND 2),
  policy_rule TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
  reason TEXT,
  answered INTEGER NOT NULL CHECK (answered IN (0, 1)),
  started_at INTEGER NOT NULL,
  answered_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  resume_json TEXT NOT NULL
) STRICT;
CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_by_client ON calls (client, started_at, id);
CREATE INDEX calls_by_campaign ON calls (campaign, started_at, id) WHERE campaign IS NOT NULL;
CREATE INDEX calls_by_agent ON calls (agent, started_at, id) WHERE agent IS NOT NULL;
CREATE INDEX calls_by_from ON calls (from_user);
CREATE INDEX calls_by_to ON calls (to_user);
CREATE INDEX calls_by_sip_call_id ON calls (sip_call_id);
CREATE INDEX calls_by_state ON calls (state, started_at, id);

CREATE TABLE recordings (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  call BLOB NOT NULL REFERENCES calls (id),
  tag BLOB NOT NULL CHECK (length(tag) = 16),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  expiry_day INTEGER NOT NULL,
  extent_segment INTEGER NOT NULL,
  extent_offset_bytes INTEGER NOT NULL,
  extent_bytes INTEGER NOT NULL,
  blocks INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  payload_bytes INTEGER NOT NULL,
  dropped_packets INTEGER NOT NULL,
  recovered INTEGER NOT NULL CHECK (recovered IN (0, 1)),
  erase_ranges TEXT NOT NULL,
  receipt TEXT,
  erased_at INTEGER NOT NULL
) STRICT;
CREATE INDEX recordings_by_call ON recordings (call, started_at);
CREATE INDEX recordings_unfinished ON recordings (state) WHERE state IN (0, 1, 3);

CREATE TABLE streams (
  recording BLOB NOT NULL REFERENCES recordings (id),
  first_arrival INTEGER NOT NULL,
  stream BLOB NOT NULL CHECK (length(stream) = 40),
  speaker INTEGER NOT NULL,
  last_arrival INTEGER NOT NULL,
  packets INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  reordered INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  codecs TEXT NOT NULL,
  PRIMARY KEY (recording, first_arrival, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE call_events (
  sequence INTEGER PRIMARY KEY,
  call BLOB NOT NULL REFERENCES calls (id),
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX call_events_by_call ON call_events (call, at);

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  retention_days_sale INTEGER NOT NULL,
  retention_days_other INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaigns (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  mode INTEGER NOT NULL CHECK (mode BETWEEN 0 AND 2),
  pre_roll_seconds INTEGER NOT NULL,
  numbers TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE state_counts (
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;
INSERT INTO state_counts (kind, state, rows)
  SELECT kind.column1, state.column1, 0
  FROM (VALUES (0), (1)) AS kind, (VALUES (0), (1), (2), (3), (4), (5)) AS state;
CREATE TRIGGER calls_inserted AFTER INSERT ON calls BEGIN
  UPDATE state_counts SET rows = rows + 1 WHERE kind = 0 AND state = new.state;
END;
CREATE TRIGGER calls_changed AFTER UPDATE OF state ON calls WHEN old.state <> new.state BEGIN
  UPDATE state_counts SET rows = rows - 1 WHERE kind = 0 AND state = old.state;
  UPDATE state_counts SET rows = rows + 1 WHERE kind = 0 AND state = new.state;
END;
CREATE TRIGGER calls_deleted AFTER DELETE ON calls BEGIN
  UPDATE state_counts SET rows = rows - 1 WHERE kind = 0 AND state = old.state;
END;
CREATE TRIGGER recordings_inserted AFTER INSERT ON recordings BEGIN
  UPDATE state_counts SET rows = rows + 1 WHERE kind = 1 AND state = new.state;
END;
CREATE TRIGGER recordings_changed AFTER UPDATE OF state ON recordings
WHEN old.state <> new.state BEGIN
  UPDATE state_counts SET rows = rows - 1 WHERE kind = 1 AND state = old.state;
  UPDATE state_counts SET rows = rows + 1 WHERE kind = 1 AND state = new.state;
END;
CREATE TRIGGER recordings_deleted AFTER DELETE ON recordings BEGIN
  UPDATE state_counts SET rows = rows - 1 WHERE kind = 1 AND state = old.state;
END;
)sql";

constexpr std::array kMigrations{kVersion1};

constexpr SqliteSchema kSchema{
    .what = "catalogue", .application_id = 0x4f505443, .migrations = kMigrations};  // "OPTC"

}  // namespace

const SqliteSchema& catalogue_schema() noexcept { return kSchema; }

}  // namespace opptak::control
