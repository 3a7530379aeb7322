#include "control/sip/snapshot.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/sip/message.h"
#include "control/sip/printable.h"
#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::size_t kLinesMax = 4096;
constexpr std::size_t kCodecsMax = 128;

// What read_snapshot() turns into "no snapshot".
struct BadSnapshot {};

void require(bool condition) {
  if (!condition) throw BadSnapshot{};
}

template <class Enum>
int number_of(Enum value) {
  return static_cast<int>(value);
}

template <class Enum>
Enum read_enum(const json& value, Enum last) {
  const auto number = value.get<std::uint64_t>();
  require(number <= static_cast<std::uint64_t>(last));
  return static_cast<Enum>(number);
}

template <class Integer>
Integer read_integer(const json& value) {
  const auto number = value.get<std::uint64_t>();
  require(number <= std::numeric_limits<Integer>::max());
  return static_cast<Integer>(number);
}

Endpoint read_endpoint(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  const std::size_t colon = text.rfind(':');
  require(colon != std::string::npos);
  std::string_view address = std::string_view(text).substr(0, colon);
  if (address.size() >= 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  const auto parsed = parse_address(address);
  const auto port = parse_decimal(std::string_view(text).substr(colon + 1), 65'535);
  require(parsed && port);
  return Endpoint{*parsed, static_cast<std::uint16_t>(*port)};
}

std::uint64_t read_hash(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  require(error == std::errc{} && end == text.data() + text.size());
  return hash;
}

UnixNs read_time(const json& value) { return UnixNs{value.get<std::int64_t>()}; }

json write_pending(const PendingEnd& pending) {
  return {{"deadline", pending.deadline.value},
          {"at", pending.at.value},
          {"cause", number_of(pending.cause)},
          {"status", pending.status}};
}

PendingEnd read_pending(const json& value) {
  return PendingEnd{read_time(value.at("deadline")), read_time(value.at("at")),
                    read_enum(value.at("cause"), EndCause::kEvicted),
                    read_integer<std::uint16_t>(value.at("status"))};
}

json write_exchange(const Exchange& exchange) {
  json branches = json::array();
  for (const Branch& branch : exchange.branches) {
    branches.push_back({{"hash", fmt::format("{:016x}", branch.hash)},
                        {"via_count", branch.via_count},
                        {"cancelled", branch.cancelled},
                        {"failed", branch.failed}});
  }
  json written = {{"order", exchange.order},
                  {"cseq", exchange.cseq},
                  {"leg", exchange.leg},
                  {"dialog", exchange.dialog},
                  {"by", number_of(exchange.by)},
                  {"invite", exchange.invite},
                  {"state", number_of(exchange.state)},
                  {"described", exchange.described},
                  {"branches", std::move(branches)}};
  if (exchange.hold) written["hold"] = *exchange.hold;
  return written;
}

Exchange read_exchange(const json& value, const Call& call) {
  Exchange exchange;
  exchange.order = read_integer<std::uint32_t>(value.at("order"));
  exchange.cseq = read_integer<std::uint32_t>(value.at("cseq"));
  exchange.leg = read_integer<std::uint8_t>(value.at("leg"));
  exchange.dialog = read_integer<std::uint8_t>(value.at("dialog"));
  require(exchange.leg < call.legs.size());
  require(exchange.dialog == kNoDialog || exchange.dialog < call.dialogs.size());
  exchange.by = read_enum(value.at("by"), Party::kCallee);
  exchange.invite = value.at("invite").get<bool>();
  exchange.state = read_enum(value.at("state"), ExchangeState::kFailed);
  exchange.described = value.at("described").get<std::array<bool, 2>>();
  if (value.contains("hold")) exchange.hold = value.at("hold").get<bool>();
  for (const json& branch : value.at("branches")) {
    exchange.branches.push_back(
        Branch{read_hash(branch.at("hash")), read_integer<std::uint32_t>(branch.at("via_count")),
               branch.at("cancelled").get<bool>(), branch.at("failed").get<bool>()});
  }
  require(exchange.branches.size() <= kBranchesMax);
  return exchange;
}

json write_line(const MediaLine& line) {
  json codecs = json::array();
  for (const Codec& codec : line.endpoint.codecs) {
    codecs.push_back({codec.payload_type, codec.name, codec.clock_hz, codec.channels});
  }
  return {{"party", number_of(line.source.party)},
          {"leg", line.source.leg},
          {"dialog", line.source.dialog},
          {"exchange", line.source.exchange},
          {"index", line.index},
          {"rtp", to_string(line.endpoint.rtp)},
          {"rtcp", to_string(line.endpoint.rtcp)},
          {"rtcp_mux", line.rtcp_mux},
          {"kind", number_of(line.endpoint.kind)},
          {"direction", number_of(line.endpoint.direction)},
          {"security", number_of(line.security)},
          {"gone_at", line.gone_at.value},
          {"codecs", std::move(codecs)}};
}

MediaLine read_line(const json& value, const Call& call) {
  MediaLine line;
  line.source.party = read_enum(value.at("party"), Party::kCallee);
  line.source.leg = read_integer<std::uint8_t>(value.at("leg"));
  line.source.dialog = read_integer<std::uint8_t>(value.at("dialog"));
  line.source.exchange = read_integer<std::uint32_t>(value.at("exchange"));
  require(line.source.leg < call.legs.size());
  require(line.source.dialog == kNoDialog || line.source.dialog < call.dialogs.size());
  line.index = read_integer<std::uint16_t>(value.at("index"));
  line.rtcp_mux = value.at("rtcp_mux").get<bool>();
  line.security = read_enum(value.at("security"), SdpSecurity::kRequired);
  line.gone_at = read_time(value.at("gone_at"));
  line.endpoint.party = line.source.party;
  line.endpoint.rtp = read_endpoint(value.at("rtp"));
  line.endpoint.rtcp = read_endpoint(value.at("rtcp"));
  line.endpoint.kind = read_enum(value.at("kind"), MediaKind::kOther);
  line.endpoint.direction = read_enum(value.at("direction"), MediaDirection::kInactive);
  line.endpoint.encrypted = false;
  const json& codecs = value.at("codecs");
  require(codecs.is_array() && codecs.size() <= kCodecsMax);
  for (const json& codec : codecs) {
    line.endpoint.codecs.push_back(
        Codec{read_integer<std::uint8_t>(codec.at(0)), codec.at(1).get<std::string>(),
              read_integer<std::uint32_t>(codec.at(2)), read_integer<std::uint8_t>(codec.at(3))});
  }
  return line;
}

std::string read_field(const json& value) {
  std::string field = unescape_bytes(value.get_ref<const std::string&>());
  require(field.size() <= kFieldBytesMax);
  return field;
}

Call read_call(const json& value) {
  require(value.at("version").get<int>() == kVersion);
  Call call;
  call.call_id = read_field(value.at("call_id"));
  require(!call.call_id.empty());
  call.answered = value.at("answered").get<bool>();
  call.rang = value.at("rang").get<bool>();
  call.held = value.at("held").get<std::array<bool, 2>>();
  call.setup_deadline = read_time(value.at("setup_deadline"));
  call.rejected = read_pending(value.at("rejected"));
  call.cancelled = read_pending(value.at("cancelled"));
  call.next_order = read_integer<std::uint32_t>(value.at("next_order"));
  for (const json& leg : value.at("legs")) {
    call.legs.push_back(
        Leg{read_field(leg.at("tag")), read_integer<std::uint32_t>(leg.at("invite_cseq"))});
  }
  require(!call.legs.empty() && call.legs.size() <= kLegsMax);
  for (const json& dialog : value.at("dialogs")) {
    call.dialogs.push_back(Dialog{read_integer<std::uint8_t>(dialog.at("leg")),
                                  read_enum(dialog.at("state"), DialogState::kEnded),
                                  read_field(dialog.at("tag"))});
    require(call.dialogs.back().leg < call.legs.size());
  }
  require(call.dialogs.size() <= kDialogsMax);
  for (const json& exchange : value.at("exchanges")) {
    call.exchanges.push_back(read_exchange(exchange, call));
  }
  require(call.exchanges.size() <= kExchangesMax);
  const json& lines = value.at("media");
  require(lines.is_array() && lines.size() <= kLinesMax);
  for (const json& line : lines) call.media.restore(read_line(line, call));
  call.sent_fingerprint = fingerprint(call.media.current());
  return call;
}

}  // namespace

std::string write_snapshot(const Call& call) {
  json value = {{"version", kVersion},
                {"call_id", escape_bytes(call.call_id)},
                {"answered", call.answered},
                {"rang", call.rang},
                {"held", call.held},
                {"setup_deadline", call.setup_deadline.value},
                {"rejected", write_pending(call.rejected)},
                {"cancelled", write_pending(call.cancelled)},
                {"next_order", call.next_order}};
  for (const char* list : {"legs", "dialogs", "exchanges", "media"}) value[list] = json::array();
  for (const Leg& leg : call.legs) {
    value["legs"].push_back({{"tag", escape_bytes(leg.tag)}, {"invite_cseq", leg.invite_cseq}});
  }
  for (const Dialog& dialog : call.dialogs) {
    value["dialogs"].push_back({{"leg", dialog.leg},
                                {"state", number_of(dialog.state)},
                                {"tag", escape_bytes(dialog.tag)}});
  }
  for (const Exchange& exchange : call.exchanges) {
    value["exchanges"].push_back(write_exchange(exchange));
  }
  for (const MediaLine& line : call.media.lines()) value["media"].push_back(write_line(line));
  return value.dump();
}

std::optional<Call> read_snapshot(std::string_view text) {
  try {
    return read_call(json::parse(text));
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const BadSnapshot&) {
    return std::nullopt;
  }
}

}  // namespace opptak::control::sip
