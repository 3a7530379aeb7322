// From what the person chose to what the API is asked. Periods are counted from now.
import type { CallFilter } from "../api/types";
import type { ListPlace } from "../router";

const hourMs = 3_600_000;

export function filterOf(place: ListPlace, number: string, nowMs: number): CallFilter {
  const filter: CallFilter = {};
  if (number) filter.number = number;
  if (place.state) filter.state = place.state;
  if (place.campaign) filter.campaign = place.campaign;
  const from = startOf(place, nowMs);
  if (from) filter.started_from = from;
  const to = place.period === "own" ? asTime(place.before) : null;
  if (to) filter.started_to = to;
  return filter;
}

function startOf(place: ListPlace, nowMs: number): string | null {
  switch (place.period) {
    case "any":
      return null;
    case "hour":
      return new Date(nowMs - hourMs).toISOString();
    case "today": {
      const midnight = new Date(nowMs);
      midnight.setHours(0, 0, 0, 0);
      return midnight.toISOString();
    }
    case "week":
      return new Date(nowMs - 7 * 24 * hourMs).toISOString();
    case "own":
      return asTime(place.after);
  }
}

// "2026-11-24T18:00" in the browser's time zone.
function asTime(local: string): string | null {
  const time = Date.parse(local);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
