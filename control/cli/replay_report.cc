#include "control/cli/replay_report.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/catalogue/names.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json time_or_null(UnixNs time) { return time.known() ? Json(format_rfc3339(time)) : Json(nullptr); }

std::string hex(const readback::Sha256& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

// Where SDP named nothing: RFC 3551 section 6.
std::string codec_name(const std::vector<CodecRow>& codecs, std::uint8_t payload_type) {
  for (const CodecRow& codec : codecs) {
    if (codec.payload_type == payload_type) return codec.name;
  }
  switch (payload_type) {
    case 0:
      return "PCMU";
    case 3:
      return "GSM";
    case 4:
      return "G723";
    case 8:
      return "PCMA";
    case 9:
      return "G722";
    case 13:
      return "CN";
    case 15:
      return "G728";
    case 18:
      return "G729";
    default:
      return "unknown";
  }
}

Json stream_json(const readback::StreamReadback& stream) {
  Json payloads = Json::array();
  for (const readback::PayloadDigest& payload : stream.summary.payloads) {
    payloads.push_back({{"payload_type", payload.payload_type},
                        {"codec", codec_name(stream.codecs, payload.payload_type)},
                        {"packets", payload.packets},
                        {"bytes", payload.bytes},
                        {"sha256", hex(payload.sha256)}});
  }
  return {{"src", to_string(stream.key.src)},
          {"dst", to_string(stream.key.dst)},
          {"ssrc", stream.key.ssrc},
          {"packets", stream.summary.packets},
          {"lost", stream.summary.lost},
          {"duplicates", stream.duplicates},
          {"reordered", stream.summary.reordered},
          {"payloads", std::move(payloads)}};
}

Json recording_json(const ReplayedRecording& recording) {
  Json streams = Json::array();
  for (const auto& stream : recording.streams) streams.push_back(stream_json(stream));
  return {{"recording_id", to_string(recording.row.id)},
          {"started_at", time_or_null(recording.row.started_at)},
          {"ended_at", time_or_null(recording.row.ended_at)},
          {"streams", std::move(streams)}};
}

Json call_json(const ReplayedCall& call) {
  Json recordings = Json::array();
  for (const auto& recording : call.recordings) recordings.push_back(recording_json(recording));
  const CallRow& row = call.row;
  return {{"call_id", to_string(row.id)},
          {"sip_call_id", row.sip_call_id},
          {"from", row.from},
          {"to", row.to},
          {"campaign", text_or_null(row.campaign)},
          {"conversation_id", row.conversation_id},
          {"state", name_of(row.state)},
          {"reason", text_or_null(row.reason)},
          {"answered", row.answered},
          {"started_at", time_or_null(row.started_at)},
          {"answered_at", time_or_null(row.answered_at)},
          {"ended_at", time_or_null(row.ended_at)},
          {"recordings", std::move(recordings)}};
}

template <class T>
CliResult<T> from_catalogue(CatalogueResult<T> result) {
  if (result) return std::move(*result);
  return fail(result.error().message);
}

CliResult<std::vector<CallRow>> all_calls(CatalogueReader& catalogue) {
  std::vector<CallRow> calls;
  std::string cursor;
  do {
    auto page = from_catalogue(catalogue.list_calls({}, cursor, kListLimitMax));
    if (!page) return std::unexpected(page.error());
    std::ranges::move(page->calls, std::back_inserter(calls));
    cursor = page->next_cursor.value_or("");
  } while (!cursor.empty());
  std::ranges::sort(calls, [](const CallRow& left, const CallRow& right) {
    return std::tie(left.started_at, left.sip_call_id, left.id) <
           std::tie(right.started_at, right.sip_call_id, right.id);
  });
  return calls;
}

CliResult<ReplayedRecording> read_recording(const std::filesystem::path& store,
                                            CatalogueReader& catalogue,
                                            const storage::KeyStore& keys, RecordingRow row) {
  ReplayedRecording recording{.row = std::move(row), .stream_rows = {}, .streams = {}};
  auto streams = from_catalogue(catalogue.streams_of(recording.row.id));
  if (!streams) return std::unexpected(streams.error());
  recording.stream_rows = std::move(*streams);
  // A recording of which nothing could be stored: its call says why.
  if (recording.row.state == RecordingState::kLost) return recording;
  const auto key = keys.find(recording.row.id);
  if (!key) return fail(key.error().message);
  auto read = readback::read_back(store, recording.row, recording.stream_rows, *key);
  if (!read) return fail(std::move(read.error().message));
  recording.streams = std::move(read->streams);
  return recording;
}

CliResult<void> check_packets(const dataplane::PacketTotals& packets) {
  if (packets.pending == 0 && packets.balanced()) return {};
  return fail(
      fmt::format("Of {} packets received {} are accounted for and {} are pending: this is "
                  "a defect of Opptak, please report it with the capture.",
                  packets.received, packets.final_sum(), packets.pending));
}

}  // namespace

