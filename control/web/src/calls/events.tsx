import type { CallEvent } from "../api/types";
import { durationText, secondsBetween, useFormat } from "../i18n/format";
import type { Texts } from "../i18n/nb";
import { useTexts } from "../i18n/texts";
import { Word } from "./outcome";

interface EventsProps {
  events: CallEvent[];
  recordingIds: string[]; // In the order in which the call shows them.
  start: string | null; // The call's: each event also says how long after it came.
}

export function EventList({ events, recordingIds, start }: EventsProps) {
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
            <EventDetail detail={event.detail} recordingIds={recordingIds} />
          </span>
          <span class="event-offset">{offset(start, event.at)}</span>
        </li>
      ))}
    </ol>
  );
}

interface DetailProps {
  detail: CallEvent["detail"];
  recordingIds: string[];
}

// What the event says beyond its kind. A recording is named by its place among several; with only
// one it goes without saying.
function EventDetail({ detail, recordingIds }: DetailProps) {
  const texts = useTexts();
  const entries = Object.entries(detail ?? {}).filter(
    ([name]) => name !== "recording_id" || recordingIds.length > 1,
  );
  if (entries.length === 0) return null;
  return (
    <span class="event-detail">
      {entries.map(([name, value]) => (
        <span key={name}>{name === "recording_id" ? place(value) : named(name, value)}</span>
      ))}
    </span>
  );

  function place(id: unknown): string {
    const index = recordingIds.indexOf(String(id));
    return index < 0 ? String(id) : texts.detail.recordingCount(index + 1, recordingIds.length);
  }

  function named(name: string, value: unknown): string {
    return `${texts.eventDetails[name] ?? name} ${valueText(name, value, texts)}`;
  }
}

function valueText(name: string, value: unknown, texts: Texts): string {
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (value === "caller" || value === "callee") return texts.streams.speaker[value].toLowerCase();
  if (name === "reason" && typeof value === "string") return texts.reasons[value] ?? value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function offset(start: string | null, at: string | null): string {
  const seconds = secondsBetween(start, at);
  if (seconds === null || Math.abs(seconds) >= 24 * 3600) return "";
  const size = Math.abs(seconds);
  return `${seconds < 0 ? "−" : "+"}${size < 60 ? `${size.toFixed(2)} s` : durationText(size)}`;
}

function groupOf(kind: string): string {
  if (kind.startsWith("recording") || kind === "played") return "recording";
  if (kind.startsWith("eras") || kind === "access_refused") return "access";
  return "signalling";
}
