// Times, durations and counts as people read them. Times are shown in the browser's time zone.
import { useContext, useMemo } from "preact/hooks";

import { LanguageContext, type Language } from "./texts";

const localeOf: Record<Language, string> = { nb: "nb-NO", en: "en-GB" };

export interface Format {
  clock: (time: string) => string; // 14:03:27
  clockExact: (time: string) => string; // 14:03:27.120
  day: (time: string) => string; // Monday 24 November
  date: (date: string) => string; // 24 November 2026
  moment: (time: string) => string; // 24 Nov 2026, 14:03:27 CET
  count: (value: number) => string;
  bytes: (value: number) => string;
}

function makeFormat(locale: string): Format {
  const clock = new Intl.DateTimeFormat(locale, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  const otherYear = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  const count = new Intl.NumberFormat(locale);
  const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const thisYear = new Date().getFullYear();
  return {
    clock: (time) => clock.format(new Date(time)),
    clockExact: (time) => {
      const at = new Date(time);
      return `${clock.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
    },
    day: (time) => {
      const at = new Date(time);
      const text = (at.getFullYear() === thisYear ? day : otherYear).format(at);
      return text.charAt(0).toUpperCase() + text.slice(1);
    },
    date: (value) => date.format(new Date(value)),
    moment: (time) => moment.format(new Date(time)),
    count: (value) => count.format(value),
    bytes: (value) => {
      const units = ["B", "kB", "MB", "GB"];
      let amount = value;
      let unit = 0;
      while (amount >= 1000 && unit < units.length - 1) {
        amount /= 1000;
        ++unit;
      }
      return `${oneDigit.format(amount)} ${units[unit]}`;
    },
  };
}

export function useFormat(): Format {
  const language = useContext(LanguageContext);
  return useMemo(() => makeFormat(localeOf[language]), [language]);
}

// 0:07, 12:31, 1:02:09.
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

export function secondsBetween(from: string | null, to: string | null): number | null {
  if (!from || !to) return null;
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

// The day in the browser's time zone, for grouping.
export function dayKey(time: string | null): string {
  if (!time) return "";
  const at = new Date(time);
  return `${at.getFullYear()}-${at.getMonth()}-${at.getDate()}`;
}
