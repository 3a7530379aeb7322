// The text of CallRow::resume_json. Field names are short: it is written with every change.
#include <utility>

#include <nlohmann/json.hpp>

#include "control/core/resume.h"
#include "storage/settings/settings.h"

namespace opptak::control {

namespace {

using Json = nlohmann::json;

constexpr int kResumeVersion = 1;

Json json_of(const std::vector<CodecRow>& codecs) {
  Json list = Json::array();
  for (const CodecRow& one : codecs) {
    list.push_back({one.payload_type, one.name, one.clock_hz, one.channels});
  }
  return list;
}

std::vector<CodecRow> codecs_of(const Json& list) {
  std::vector<CodecRow> codecs;
  for (const Json& one : list) {
    codecs.push_back({one.at(0).get<std::uint8_t>(), one.at(1).get<std::string>(),
                      one.at(2).get<std::uint32_t>(), one.at(3).get<std::uint8_t>()});
  }
  return codecs;
}

Endpoint endpoint_of(const Json& text) {
  const auto endpoint = storage::parse_endpoint(text.get<std::string>());
  if (!endpoint) throw std::invalid_argument("endpoint");
  return *endpoint;
}

template <class Id>
Id id_of(const Json& text) {
  const auto id = parse_id<Id>(text.get<std::string>());
  if (!id) throw std::invalid_argument("id");
  return *id;
}

Json json_of(const StreamKey& key) { return {to_string(key.src), to_string(key.dst), key.ssrc}; }

StreamKey stream_key_of(const Json& list) {
  return {endpoint_of(list.at(0)), endpoint_of(list.at(1)), list.at(2).get<std::uint32_t>()};
}

Json targets_json(const LiveCall& call) {
  Json list = Json::array();
  for (const MediaTarget& target : call.targets) {
    list.push_back({target.id, to_string(target.endpoint), static_cast<int>(target.kind),
                    static_cast<int>(target.side), target.audio, target.encrypted,
                    json_of(target.codecs)});
  }
  return list;
}

MediaTarget target_of(const Json& list) {
  MediaTarget target;
  target.id = list.at(0).get<std::uint64_t>();
  target.endpoint = endpoint_of(list.at(1));
  target.kind = static_cast<dataplane::TargetKind>(list.at(2).get<std::uint8_t>() & 1);
  target.side = static_cast<dataplane::Side>(list.at(3).get<std::uint8_t>() & 1);
  target.audio = list.at(4).get<bool>();
  target.encrypted = list.at(5).get<bool>();
  target.codecs = codecs_of(list.at(6));
  return target;
}

Json streams_json(const LiveCall& call) {
  Json list = Json::array();
  for (const auto& [key, stream] : call.streams) {
    list.push_back({key.first, json_of(key.second), to_string(stream.row.recording),
                    stream.row.speaker, stream.row.first_arrival.value, stream.audio,
                    stream.encrypted, json_of(stream.row.codecs)});
  }
  return list;
}

void read_stream(LiveCall& call, const Json& list) {
  ActiveStream stream;
  stream.row.key = stream_key_of(list.at(1));
  stream.row.recording = id_of<RecordingId>(list.at(2));
  stream.row.speaker = list.at(3).get<std::uint8_t>();
  stream.row.first_arrival = {list.at(4).get<std::int64_t>()};
  stream.audio = list.at(5).get<bool>();
  stream.encrypted = list.at(6).get<bool>();
  stream.row.codecs = codecs_of(list.at(7));
  const StreamKey key = stream.row.key;
  call.streams[{list.at(0).get<std::uint64_t>(), key}] = std::move(stream);
}

Json ended_json(const LiveCall& call) {
  Json list = Json::array();
  for (const auto& [key, recording, first] : call.streams_ended) {
    list.push_back({json_of(key), first.value, to_string(recording)});
  }
  return list;
}

Json seen_json(const MediaSeen& seen) {
  return {seen.audio_streams,      seen.encrypted_streams, seen.other_streams,
          seen.dropped_packets,    seen.recordings_stored, seen.recordings_lost,
          seen.last_media_at.value};
}

MediaSeen seen_of(const Json& list) {
  return {list.at(0),
          list.at(1),
          list.at(2),
          list.at(3),
          list.at(4),
          list.at(5),
          {list.at(6).get<std::int64_t>()}};
}

void read_call(LiveCall& call, const Json& json) {
  const auto phase = json.at("phase").get<std::uint8_t>();
  if (phase > static_cast<std::uint8_t>(CallPhase::kDraining)) throw std::invalid_argument("phase");
  call.phase = static_cast<CallPhase>(phase);
  call.retention_days = json.at("days");
  call.current = id_of<RecordingId>(json.at("current"));
  call.end_reason = json.at("end");
  const Json& flags = json.at("flags");
  call.refused_store_full = flags.at(0);
  call.refused_no_key = flags.at(1);
  call.store_full_seen = flags.at(2);
  call.gateway_restarted = flags.at(3);
  call.media_in_other_call = flags.at(4);
  call.seen = seen_of(json.at("seen"));
  call.active_at = {json.at("active").get<std::int64_t>()};
  for (const Json& target : json.at("targets")) call.targets.push_back(target_of(target));
  for (const Json& stream : json.at("streams")) read_stream(call, stream);
  for (const Json& ended : json.at("ended")) {
    call.streams_ended.insert({stream_key_of(ended.at(0)),
                               id_of<RecordingId>(ended.at(2)),
                               {ended.at(1).get<std::int64_t>()}});
  }
}

}  // namespace

std::string encode_resume(const CoreState& state, const LiveCall& call, const std::string& dialog) {
  const Json json = {
      {"v", kResumeVersion},
      {"epoch", state.dataplane_epoch},
      {"phase", static_cast<int>(call.phase)},
      {"days", call.retention_days},
      {"current", to_string(call.current)},
      {"end", call.end_reason},
      {"flags",
       {call.refused_store_full, call.refused_no_key, call.store_full_seen, call.gateway_restarted,
        call.media_in_other_call}},
      {"seen", seen_json(call.seen)},
      {"active", call.active_at.value},
      {"targets", targets_json(call)},
      {"streams", streams_json(call)},
      {"ended", ended_json(call)},
      {"dialog", dialog},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Resumed> decode_resume(const CallRow& row) {
  try {
    const Json json = Json::parse(row.resume_json);
    if (json.at("v").get<int>() != kResumeVersion) return std::nullopt;
    Resumed resumed{.call = std::make_unique<LiveCall>(),
                    .dialog = json.at("dialog").get<std::string>(),
                    .dataplane_epoch = json.at("epoch").get<std::uint64_t>()};
    resumed.call->row = row;
    read_call(*resumed.call, json);
    return resumed;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

}  // namespace opptak::control
