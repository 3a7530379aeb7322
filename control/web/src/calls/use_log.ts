// Keeps a Log filled: asks for pages, listens to the feed, asks again when the filter changes.
import { useCallback, useEffect, useReducer, useRef } from "preact/hooks";

import { listCalls } from "../api/client";
import { openLive, type LiveStatus } from "../api/live";
import { asProblem } from "../api/problem";
import type { Call, CallFilter } from "../api/types";
import { emptyLog, reduceLog, type Log } from "./log";

const batchMs = 200; // Changes are drawn together, not one by one.
const offlineRefreshMs = 15_000;
const listedMax = 2_000; // Beyond it the log starts again from its first page.

interface UsedLog {
  log: Log;
  latest: Call[]; // The batch of changes that came last.
  reload: () => void;
  loadOlder: () => void;
}

interface LogListener {
  onStatus: (status: LiveStatus) => void;
  onRevoked: () => void;
}

export function useLog(makeFilter: () => CallFilter, key: string, listener: LogListener): UsedLog {
  const [log, change] = useReducer(reduceLog, emptyLog);
  const asking = useRef<AbortController | null>(null);
  const latest = useRef<Call[]>([]);
  const current = useRef(log);
  current.current = log;
  const makeLatestFilter = useRef(makeFilter);
  makeLatestFilter.current = makeFilter;

  const ask = useCallback((filter: CallFilter, cursor: string | null) => {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    const older = cursor !== null;
    change(older ? { kind: "asked older" } : { kind: "asked", filter });
    listCalls(filter, cursor, abort.signal).then(
      (page) => change({ kind: "loaded", page, older }),
      (error: unknown) => {
        if (!abort.signal.aborted) change({ kind: "failed", problem: asProblem(error), older });
      },
    );
  }, []);

  const reload = useCallback(() => ask(makeLatestFilter.current(), null), [ask]);
  const loadOlder = useCallback(() => {
    if (current.current.cursor) ask(current.current.filter, current.current.cursor);
  }, [ask]);

  useEffect(() => {
    reload();
    return () => asking.current?.abort();
  }, [key, reload]);

  useEffect(() => {
    let waiting: Call[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let refresh: ReturnType<typeof setInterval> | undefined;
    let snapshots = 0;
    const flush = () => {
      timer = undefined;
      latest.current = waiting;
      change({ kind: "changed", calls: waiting });
      waiting = [];
      if (current.current.listed.size > listedMax && window.scrollY < 200) reload();
    };
    const stop = openLive({
      onMessage: (message) => {
        if (message.type === "snapshot") {
          waiting = [];
          change({ kind: "snapshot", calls: message.calls });
          if (snapshots++ > 0) reload(); // What ended during the break is in the log only.
        } else {
          waiting.push(message.call);
          timer ??= setTimeout(flush, batchMs);
        }
      },
      onStatus: (status) => {
        clearInterval(refresh);
        if (status === "offline") refresh = setInterval(reload, offlineRefreshMs);
        listener.onStatus(status);
      },
      onRevoked: listener.onRevoked,
    });
    return () => {
      clearTimeout(timer);
      clearInterval(refresh);
      stop();
    };
    // The feed lives as long as the view; `listener` is made of stable functions.
  }, [reload]);

  return { log, latest: latest.current, reload, loadOlder };
}
