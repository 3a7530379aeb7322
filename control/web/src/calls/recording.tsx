// One recording: played where it can be, erased by who may, and its receipt once it is erased.
import { useRef, useState } from "preact/hooks";

import { eraseRecording } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Receipt, Recording } from "../api/types";
import { useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { Confirm } from "../ui/dialog";
import { Failure } from "../ui/notice";
import { Player } from "./player";
import { ReceiptCard } from "./receipt";

interface RecordingProps {
  recording: Recording;
  title: string | null; // Where the call has several.
  onChanged: () => Promise<void>;
}

export function RecordingCard({ recording, title, onChanged }: RecordingProps) {
  const texts = useTexts();
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const card = useRef<HTMLElement>(null);
  const erased = receipt !== null || recording.state === "erased";
  return (
    <article
      ref={card}
      tabIndex={-1}
      class={`recording recording-${erased ? "erased" : recording.state}`}
    >
      {title && <h3 class="recording-title">{title}</h3>}
      {erased ? (
        <>
          <p class="recording-gone" role="status">
            {texts.receipt.erased}
          </p>
          <ReceiptCard recordingId={recording.recording_id} receipt={receipt} />
        </>
      ) : (
        <>
          <p class="recording-state">
            {texts.recording.states[recording.state]}
            <RecordingFacts recording={recording} />
          </p>
          <Content recording={recording} />
          <Erase
            recording={recording}
            onErased={(signed) => {
              setReceipt(signed);
              card.current?.focus({ preventScroll: true }); // The button that had it is gone.
            }}
            onChanged={onChanged}
          />
        </>
      )}
    </article>
  );
}

function RecordingFacts({ recording }: { recording: Recording }) {
  const texts = useTexts();
  const format = useFormat();
  const words = texts.recording;
  const facts: string[] = [];
  if (recording.expires_on) facts.push(words.expires(format.date(recording.expires_on)));
  if (recording.dropped_packets > 0) {
    facts.push(words.dropped(format.count(recording.dropped_packets)));
  }
  if (recording.recovered) facts.push(words.recovered);
  return (
    <>
      {facts.map((fact) => (
        <span key={fact} class="recording-fact">
          {fact}
        </span>
      ))}
    </>
  );
}

function Content({ recording }: { recording: Recording }) {
  const texts = useTexts();
  const session = useSession();
  switch (recording.state) {
    case "open":
    case "closing":
      return <p class="quiet">{texts.recording.openHint}</p>;
    case "erasing":
      return <p class="quiet">{texts.recording.erasingHint}</p>;
    case "lost":
      return <p class="quiet">{texts.recording.lostHint}</p>;
    default:
      if (!may(session, "play")) return <p class="quiet">{texts.recording.noPlayAccess}</p>;
      return <Player recording={recording} />;
  }
}

interface EraseProps {
  recording: Recording;
  onErased: (receipt: Receipt) => void;
  onChanged: () => Promise<void>;
}

function Erase({ recording, onErased, onChanged }: EraseProps) {
  const texts = useTexts();
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (recording.state !== "stored" || !may(session, "erase")) return null;

  const erase = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const receipt = await eraseRecording(recording.recording_id);
      setAsking(false);
      onErased(receipt);
      await onChanged();
    } catch (error) {
      setAsking(false);
      setProblem(asProblem(error));
    }
    setBusy(false);
  };

  return (
    <div class="recording-actions">
      {problem && <Failure title={texts.erase.failed} problem={problem} />}
      <button type="button" class="button button-small" onClick={() => setAsking(true)}>
        {texts.erase.button}
      </button>
      {asking && (
        <Confirm
          title={texts.erase.title}
          confirm={texts.erase.confirm}
          busy={busy ? texts.erase.erasing : null}
          onConfirm={() => void erase()}
          onCancel={() => setAsking(false)}
        >
          <ul>
            <li>{texts.erase.what}</li>
            <li>{texts.erase.stays}</li>
            <li>{texts.erase.not}</li>
          </ul>
        </Confirm>
      )}
    </div>
  );
}
