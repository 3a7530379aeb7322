#include "tests/unit/control/catalogue/sample_rows.h"

#include <stdexcept>

#include <unistd.h>

namespace opptak::control {

CallId call_id(std::uint8_t low, std::uint8_t high) {
  CallId id;
  id.bytes.fill(0xc0);
  id.bytes[0] = high;
  id.bytes[15] = low;
  return id;
}

RecordingId recording_id(std::uint8_t low) {
  RecordingId id;
  id.bytes.fill(0x70);
  id.bytes[15] = low;
  return id;
}

CallRow sample_call(std::uint8_t low) {
  CallRow row;
  row.id = call_id(low);
  row.sip_call_id = "call-" + std::to_string(low) + "@10.0.0.1";
  row.from = "+4722334455";
  row.to = "+4790" + std::to_string(low);
  row.campaign = "spring";
  row.agent = "kari";
  row.client = "acme";
  row.mode = Mode::kManual;
  row.policy_rule = "header";
  row.conversation_id = to_string(row.id);
  row.state = CallState::kPartial;
  row.reason = "dropped_packets";
  row.answered = true;
  row.started_at = {1'700'000'000'000'000'000 + low};
  row.answered_at = row.started_at + 1;
  row.ended_at = row.started_at + 2;
  row.resume_json = "{}";
  return row;
}

RecordingRow sample_recording(std::uint8_t low, const CallId& call) {
  RecordingRow row;
  row.id = recording_id(low);
  row.call = call;
  row.tag.bytes.fill(0x7a);
  row.state = RecordingState::kErasing;
  row.started_at = {1'000 + low};
  row.ended_at = {2'000};
  row.expiry_day = 20'000;
  row.extents = {3, 4'096, 512};
  row.blocks = 5;
  row.packets = 0xffff'ffff'ffff'fff0;  // Counters are 64 bits wide, SQLite's integers signed.
  row.payload_bytes = 7;
  row.dropped_packets = 8;
  row.recovered = true;
  row.erase_ranges = "3:0:16384,3:32768:16384";
  row.receipt = R"({"signed":true})";
  row.erased_at = {3'000};
  return row;
}

StreamRow sample_stream(const RecordingId& recording, std::int64_t first_arrival) {
  StreamRow row;
  row.recording = recording;
  row.key = {{*parse_address("10.0.0.1"), 4'000}, {*parse_address("2001:db8::1"), 5'000}, 0xcafe};
  row.speaker = 1;
  row.first_arrival = {first_arrival};
  row.last_arrival = {first_arrival + 9};
  row.packets = 1;
  row.duplicates = 2;
  row.reordered = 3;
  row.lost = 4;
  row.dropped = 5;
  row.codecs = {{8, "PCMA", 8'000, 1}, {111, "OPUS", 48'000, 2}};
  return row;
}

CatalogueTest::CatalogueTest() {
  std::string name = testing::TempDir() + "catalogue-XXXXXX";
  folder_ = ::mkdtemp(name.data());
  file_ = folder_ / "catalogue.sqlite";
  auto opened = open_sqlite_catalogue(file_, storage::Durability::kNone);
  if (!opened) throw std::runtime_error(opened.error().message);
  writer_ = std::move(*opened);
}

CatalogueTest::~CatalogueTest() {
  writer_.reset();
  std::filesystem::remove_all(folder_);
}

}  // namespace opptak::control
