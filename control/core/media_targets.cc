#include "control/core/media_targets.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace opptak::control {

namespace {

// Legs of one conversation start together; an older call that announces the same endpoint has
// rather been forgotten by those who made it.
constexpr std::int64_t kLegsApartNs = 30 * kNsPerSecond;

std::vector<CodecRow> codec_rows(const std::vector<sip::Codec>& codecs) {
  std::vector<CodecRow> rows;
  rows.reserve(codecs.size());
  for (const sip::Codec& codec : codecs) {
    rows.push_back({codec.payload_type, codec.name, codec.clock_hz, codec.channels});
  }
  return rows;
}

// Adds those whose payload type `to` does not name yet.
void add_codecs(std::vector<CodecRow>& to, const std::vector<CodecRow>& from) {
  for (const CodecRow& row : from) {
    const bool named = std::ranges::any_of(
        to, [&](const CodecRow& known) { return known.payload_type == row.payload_type; });
    if (!named) to.push_back(row);
  }
}

bool unspecified(const Endpoint& endpoint) {
  const bool mapped = is_mapped_ipv4(endpoint.address);
  const std::size_t first = mapped ? 12 : 0;
  return endpoint.port == 0 ||
         std::all_of(endpoint.address.begin() + static_cast<std::ptrdiff_t>(first),
                     endpoint.address.end(), [](std::uint8_t byte) { return byte == 0; });
}

dataplane::Side side_of(sip::Party party) {
  return party == sip::Party::kCaller ? dataplane::Side::kCaller : dataplane::Side::kCallee;
}

// The set of targets that `media` asks for, each endpoint once: audio before other media before
// RTCP, and what comes first before what comes later.
std::vector<MediaTarget> wanted_targets(const std::vector<sip::MediaEndpoint>& media) {
  std::vector<MediaTarget> wanted;
  const auto add = [&](const Endpoint& endpoint, const sip::MediaEndpoint& from,
                       dataplane::TargetKind kind) {
    const auto same = std::ranges::find(wanted, endpoint, &MediaTarget::endpoint);
    if (unspecified(endpoint) || same != wanted.end()) return;
    MediaTarget target;
    target.endpoint = endpoint;
    target.kind = kind;
    target.side = side_of(from.party);
    target.audio = from.kind == sip::MediaKind::kAudio;
    target.encrypted = from.encrypted;
    target.codecs = codec_rows(from.codecs);
    wanted.push_back(std::move(target));
  };
  for (const bool audio : {true, false}) {
    for (const sip::MediaEndpoint& one : media) {
      if ((one.kind == sip::MediaKind::kAudio) == audio) {
        add(one.rtp, one, dataplane::TargetKind::kRtp);
      }
    }
  }
  for (const sip::MediaEndpoint& one : media) add(one.rtcp, one, dataplane::TargetKind::kRtcp);
  // What the receiver announced counts; what only the sender announced may still be sent.
  for (MediaTarget& target : wanted) {
    if (!target.audio || target.kind != dataplane::TargetKind::kRtp) continue;
    for (const sip::MediaEndpoint& one : media) {
      if (one.kind == sip::MediaKind::kAudio) add_codecs(target.codecs, codec_rows(one.codecs));
    }
  }
  return wanted;
}

// Notes in both calls that they announce the same endpoint.
void note_shared(CoreState& state, LiveCall& call, const Endpoint& endpoint,
                 const EndpointClaim& owner) {
  LiveCall* const other = state.calls.find(owner.call);
  if (other == nullptr || other == &call || other->phase != CallPhase::kLive) return;
  const std::int64_t apart = call.row.started_at - other->row.started_at;
  const std::string own = to_string(call.row.id);
  if (call.row.conversation_id == own && std::abs(apart) <= kLegsApartNs) {
    call.row.conversation_id = other->row.conversation_id;
  }
  state.add_event(call, state.clock.now(), "endpoint_shared",
                  fmt::format(R"({{"endpoint":"{}","with":"{}"}})", to_string(endpoint),
                              to_string(other->row.id)));
}

void touch_owner(CoreState& state, const std::optional<EndpointClaim>& owner, bool owns) {
  if (!owner) return;
  LiveCall* const call = state.calls.find(owner->call);
  if (call == nullptr) return;
  if (!owns) call->media_in_other_call = true;
  state.touch(*call);
}

void add_claim(CoreState& state, LiveCall& call, const MediaTarget& target) {
  if (const auto owner = state.claims.owner(target.endpoint)) {
    note_shared(state, call, target.endpoint, *owner);
  }
  EndpointClaim claim;
  claim.target = target.id;
  claim.kind = target.kind;
  claim.call = call.row.id;
  claim.conversation = parse_id<CallId>(call.row.conversation_id).value_or(call.row.id);
  claim.call_order = call.order;
  const auto change = state.claims.add(target.endpoint, claim);
  if (change.before && change.after && change.before->target != change.after->target) {
    touch_owner(state, change.before, false);
  } else if (change.after && change.after->target != target.id) {
    call.media_in_other_call = true;
  }
}

void release(CoreState& state, const MediaTarget& target) {
  const auto change = state.claims.remove(target.endpoint, target.id);
  if (change.after && change.before && change.before->target == target.id) {
    touch_owner(state, change.after, true);
  }
  if (target.told) state.dropped_targets.push_back(target.id);
}

// Nothing while the recording that is to take the packets is not durable yet: they wait.
std::optional<TargetOrder> order_for(const LiveCall& call, const MediaTarget& target) {
  using dataplane::SuppressReason;
  TargetOrder order;
  if (target.kind == dataplane::TargetKind::kRtcp) return order;
  if (!target.audio) {
    order.reason = SuppressReason::kVideo;
    return order;
  }
  const auto recording = call.recordings.find(call.current);
  if (recording != call.recordings.end()) {
    if (!recording->second.opened) return std::nullopt;
    order.mode = dataplane::TargetMode::kRecord;
    order.recording = call.current;
  } else if (call.row.mode == Mode::kOff) {
    order.reason = SuppressReason::kOff;
  } else if (call.refused_no_key) {
    order.reason = SuppressReason::kNoKey;
  } else if (call.refused_store_full) {
    order.reason = SuppressReason::kStoreFull;
  } else {
    order.reason = SuppressReason::kManual;
  }
  return order;
}

}  // namespace

