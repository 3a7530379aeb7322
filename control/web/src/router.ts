// Where in the page we are, as the part of the address after "#": it can be linked and goes back
// and forth with the browser. Phone numbers never stand in it.
import { useEffect, useState } from "preact/hooks";

import { callStates, type CallState } from "./api/types";

export const periods = ["any", "hour", "today", "week", "own"] as const;
export type Period = (typeof periods)[number];

export interface ListPlace {
  state: CallState | null;
  campaign: string | null;
  period: Period;
  after: string; // As <input type="datetime-local"> writes it; only of the period "own".
  before: string;
}

export type Route =
  { view: "calls"; callId: string | null; place: ListPlace } | { view: "campaigns" };

export const anywhere: ListPlace = {
  state: null,
  campaign: null,
  period: "any",
  after: "",
  before: "",
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const [, view, id] = path.split("/");
  if (view === "campaigns") return { view: "campaigns" };
  const callId = view === "calls" && id && uuid.test(id) ? id.toLowerCase() : null;
  return { view: "calls", callId, place: readPlace(new URLSearchParams(query)) };
}

function readPlace(query: URLSearchParams): ListPlace {
  const state = callStates.find((known) => known === query.get("state")) ?? null;
  const period = periods.find((known) => known === query.get("period")) ?? "any";
  return {
    state,
    campaign: query.get("campaign"),
    period,
    after: period === "own" ? (query.get("after") ?? "") : "",
    before: period === "own" ? (query.get("before") ?? "") : "",
  };
}

export function callsHash(place: ListPlace, callId: string | null): string {
  const query = new URLSearchParams();
  if (place.state) query.set("state", place.state);
  if (place.campaign) query.set("campaign", place.campaign);
  if (place.period !== "any") query.set("period", place.period);
  if (place.period === "own" && place.after) query.set("after", place.after);
  if (place.period === "own" && place.before) query.set("before", place.before);
  const tail = query.toString();
  return `#/calls${callId ? `/${callId}` : ""}${tail ? `?${tail}` : ""}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(readRoute(location.hash));
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  return route;
}
