// One call: what it was, how it ended, its recordings, what happened, which packets came.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { getCall } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Call, CallDetail } from "../api/types";
import { useFormat } from "../i18n/format";
import type { Texts } from "../i18n/nb";
import { useTexts } from "../i18n/texts";
import { Icon } from "../ui/icons";
import { Failure, Loading } from "../ui/notice";
import { isRecording, RecordingControl } from "./control";
import { EventList } from "./events";
import { ModeWord, Outcome, Party, Word } from "./outcome";
import { RecordingCard } from "./recording";
import { Duration } from "./row";
import { StreamTable } from "./streams";

interface PanelProps {
  callId: string;
  changed: Call | null; // News of this call from the feed.
  backHref: string;
  onClose: () => void;
}

export function CallPanel({ callId, changed, backHref, onClose }: PanelProps) {
  const texts = useTexts();
  const [call, setCall] = useState<CallDetail | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const panel = useRef<HTMLElement>(null);

  const load = useCallback(async () => {
    try {
      setCall(await getCall(callId));
      setProblem(null);
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [callId]);

  useEffect(() => {
    void load();
  }, [load, changed]);

  // A recording that has just ended is still on its way to the disk: look again until it is there.
  const settling = call?.recordings.some(({ state }) => state === "closing" || state === "erasing");
  useEffect(() => {
    if (!settling) return undefined;
    const timer = setInterval(() => void load(), 1500);
    return () => clearInterval(timer);
  }, [settling, load]);

  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    if (matchMedia("(max-width: 67.5rem)").matches) window.scrollTo(0, 0);
  }, []);

  return (
    <section
      class="panel"
      aria-label={texts.detail.label}
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => {
        const inDialog = event.target instanceof Element && event.target.closest("dialog");
        if (event.key === "Escape" && !inDialog) onClose();
      }}
    >
      <div class="panel-top">
        <a class="panel-back" href={backHref}>
          <Icon name="back" />
          {texts.back}
        </a>
        <a class="panel-close" href={backHref} aria-label={texts.close} title={texts.close}>
          <Icon name="close" />
        </a>
      </div>
      {problem && (
        <Failure title={texts.detail.failed} problem={problem} onRetry={() => void load()} />
      )}
      {!call && !problem && <Loading text={texts.detail.loading} />}
      {call && <Detail call={call} onChanged={load} />}
    </section>
  );
}

function Detail({ call, onChanged }: { call: CallDetail; onChanged: () => Promise<void> }) {
  const texts = useTexts();
  const count = call.recordings.length;
  return (
    <>
      <header class="call-head">
        <h1 class="call-parties">
          <Party number={call.from} />
          <span class="call-arrow" aria-hidden="true">
            →
          </span>
          <span class="unseen">{texts.list.to}</span>
          <Party number={call.to} />
        </h1>
        <p class="call-outcome">
          <Outcome call={call} />
          <span class="call-duration">
            <span class="unseen">{texts.list.duration}</span> <Duration call={call} />
          </span>
        </p>
        <RecordingControl call={call} recording={isRecording(call)} onDone={onChanged} />
      </header>
      <Facts call={call} />
      <section class="part" aria-label={texts.detail.recordings}>
        <h2>{texts.detail.recordings}</h2>
        {count === 0 && <NoRecording call={call} />}
        {call.recordings.map((recording, index) => (
          <RecordingCard
            key={recording.recording_id}
            recording={recording}
            title={count > 1 ? texts.detail.recordingCount(index + 1, count) : null}
            onChanged={onChanged}
          />
        ))}
      </section>
      <section class="part" aria-label={texts.detail.events}>
        <h2>{texts.detail.events}</h2>
        <EventList
          events={call.events}
          recordingIds={call.recordings.map(({ recording_id }) => recording_id)}
          start={call.started_at}
        />
      </section>
      {count > 0 && (
        <section class="part" aria-label={texts.detail.streams}>
          <h2>{texts.detail.streams}</h2>
          <StreamTable streams={call.recordings.flatMap((recording) => recording.streams)} />
        </section>
      )}
      <section class="part" aria-label={texts.detail.ids}>
        <h2>{texts.detail.ids}</h2>
        <Ids call={call} />
      </section>
    </>
  );
}

function Facts({ call }: { call: CallDetail }) {
  const texts = useTexts();
  const format = useFormat();
  const words = texts.detail;
  const clock = (value: string | null) =>
    value ? <time dateTime={value}>{format.clock(value)}</time> : texts.unknown;
  return (
    <dl class="facts">
      <dt>{words.started}</dt>
      <dd>
        {call.started_at ? (
          <time dateTime={call.started_at}>{format.moment(call.started_at)}</time>
        ) : (
          texts.unknown
        )}
      </dd>
      <dt>{words.answered}</dt>
      <dd>{call.answered ? clock(call.answered_at) : words.notAnswered}</dd>
      {call.ended_at && (
        <>
          <dt>{words.ended}</dt>
          <dd>{clock(call.ended_at)}</dd>
        </>
      )}
      <dt>{texts.list.campaign}</dt>
      <dd>
        {call.campaign ?? texts.list.noCampaign}
        <span class="quiet"> · {call.client}</span>
      </dd>
      <dt>{texts.list.mode}</dt>
      <dd>
        <ModeWord mode={call.mode} />
        {call.policy_rule && (
          <span class="quiet">
            {" · "}
            {words.rule.toLowerCase()} <Word of={words.rules} code={call.policy_rule} />
          </span>
        )}
      </dd>
    </dl>
  );
}

function Ids({ call }: { call: CallDetail }) {
  const texts = useTexts();
  const rows: [string, string][] = [
    [texts.detail.callId, call.call_id],
    [texts.detail.sipCallId, call.sip_call_id],
    ...call.recordings.map((each): [string, string] => [texts.recording.id, each.recording_id]),
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => [
        <dt key={`name ${value}`}>{name}</dt>,
        <dd key={value}>
          <code class="id">{value}</code>
        </dd>,
      ])}
    </dl>
  );
}

function NoRecording({ call }: { call: CallDetail }) {
  const texts = useTexts();
  const { sentence, withReason } = whyNoRecording(call, texts);
  return (
    <div class="no-recording">
      <p class="no-recording-title">{texts.detail.noRecording}</p>
      <p>
        {sentence}
        {withReason && call.reason && (
          <>
            {" "}
            <Word of={texts.reasons} code={call.reason} />.
          </>
        )}
      </p>
    </div>
  );
}

function whyNoRecording(call: CallDetail, texts: Texts): { sentence: string; withReason: boolean } {
  const why = texts.detail.noRecordingBecause;
  switch (call.state) {
    case "in_progress":
      if (call.mode === "manual") return { sentence: why.in_progress_manual, withReason: false };
      if (call.mode === "off") return { sentence: why.in_progress_off, withReason: false };
      return { sentence: why.in_progress, withReason: false };
    case "suppressed":
      if (call.reason === "off") return { sentence: why.suppressed_off, withReason: false };
      if (call.reason === "manual") return { sentence: why.suppressed_manual, withReason: false };
      return { sentence: why.suppressed, withReason: false };
    case "missed":
      return { sentence: why.missed, withReason: true };
    case "no_media":
      return { sentence: why.no_media, withReason: true };
    default:
      return { sentence: why.other, withReason: false };
  }
}
