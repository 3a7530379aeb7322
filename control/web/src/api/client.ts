// The gateway's API, one function a call. The session is a cookie that scripts cannot read.
import { Problem, problemOf } from "./problem";
import { rawObjectMember, receiptOf } from "./receipt";
import type {
  CallDetail,
  CallFilter,
  CallPage,
  Campaign,
  Client,
  Receipt,
  Recording,
  Session,
} from "./types";

const pageLimit = 100;

interface Ask {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  signal?: AbortSignal | undefined;
}

let onLoggedOut: () => void = () => undefined;

// Called when the gateway no longer knows the session behind a request.
export function whenLoggedOut(handler: () => void): void {
  onLoggedOut = handler;
}

async function send(path: string, ask: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const method = ask.method ?? "GET";
  if (method !== "GET") headers["X-Opptak-Request"] = "1"; // Another site cannot set it.
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (ask.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(ask.body);
  }
  if (ask.signal) init.signal = ask.signal;
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (ask.signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== "/v1/session") onLoggedOut();
  throw await problemOf(response);
}

async function read<T>(path: string, ask: Ask = {}): Promise<T> {
  const response = await send(path, ask);
  return (await response.json()) as T;
}

export async function whoAmI(): Promise<Session | null> {
  try {
    return await read<Session>("/v1/session");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export function logIn(login: string, password: string): Promise<Session> {
  return read<Session>("/v1/session", { method: "POST", body: { login, password } });
}

export async function logOut(): Promise<void> {
  await send("/v1/session", { method: "DELETE" });
}

export function listCalls(
  filter: CallFilter,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<CallPage> {
  const page = { limit: pageLimit, ...(cursor ? { cursor } : {}) };
  if (filter.number) {
    const body = { ...filter, ...page };
    return read<CallPage>("/v1/calls/search", { method: "POST", body, signal });
  }
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...filter, ...page })) query.set(key, String(value));
  return read<CallPage>(`/v1/calls?${query}`, { signal });
}

export function getCall(id: string, signal?: AbortSignal): Promise<CallDetail> {
  return read<CallDetail>(`/v1/calls/${encodeURIComponent(id)}`, { signal });
}

export async function controlRecording(callId: string, action: "start" | "stop"): Promise<void> {
  const path = `/v1/calls/${encodeURIComponent(callId)}/recording`;
  await send(path, { method: "POST", body: { action } });
}

export function audioAddress(recordingId: string): string {
  return `/v1/recordings/${encodeURIComponent(recordingId)}/audio?format=wav`;
}

// The receipt of an erased recording; null while its erasure is under way.
export async function getReceipt(recordingId: string): Promise<Receipt | null> {
  try {
    await read<Recording>(`/v1/recordings/${encodeURIComponent(recordingId)}`);
    return null;
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 410) throw error;
    const text = rawObjectMember(error.body, "receipt");
    return text ? receiptOf(text) : null;
  }
}

export async function eraseRecording(recordingId: string): Promise<Receipt> {
  const path = `/v1/recordings/${encodeURIComponent(recordingId)}`;
  const response = await send(path, { method: "DELETE" });
  const receipt = receiptOf(await response.text());
  if (!receipt) throw new Problem(response.status, "The answer holds no receipt.");
  return receipt;
}

export async function listCampaigns(): Promise<Campaign[]> {
  return (await read<{ campaigns: Campaign[] }>("/v1/campaigns")).campaigns;
}

export async function listClients(): Promise<Client[]> {
  return (await read<{ clients: Client[] }>("/v1/clients")).clients;
}

export function putCampaign(campaign: Campaign): Promise<Campaign> {
  const { id, ...body } = campaign;
  return read<Campaign>(`/v1/campaigns/${encodeURIComponent(id)}`, { method: "PUT", body });
}
