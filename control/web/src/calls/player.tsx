// Plays a recording where it stands. Nothing is fetched before the person asks for it: every
// access to audio is logged, and looking at a call is not listening to it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { audioAddress } from "../api/client";
import { Problem, problemOf } from "../api/problem";
import type { Recording } from "../api/types";
import { durationText, secondsBetween, useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { Icon } from "../ui/icons";
import { Failure } from "../ui/notice";
import { Lanes } from "./lanes";
import { openVoices, type Heard, type Voices } from "./voices";

const skipSeconds = 10;
const speeds = [0.75, 1, 1.25, 1.5, 2];

type Phase = "idle" | "preparing" | "playing" | "paused" | "failed";

export function Player({ recording }: { recording: Recording }) {
  const texts = useTexts();
  const words = texts.player;
  const format = useFormat();
  const audio = useRef<HTMLAudioElement>(null);
  const voices = useRef<Voices | null>(null);
  const [phase, setPhase] = useState<Phase>("idle");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(
    () => secondsBetween(recording.started_at, recording.ended_at) ?? 0,
  );
  const [heard, setHeard] = useState<Heard>("both");
  const address = audioAddress(recording.recording_id);

  useEffect(() => () => voices.current?.close(), []);

  const play = useCallback(async () => {
    const element = audio.current;
    if (!element) return;
    setProblem(null);
    setPhase("preparing");
    if (element.error) element.load();
    try {
      voices.current ??= openVoices(element);
      voices.current.hear(heard);
      await voices.current.resume();
    } catch {
      // No audio graph in this browser: the element plays by itself, without levels.
    }
    try {
      await element.play();
    } catch {
      if (element.error || !element.paused) return; // onError tells why.
      setPhase("paused");
    }
  }, [heard]);

  const seek = useCallback((seconds: number) => {
    const element = audio.current;
    if (!element) return;
    element.currentTime = seconds; // Before loading: where it will begin.
    setAt(seconds);
  }, []);

  const fail = async () => {
    setPhase("failed");
    setProblem(await whyUnplayable(address));
  };

  const choose = (choice: Heard) => {
    setHeard(choice);
    voices.current?.hear(choice);
  };

  const playing = phase === "playing" || phase === "preparing";
  return (
    <div class="player" role="group" aria-label={words.label} data-phase={phase}>
      <audio
        ref={audio}
        src={address}
        preload="none"
        onPlaying={() => setPhase("playing")}
        onPause={() => setPhase((now) => (now === "failed" ? now : "paused"))}
        onWaiting={() => setPhase("preparing")}
        onEnded={() => setPhase("paused")}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onDurationChange={(event) => {
          const known = event.currentTarget.duration;
          if (Number.isFinite(known)) setLength(known);
        }}
        onError={() => void fail()}
      />
      <Lanes
        recording={recording}
        at={at}
        length={length}
        heard={heard}
        playing={phase === "playing"}
        audio={audio}
        voices={voices}
        onSeek={seek}
      />
      <div class="player-controls">
        <button
          type="button"
          class="button player-skip"
          aria-label={words.back10}
          title={words.back10}
          onClick={() => seek(Math.max(0, at - skipSeconds))}
        >
          <Icon name="rewind" />
          10
        </button>
        <button
          type="button"
          class="button button-main player-play"
          onClick={() => (playing ? audio.current?.pause() : void play())}
        >
          <Icon name={playing ? "pause" : "play"} />
          {playing ? words.pause : words.play}
        </button>
        <button
          type="button"
          class="button player-skip"
          aria-label={words.forward10}
          title={words.forward10}
          onClick={() => seek(Math.min(length, at + skipSeconds))}
        >
          10
          <Icon name="forward" />
        </button>
        <span class="player-time">
          {durationText(at)} <span class="quiet">/ {durationText(length)}</span>
        </span>
      </div>
      <div class="player-controls">
        <fieldset class="choice player-voices">
          <legend class="unseen">{words.voices}</legend>
          {(["both", "caller", "callee"] as const).map((choice) => (
            <label key={choice}>
              <input
                type="radio"
                name={`voices-${recording.recording_id}`}
                checked={heard === choice}
                onChange={() => choose(choice)}
              />
              <span>{choice === "both" ? words.both : texts.streams.speaker[choice]}</span>
            </label>
          ))}
        </fieldset>
        <label class="player-speed">
          <span class="unseen">{words.speed}</span>
          <select
            onChange={(event) => {
              if (audio.current) audio.current.playbackRate = Number(event.currentTarget.value);
            }}
          >
            {speeds.map((speed) => (
              <option key={speed} value={speed} selected={speed === 1}>
                {format.count(speed)}×
              </option>
            ))}
          </select>
        </label>
      </div>
      <p class="player-note" role="status">
        {phase === "preparing" ? words.preparing : phase === "idle" ? words.logged : ""}
      </p>
      {problem && (
        <Failure
          title={problem.status === 422 ? words.unplayable : words.failed}
          problem={problem}
          onRetry={() => void play()}
        />
      )}
    </div>
  );
}

// An <audio> element does not tell what the server answered: ask for one byte to learn it.
async function whyUnplayable(address: string): Promise<Problem> {
  try {
    const response = await fetch(address, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
    return response.ok ? new Problem(response.status, "") : await problemOf(response);
  } catch {
    return new Problem(0, "");
  }
}
