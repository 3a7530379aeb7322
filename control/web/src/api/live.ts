// The feed of calls in progress. Reconnects by itself, slower after each failure; every connection
// begins with a snapshot, so nothing needs to be remembered across a break.
import { isRecord } from "./problem";
import type { LiveMessage } from "./types";

export type LiveStatus = "connecting" | "live" | "offline";

const retryMsMin = 500;
const retryMsMax = 15_000;
const closedByPolicy = 1008; // The login behind the feed is gone.

interface Listener {
  onMessage: (message: LiveMessage) => void;
  onStatus: (status: LiveStatus) => void;
  onRevoked: () => void;
}

// Returns what ends it.
export function openLive(listener: Listener): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = retryMsMin;
  let ended = false;

  const connect = () => {
    clearTimeout(timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/v1/live`);
    socket.onmessage = (event) => {
      const message = parse(event.data);
      if (!message) return;
      retryMs = retryMsMin;
      if (message.type === "snapshot") listener.onStatus("live");
      listener.onMessage(message);
    };
    socket.onclose = (event) => {
      if (ended) return;
      if (event.code === closedByPolicy) {
        listener.onRevoked();
        return;
      }
      listener.onStatus("offline");
      timer = setTimeout(connect, retryMs * (0.75 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, retryMsMax);
    };
  };
  const reconnectNow = () => {
    if (socket?.readyState === WebSocket.CLOSED) connect();
  };

  window.addEventListener("online", reconnectNow);
  listener.onStatus("connecting");
  connect();
  return () => {
    ended = true;
    clearTimeout(timer);
    window.removeEventListener("online", reconnectNow);
    socket?.close();
  };
}

function parse(data: unknown): LiveMessage | null {
  try {
    const message: unknown = JSON.parse(String(data));
    if (!isRecord(message)) return null;
    if (message["type"] === "snapshot" && Array.isArray(message["calls"])) {
      return message as LiveMessage;
    }
    if (message["type"] === "call" && isRecord(message["call"])) return message as LiveMessage;
  } catch {
    // Falls through: what cannot be read changes nothing.
  }
  return null;
}
