// A small call centre that never existed: calls in every state, made the same way each time but
// for "now". Shapes are those of docs/openapi.yaml. Numbers are from Norway's range for fiction.
import { createHash } from "node:crypto";

const minuteMs = 60_000;

export const campaigns = [
  { id: "winter", client: "acme", mode: "automatic", pre_roll_seconds: 0, numbers: ["+4790*"] },
  { id: "renewal", client: "acme", mode: "manual", pre_roll_seconds: 5, numbers: [] },
  {
    id: "survey",
    client: "fjordkraft",
    mode: "off",
    pre_roll_seconds: 0,
    numbers: ["+4722*", "+4723*"],
  },
];

export const clients = [
  { id: "acme", name: "Acme AS", retention_days_sale: 365, retention_days_other: 90 },
  {
    id: "fjordkraft",
    name: "Fjordkraft Salg AS",
    retention_days_sale: 730,
    retention_days_other: 30,
  },
];

// Deterministic ids in the form of UUIDv7.
export function idOf(kind, index) {
  const hex = createHash("sha256").update(`${kind}-${index}`).digest("hex");
  return [
    "0193a1f0",
    hex.slice(0, 4),
    `7${hex.slice(4, 7)}`,
    `8${hex.slice(7, 10)}`,
    hex.slice(10, 22),
  ].join("-");
}

const time = (ms) => new Date(ms).toISOString().replace("Z", "123Z");

// What happens to the calls in turn: [campaign, state, reason, seconds].
const stories = [
  ["winter", "recorded", null, 187],
  ["winter", "recorded", null, 64],
  ["renewal", "suppressed", "manual", 95],
  ["winter", "no_media", "not_answered", 21],
  ["winter", "partial", "dropped_packets", 412],
  ["survey", "suppressed", "off", 240],
  ["renewal", "recorded", null, 1310],
  ["winter", "missed", "encrypted_media", 33],
  [null, "suppressed", "off", 51],
  ["winter", "no_media", "rejected", 3],
  ["winter", "recorded", null, 4021],
  ["renewal", "recorded", null, 72],
];

function streamsOf(startedMs, seconds, lost, dropped) {
  const packets = seconds * 50;
  return ["caller", "callee"].map((speaker, side) => ({
    src: side === 0 ? "10.20.0.31:17402" : "[2001:db8:20::9]:24110",
    dst: side === 0 ? "[2001:db8:20::9]:24110" : "10.20.0.31:17402",
    ssrc: side === 0 ? 3405691582 : 168430090,
    speaker,
    first_arrival: time(startedMs + (side === 0 ? 0 : seconds * 60)),
    last_arrival: time(startedMs + seconds * (side === 0 ? 1000 : 940)),
    packets: packets - lost * side,
    duplicates: side,
    reordered: side * 3,
    lost: lost * side,
    dropped: dropped * side,
    codecs: [{ payload_type: 8, codec: "PCMA", clock_hz: 8000, channels: 1 }],
  }));
}

function recordingOf(call, index, startedMs, seconds, state) {
  const dropped = call.reason === "dropped_packets" ? 214 : 0;
  return {
    recording_id: idOf(`recording-${call.call_id}`, index),
    call_id: call.call_id,
    state,
    started_at: time(startedMs),
    ended_at: state === "open" ? null : time(startedMs + seconds * 1000),
    expires_on: new Date(startedMs + 90 * 24 * 60 * minuteMs).toISOString().slice(0, 10),
    blocks: Math.ceil(seconds / 2),
    packets: seconds * 100 - dropped,
    payload_bytes: seconds * 16_000,
    dropped_packets: dropped,
    recovered: false,
    erased_at: null,
    streams: streamsOf(startedMs, seconds, dropped ? 0 : 12, dropped),
  };
}

