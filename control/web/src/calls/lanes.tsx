// The time axis of the player: one lane for each voice, drawn where its packets arrived, with its
// level while it plays. The slider over both is what keys, pointers and screen readers move.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Recording, Stream } from "../api/types";
import { durationText, secondsBetween } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import type { Heard, Voice, Voices } from "./voices";

interface LanesProps {
  recording: Recording;
  at: number;
  length: number;
  heard: Heard;
  playing: boolean;
  audio: RefObject<HTMLAudioElement | null>;
  voices: RefObject<Voices | null>;
  onSeek: (seconds: number) => void;
}

const speakers: readonly Voice[] = ["caller", "callee"];

export function Lanes(props: LanesProps) {
  const { recording, at, length, heard, playing, audio, voices, onSeek } = props;
  const texts = useTexts();
  const words = texts.player;
  const box = useRef<HTMLDivElement>(null);

  // Between two "timeupdate" events (4 a second) the line and the levels move by themselves.
  useEffect(() => {
    if (!playing) {
      paint(box.current, at, length, null);
      return undefined;
    }
    let frame = 0;
    const step = () => {
      paint(box.current, audio.current?.currentTime ?? 0, length, voices.current);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [playing, at, length, audio, voices]);

  return (
    <div class="lanes" ref={box}>
      {speakers.map((speaker) => (
        <div
          key={speaker}
          class={`lane lane-${speaker}`}
          data-muted={heard !== "both" && heard !== speaker}
        >
          <span class="lane-name">
            <span class={`voice voice-${speaker}`}>{texts.streams.speaker[speaker]}</span>
            <span class="lane-level" data-voice={speaker} aria-hidden="true" />
          </span>
          <span class="lane-track" aria-hidden="true">
            {spans(recording, speaker).map(({ from, to }, index) => (
              <span
                key={index}
                class="lane-span"
                style={{ left: `${from * 100}%`, right: `${(1 - to) * 100}%` }}
              />
            ))}
          </span>
        </div>
      ))}
      <div class="lanes-axis">
        <span class="lanes-line" aria-hidden="true" />
        <input
          type="range"
          class="lanes-slider"
          min={0}
          max={Math.max(length, 0.1)}
          step={0.1}
          value={at}
          aria-label={words.position}
          aria-valuetext={words.positionText(durationText(at), durationText(length))}
          onInput={(event) => onSeek(Number(event.currentTarget.value))}
        />
      </div>
    </div>
  );
}

function paint(box: HTMLElement | null, at: number, length: number, voices: Voices | null): void {
  if (!box) return;
  box.style.setProperty("--at", String(length > 0 ? Math.min(1, at / length) : 0));
  for (const meter of box.querySelectorAll<HTMLElement>("[data-voice]")) {
    const voice = meter.dataset["voice"] as Voice;
    meter.style.setProperty("--level", voices ? voices.level(voice).toFixed(2) : "0");
  }
}

// From the first to the last packet of each stream of one voice, as shares of the whole.
function spans(recording: Recording, speaker: Voice) {
  const length = secondsBetween(recording.started_at, recording.ended_at) ?? 0;
  if (length <= 0) return [];
  return recording.streams
    .filter((stream) => stream.speaker === speaker && stream.packets > 0)
    .map((stream: Stream) => ({
      from: share(secondsBetween(recording.started_at, stream.first_arrival), length, 0),
      to: share(secondsBetween(recording.started_at, stream.last_arrival), length, 1),
    }));
}

function share(seconds: number | null, length: number, otherwise: number): number {
  return seconds === null ? otherwise : Math.min(1, Math.max(0, seconds / length));
}
