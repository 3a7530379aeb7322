// The calls that the page knows: pages of the log as they were asked for, and calls in progress
// as the feed tells them. Pure; the view draws what `inProgress` and `ended` give.
import type { Problem } from "../api/problem";
import type { Call, CallFilter, CallPage } from "../api/types";

export interface Log {
  phase: "loading" | "ready" | "failed";
  problem: Problem | null; // Of the first page, or of the page asked for last.
  filter: CallFilter;
  listed: ReadonlyMap<string, Call>; // From the log, by call id.
  live: ReadonlyMap<string, Call>; // From the feed, in progress only, whatever the filter.
  cursor: string | null; // Of the next older page; null: there is none.
  loadingOlder: boolean;
}

export const emptyLog: Log = {
  phase: "loading",
  problem: null,
  filter: {},
  listed: new Map(),
  live: new Map(),
  cursor: null,
  loadingOlder: false,
};

export type LogChange =
  | { kind: "asked"; filter: CallFilter }
  | { kind: "loaded"; page: CallPage; older: boolean }
  | { kind: "asked older" }
  | { kind: "failed"; problem: Problem; older: boolean }
  | { kind: "snapshot"; calls: Call[] }
  | { kind: "changed"; calls: Call[] };

export function matches(call: Call, filter: CallFilter): boolean {
  if (filter.state && call.state !== filter.state) return false;
  if (filter.campaign && call.campaign !== filter.campaign) return false;
  if (filter.number && call.from !== filter.number && call.to !== filter.number) return false;
  const started = call.started_at ? Date.parse(call.started_at) : 0;
  if (filter.started_from && started < Date.parse(filter.started_from)) return false;
  if (filter.started_to && started >= Date.parse(filter.started_to)) return false;
  return true;
}

export function reduceLog(log: Log, change: LogChange): Log {
  switch (change.kind) {
    case "asked":
      return { ...log, phase: "loading", problem: null, filter: change.filter };
    case "asked older":
      return { ...log, problem: null, loadingOlder: true };
    case "loaded":
      return withPage(log, change.page, change.older);
    case "failed":
      return change.older
        ? { ...log, problem: change.problem, loadingOlder: false }
        : { ...log, phase: "failed", problem: change.problem };
    case "snapshot":
      return withSnapshot(log, change.calls);
    case "changed":
      return withChanges(log, change.calls);
  }
}

function withPage(log: Log, page: CallPage, older: boolean): Log {
  const listed = new Map(older ? log.listed : []);
  for (const call of page.calls) listed.set(call.call_id, call);
  return {
    ...log,
    phase: "ready",
    problem: null,
    listed,
    cursor: page.next_cursor,
    loadingOlder: false,
  };
}

// What the log called in progress and the feed does not know has ended meanwhile: drop it; the
// caller asks for the first page again.
function withSnapshot(log: Log, calls: Call[]): Log {
  const live = new Map(calls.map((call) => [call.call_id, call]));
  const listed = new Map(log.listed);
  for (const call of listed.values()) {
    if (call.state === "in_progress" && !live.has(call.call_id)) listed.delete(call.call_id);
  }
  return { ...log, live, listed };
}

function withChanges(log: Log, calls: Call[]): Log {
  const live = new Map(log.live);
  const listed = new Map(log.listed);
  for (const call of calls) {
    if (call.state === "in_progress") {
      live.set(call.call_id, call);
      continue;
    }
    live.delete(call.call_id);
    if (matches(call, log.filter)) listed.set(call.call_id, call);
    else listed.delete(call.call_id);
  }
  return { ...log, live, listed };
}

export function inProgress(log: Log): Call[] {
  const calls = new Map<string, Call>();
  for (const call of log.listed.values()) {
    if (call.state === "in_progress") calls.set(call.call_id, call);
  }
  for (const call of log.live.values()) {
    if (matches(call, log.filter)) calls.set(call.call_id, call);
  }
  return newestFirst([...calls.values()]);
}

export function ended(log: Log): Call[] {
  return newestFirst([...log.listed.values()].filter((call) => call.state !== "in_progress"));
}

function newestFirst(calls: Call[]): Call[] {
  return calls.sort((a, b) => compare(b.started_at, a.started_at) || compare(b.call_id, a.call_id));
}

function compare(a: string | null, b: string | null): number {
  const [left, right] = [a ?? "", b ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}