std::uint16_t writer_of(const CoreState& state, const RecordingId& recording) noexcept {
  if (state.writers == 0) return 0;
  return static_cast<std::uint16_t>(std::hash<RecordingId>{}(recording) % state.writers);
}

bool apply_media(CoreState& state, LiveCall& call, const std::vector<sip::MediaEndpoint>& media) {
  std::vector<MediaTarget> wanted = wanted_targets(media);
  std::vector<MediaTarget> before = std::exchange(call.targets, {});
  for (MediaTarget& target : wanted) {
    const auto known = std::ranges::find_if(before, [&](const MediaTarget& old) {
      return old.endpoint == target.endpoint && old.kind == target.kind &&
             old.audio == target.audio && old.side == target.side;
    });
    if (known == before.end()) continue;
    target.id = known->id;
    target.told = known->told;
    add_codecs(target.codecs, known->codecs);
    before.erase(known);
  }
  call.targets = std::move(wanted);
  for (const MediaTarget& gone : before) release(state, gone);
  bool audio = false;
  for (MediaTarget& target : call.targets) {
    audio = audio || (target.audio && target.kind == dataplane::TargetKind::kRtp);
    if (target.id != 0) continue;
    target.id = state.make_target_id();
    add_claim(state, call, target);
  }
  state.touch(call);
  return audio;
}

void release_targets(CoreState& state, LiveCall& call) {
  for (const MediaTarget& target : call.targets) release(state, target);
  call.targets.clear();
  state.touch(call);
}

namespace {

void put_target(CoreState& state, const LiveCall& call, const MediaTarget& target) {
  auto put = make_message<dataplane::TargetPut>();
  put.target = target.id;
  put.call = call.row.id;
  put.recording = target.told->recording;
  put.endpoint = target.endpoint;
  put.mode = target.told->mode;
  put.reason = target.told->reason;
  put.kind = target.kind;
  put.side = target.side;
  put.writer = writer_of(state, put.recording);
  state.batch.to_all_workers(put);
}

}  // namespace

void put_all_targets(CoreState& state, LiveCall& call) {
  for (MediaTarget& target : call.targets) {
    const auto owner = state.claims.owner(target.endpoint);
    if (!owner || owner->target != target.id) {
      target.told.reset();
      continue;
    }
    if (const auto order = order_for(call, target)) target.told = order;
    if (target.told) put_target(state, call, target);
  }
}

void tell_targets(CoreState& state) {
  // Put before drop: an endpoint that changes hands is known without a gap.
  for (const CallId& id : state.touched) {
    LiveCall* const call = state.calls.find(id);
    if (call == nullptr) continue;
    for (MediaTarget& target : call->targets) {
      const auto owner = state.claims.owner(target.endpoint);
      if (!owner || owner->target != target.id) {
        if (target.told) state.dropped_targets.push_back(target.id);
        target.told.reset();
        continue;
      }
      const auto order = order_for(*call, target);
      if (!order || target.told == order) continue;
      target.told = order;
      put_target(state, *call, target);
    }
  }
  for (const dataplane::TargetId id : std::exchange(state.dropped_targets, {})) {
    auto drop = make_message<dataplane::TargetDrop>();
    drop.target = id;
    state.batch.to_all_workers(drop);
  }
}

}  // namespace opptak::control
