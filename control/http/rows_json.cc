#include "control/http/rows_json.h"

#include <nlohmann/json.hpp>

#include "control/catalogue/names.h"

namespace opptak::control::http {

namespace {

Json time_or_null(UnixNs time) { return time.known() ? Json(format_rfc3339(time)) : Json(nullptr); }

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json day_or_null(std::uint32_t day) {
  if (day == 0) return nullptr;
  const UnixNs midnight{static_cast<std::int64_t>(day) * 86'400 * kNsPerSecond};
  return format_rfc3339(midnight).substr(0, 10);
}

Json stream_json(const StreamRow& stream) {
  Json json;
  json["src"] = to_string(stream.key.src);
  json["dst"] = to_string(stream.key.dst);
  json["ssrc"] = stream.key.ssrc;
  json["speaker"] = stream.speaker == 0 ? "caller" : "callee";
  json["first_arrival"] = time_or_null(stream.first_arrival);
  json["last_arrival"] = time_or_null(stream.last_arrival);
  json["packets"] = stream.packets;
  json["duplicates"] = stream.duplicates;
  json["reordered"] = stream.reordered;
  json["lost"] = stream.lost;
  json["dropped"] = stream.dropped;
  json["codecs"] = Json::array();
  for (const CodecRow& codec : stream.codecs) {
    Json item;
    item["payload_type"] = codec.payload_type;
    item["codec"] = codec.name;
    item["clock_hz"] = codec.clock_hz;
    item["channels"] = codec.channels;
    json["codecs"].push_back(std::move(item));
  }
  return json;
}

}  // namespace

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json call_json(const CallRow& call) {
  Json json;
  json["call_id"] = to_string(call.id);
  json["sip_call_id"] = call.sip_call_id;
  json["from"] = call.from;
  json["to"] = call.to;
  json["campaign"] = text_or_null(call.campaign);
  json["agent"] = text_or_null(call.agent);
  json["client"] = call.client;
  json["mode"] = name_of(call.mode);
  json["policy_rule"] = call.policy_rule;
  json["conversation_id"] = call.conversation_id;
  json["state"] = name_of(call.state);
  json["reason"] = text_or_null(call.reason);
  json["answered"] = call.answered;
  json["started_at"] = time_or_null(call.started_at);
  json["answered_at"] = time_or_null(call.answered_at);
  json["ended_at"] = time_or_null(call.ended_at);
  return json;
}

Json recording_json(const RecordingRow& recording, const std::vector<StreamRow>& streams) {
  Json json;
  json["recording_id"] = to_string(recording.id);
  json["call_id"] = to_string(recording.call);
  json["state"] = name_of(recording.state);
  json["started_at"] = time_or_null(recording.started_at);
  json["ended_at"] = time_or_null(recording.ended_at);
  json["expires_on"] = day_or_null(recording.expiry_day);
  json["blocks"] = recording.blocks;
  json["packets"] = recording.packets;
  json["payload_bytes"] = recording.payload_bytes;
  json["dropped_packets"] = recording.dropped_packets;
  json["recovered"] = recording.recovered;
  json["erased_at"] = time_or_null(recording.erased_at);
  json["streams"] = Json::array();
  for (const StreamRow& stream : streams) json["streams"].push_back(stream_json(stream));
  return json;
}

Json event_json(const CallEventRow& event) {
  Json json;
  json["at"] = time_or_null(event.at);
  json["kind"] = event.kind;
  const Json detail = Json::parse(event.detail, nullptr, false);
  json["detail"] = detail.is_object() ? detail : Json(nullptr);
  return json;
}

Json client_json(const ClientRow& client) {
  Json json;
  json["id"] = client.id;
  json["name"] = client.name;
  json["retention_days_sale"] = client.retention_days_sale;
  json["retention_days_other"] = client.retention_days_other;
  return json;
}

Json campaign_json(const CampaignRow& campaign) {
  Json json;
  json["id"] = campaign.id;
  json["client"] = campaign.client;
  json["mode"] = name_of(campaign.mode);
  json["pre_roll_seconds"] = campaign.pre_roll_seconds;
  json["numbers"] = campaign.numbers;
  return json;
}

Json principal_json(const Principal& principal, bool by_token) {
  Json json;
  json["id"] = principal.id;
  json["role"] = name_of(principal.role);
  json["client"] = text_or_null(principal.client);
  json["agent"] = principal.agent.empty() ? Json(nullptr) : Json(principal.agent);
  json["via"] = by_token ? "token" : "session";
  return json;
}

}  // namespace opptak::control::http