CliResult<ReplayReport> read_replay(const std::filesystem::path& store, CatalogueReader& catalogue,
                                    const storage::KeyStore& keys,
                                    const dataplane::PacketTotals& packets) {
  if (auto checked = check_packets(packets); !checked) return std::unexpected(checked.error());
  auto calls = all_calls(catalogue);
  if (!calls) return std::unexpected(calls.error());
  ReplayReport report{.packets = packets, .calls = {}};
  for (CallRow& row : *calls) {
    ReplayedCall& call = report.calls.emplace_back();
    call.row = std::move(row);
    auto rows = from_catalogue(catalogue.recordings_of(call.row.id));
    if (!rows) return std::unexpected(rows.error());
    for (RecordingRow& recording_row : *rows) {
      auto recording = read_recording(store, catalogue, keys, std::move(recording_row));
      if (!recording) return std::unexpected(recording.error());
      call.recordings.push_back(std::move(*recording));
    }
  }
  return report;
}

std::string to_json(const ReplayReport& report) {
  const dataplane::PacketTotals& packets = report.packets;
  Json calls = Json::array();
  for (const ReplayedCall& call : report.calls) calls.push_back(call_json(call));
  const Json all = {{"packets",
                     {{"received", packets.received},
                      {"stored", packets.stored},
                      {"suppressed", packets.suppressed},
                      {"signalling", packets.signalling},
                      {"not_call", packets.not_call},
                      {"duplicate", packets.duplicate},
                      {"malformed", packets.malformed},
                      {"dropped", packets.dropped}}},
                    {"calls", std::move(calls)}};
  // What SIP calls text may hold any bytes.
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_table(const ReplayReport& report) {
  Table table({"started", "from", "to", "campaign", "state", "recordings", "packets", "lost"});
  for (const ReplayedCall& call : report.calls) {
    std::uint64_t packets = 0;
    std::uint64_t lost = 0;
    for (const ReplayedRecording& recording : call.recordings) {
      for (const auto& stream : recording.streams) {
        packets += stream.summary.packets;
        lost += stream.summary.lost;
      }
    }
    const std::string state = std::string(name_of(call.row.state)) +
                              (call.row.reason ? " (" + *call.row.reason + ")" : "");
    table.row({call.row.started_at.known() ? format_rfc3339(call.row.started_at) : "-",
               call.row.from, call.row.to, call.row.campaign.value_or("-"), state,
               std::to_string(call.recordings.size()), std::to_string(packets),
               std::to_string(lost)});
  }
  const dataplane::PacketTotals& packets = report.packets;
  return table.text() +
         fmt::format(
             "{} calls. Packets: {} received, {} stored, {} suppressed, {} signalling, {} "
             "not of a call, {} duplicate, {} malformed, {} dropped.\n",
             report.calls.size(), packets.received, packets.stored, packets.suppressed,
             packets.signalling, packets.not_call, packets.duplicate, packets.malformed,
             packets.dropped);
}

}  // namespace opptak::control::cli
