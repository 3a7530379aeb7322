// What the API sends (docs/openapi.yaml). The words of `reason`, `kind` and `policy_rule` are an
// open list: a newer gateway may know more than this page.
export type CallState =
  "in_progress" | "recorded" | "suppressed" | "partial" | "missed" | "no_media";

export const callStates: readonly CallState[] = [
  "in_progress",
  "recorded",
  "partial",
  "missed",
  "suppressed",
  "no_media",
];

export type Mode = "automatic" | "manual" | "off";

export const modes: readonly Mode[] = ["automatic", "manual", "off"];

export interface Codec {
  payload_type: number;
  codec: string;
  clock_hz: number;
  channels: number;
}

export interface Stream {
  src: string;
  dst: string;
  ssrc: number;
  speaker: "caller" | "callee";
  first_arrival: string | null;
  last_arrival: string | null;
  packets: number;
  duplicates: number;
  reordered: number;
  lost: number; // In the network before the gateway.
  dropped: number; // By the gateway.
  codecs: Codec[];
}

export type RecordingState = "open" | "closing" | "stored" | "erasing" | "erased" | "lost";

export interface Recording {
  recording_id: string;
  call_id: string;
  state: RecordingState;
  started_at: string | null;
  ended_at: string | null;
  expires_on: string | null;
  blocks: number;
  packets: number;
  payload_bytes: number;
  dropped_packets: number;
  recovered: boolean;
  erased_at: string | null;
  streams: Stream[];
}

export interface CallEvent {
  at: string | null;
  kind: string;
  detail: Record<string, unknown> | null;
}

export interface Call {
  call_id: string;
  sip_call_id: string;
  from: string;
  to: string;
  campaign: string | null;
  client: string;
  mode: Mode;
  policy_rule: string;
  conversation_id: string;
  state: CallState;
  reason: string | null;
  answered: boolean;
  started_at: string | null;
  answered_at: string | null;
  ended_at: string | null;
}

export interface CallDetail extends Call {
  recordings: Recording[];
  events: CallEvent[];
}

export interface CallPage {
  calls: Call[];
  next_cursor: string | null;
}

// What a search may narrow the log to. Numbers go in the body of a POST and nowhere else.
export interface CallFilter {
  number?: string;
  started_from?: string;
  started_to?: string;
  campaign?: string;
  state?: CallState;
}

export interface Campaign {
  id: string;
  client: string;
  mode: Mode;
  pre_roll_seconds: number;
  numbers: string[];
}

export interface Client {
  id: string;
  name: string;
  retention_days_sale: number;
  retention_days_other: number;
}

export type Role =
  "seller" | "supervisor" | "client_admin" | "data_protection_officer" | "operator" | "dialler";

export interface Session {
  account_id: string;
  login: string | null;
  role: Role;
  client: string | null;
}

// `text` is the receipt byte for byte as the gateway signed it; `fields` is for showing it.
export interface Receipt {
  text: string;
  fields: Record<string, unknown>;
}

export type LiveMessage = { type: "snapshot"; calls: Call[] } | { type: "call"; call: Call };