function eventsOf(call, recordings) {
  const at = (value) => value ?? call.started_at;
  const events = [
    {
      at: call.started_at,
      kind: "invite",
      detail: { src: "10.20.0.31:5060", dst: "10.20.0.9:5060" },
    },
    { at: time(Date.parse(call.started_at) + 340), kind: "ringing", detail: null },
  ];
  for (const recording of recordings) {
    const detail = { recording_id: recording.recording_id };
    events.push({ at: recording.started_at, kind: "recording_started", detail });
    if (recording.ended_at)
      events.push({ at: recording.ended_at, kind: "recording_stopped", detail });
  }
  if (call.answered) events.push({ at: at(call.answered_at), kind: "answered", detail: null });
  if (call.reason === "encrypted_media") {
    events.push({ at: at(call.answered_at), kind: "encrypted_media", detail: null });
  }
  if (call.reason === "dropped_packets") {
    events.push({ at: at(call.ended_at), kind: "packets_dropped", detail: { packets: 214 } });
  }
  if (call.ended_at) {
    const kind = call.reason === "rejected" ? "rejected" : call.answered ? "bye" : "cancelled";
    events.push({ at: call.ended_at, kind, detail: null });
  }
  return events.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function makeCall(index, startedMs, [campaign, state, reason, seconds], running) {
  const policy = campaigns.find((each) => each.id === campaign);
  const answered = state !== "no_media";
  const call = {
    call_id: idOf("call", index),
    sip_call_id: `${idOf("sip", index).slice(14, 23)}@pbx.example`,
    from: String(1001 + (index % 9)),
    to: index % 17 === 5 ? "anonymous" : `+47990${String(10_000 + index * 37).slice(-5)}`,
    campaign,
    client: policy?.client ?? "unassigned",
    mode: policy?.mode ?? "off",
    policy_rule: campaign ? (index % 3 ? "header" : "called_number") : "default",
    conversation_id: idOf("call", index),
    state: running ? "in_progress" : state,
    reason: running ? null : reason,
    answered,
    started_at: time(startedMs),
    answered_at: answered ? time(startedMs + 6_200) : null,
    ended_at: running ? null : time(startedMs + seconds * 1000),
  };
  const recorded =
    ["recorded", "partial"].includes(state) || (running && call.mode === "automatic");
  const recordings = [];
  if (recorded && call.mode === "manual") {
    recordings.push(recordingOf(call, 0, startedMs + 20_000, 24, "stored"));
    recordings.push(recordingOf(call, 1, startedMs + 50_000, seconds - 51, "stored"));
  } else if (recorded) {
    const state_ = running ? "open" : "stored";
    recordings.push(recordingOf(call, 0, startedMs + 900, Math.max(1, seconds - 1), state_));
  }
  return { ...call, recordings, events: eventsOf(call, recordings) };
}

export function makeCalls(count, nowMs) {
  const calls = [
    makeCall(9001, nowMs - 95_000, ["winter", "in_progress", null, 95], true),
    makeCall(9002, nowMs - 41_000, ["renewal", "in_progress", null, 41], true),
    makeCall(9003, nowMs - 8_000, ["survey", "in_progress", null, 8], true),
  ];
  for (let index = 0; index < count; ++index) {
    const startedMs = nowMs - (12 + index * 7) * minuteMs - (index % 5) * 13_300;
    calls.push(makeCall(index, startedMs, stories[index % stories.length], false));
  }
  return calls;
}

// The call as lists and the feed send it.
export function summaryOf({ recordings, events, ...call }) {
  return call;
}

export function startRecording(call, nowMs) {
  const recording = recordingOf(call, call.recordings.length, nowMs, 1, "open");
  call.recordings.push(recording);
  const detail = { recording_id: recording.recording_id };
  call.events.push({ at: recording.started_at, kind: "recording_started", detail });
  return recording;
}

export function stopRecording(call, nowMs) {
  const recording = call.recordings.find(({ state }) => state === "open");
  recording.state = "stored";
  recording.ended_at = time(nowMs);
  const detail = { recording_id: recording.recording_id };
  call.events.push({ at: recording.ended_at, kind: "recording_stopped", detail });
  return recording;
}

export function eraseRecording(call, recording, actor, nowMs) {
  const erasedAt = time(nowMs);
  recording.state = "erased";
  recording.erased_at = erasedAt;
  const detail = { recording_id: recording.recording_id, actor, space_freed: true };
  call.events.push({ at: erasedAt, kind: "erased", detail });
  // As docs/formats/receipt.md, but signed by nobody.
  return JSON.stringify({
    covers: "The audio and what describes it inside its blocks.",
    does_not_cover: "Exports and copies already handed out; old images of the disk.",
    erased_at: erasedAt,
    erased_by: actor,
    public_key: createHash("sha256").update("mock").digest("hex"),
    recording_hash: createHash("sha256").update(recording.recording_id).digest("hex"),
    stage: "erased",
    version: 1,
    signature: createHash("sha512").update(recording.recording_id).digest("hex"),
  });
}
