import type { CallEvent } from "../api/types";
import { secondsBetween, useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { Word } from "./outcome";

interface EventsProps {
  events: CallEvent[];
  start: string | null; // The call's: each event also says how long after it came.
}

export function EventList({ events, start }: EventsProps) {
  const texts = useTexts();
  const format = useFormat();
  if (events.length === 0) return <p class="quiet">{texts.detail.noEvents}</p>;
  return (
    <ol class="events">
      {events.map((event, index) => (
        <li key={index} class={`event event-${groupOf(event.kind)}`}>
          <time class="event-time" dateTime={event.at ?? undefined}>
            {event.at ? format.clockExact(event.at) : texts.unknown}
          </time>
          <span class="event-what">
            <Word of={texts.events} code={event.kind} />
            <EventDetail detail={event.detail} />
          </span>
          <span class="event-offset">{offset(start, event.at)}</span>
        </li>
      ))}
    </ol>
  );
}

// The gateway's own words and values: shown as they are.
function EventDetail({ detail }: { detail: CallEvent["detail"] }) {
  const entries = Object.entries(detail ?? {});
  if (entries.length === 0) return null;
  return (
    <span class="event-detail">
      {entries.map(([name, value]) => (
        <span key={name}>
          <span class="event-name">{name}</span>{" "}
          {typeof value === "object" ? JSON.stringify(value) : String(value)}
        </span>
      ))}
    </span>
  );
}

function offset(start: string | null, at: string | null): string {
  const seconds = secondsBetween(start, at);
  if (seconds === null || Math.abs(seconds) >= 24 * 3600) return "";
  return `${seconds < 0 ? "−" : "+"}${Math.abs(seconds).toFixed(2)} s`;
}

function groupOf(kind: string): string {
  if (kind.startsWith("recording") || kind === "played") return "recording";
  if (kind.startsWith("eras") || kind === "access_refused") return "access";
  return "signalling";
}
