// The signed answer to an erasure: what it says in words, all of it as it was signed, and a file.
import { useCallback, useEffect, useState } from "preact/hooks";

import { getReceipt } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Receipt } from "../api/types";
import { useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { Icon } from "../ui/icons";
import { Failure, Loading } from "../ui/notice";
import { Word } from "./outcome";

interface ReceiptProps {
  recordingId: string;
  receipt: Receipt | null; // From the erasure itself, where it was done just now.
}

export function ReceiptCard({ recordingId, receipt: given }: ReceiptProps) {
  const texts = useTexts();
  const [receipt, setReceipt] = useState<Receipt | null>(given);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState(given !== null);

  const load = useCallback(async () => {
    setProblem(null);
    try {
      setReceipt(await getReceipt(recordingId));
      setAsked(true);
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, [recordingId]);

  useEffect(() => {
    if (given) setReceipt(given);
    else void load();
  }, [given, load]);

  if (problem) {
    return <Failure title={texts.receipt.failed} problem={problem} onRetry={() => void load()} />;
  }
  if (!receipt) {
    return asked ? <p class="quiet">{texts.receipt.pending}</p> : <Loading text={texts.loading} />;
  }
  return <ReceiptFields recordingId={recordingId} receipt={receipt} />;
}

function ReceiptFields({ recordingId, receipt }: { recordingId: string; receipt: Receipt }) {
  const texts = useTexts();
  const words = texts.receipt;
  const shown = Object.keys(words.fields).filter((name) => name in receipt.fields);
  return (
    <div class="receipt">
      <h3>{words.title}</h3>
      <dl class="facts">
        {shown.map((name) => (
          <FieldRow key={name} name={name} value={receipt.fields[name]} />
        ))}
      </dl>
      <p class="receipt-actions">
        <button
          type="button"
          class="button button-small"
          onClick={() => download(`opptak-receipt-${recordingId}.json`, receipt.text)}
        >
          <Icon name="download" />
          {words.download}
        </button>
      </p>
      <details class="receipt-all">
        <summary>{words.all}</summary>
        <pre tabIndex={0}>{JSON.stringify(receipt.fields, null, 2)}</pre>
        <p class="quiet">
          {words.check} <code>opptak verify receipt opptak-receipt-….json</code>
        </p>
      </details>
    </div>
  );
}

// Sentences that are part of what is signed: shown as they are, not translated.
const signedText = new Set(["covers", "does_not_cover"]);

function FieldRow({ name, value }: { name: string; value: unknown }) {
  const texts = useTexts();
  const format = useFormat();
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const isTime = /^\d{4}-\d\d-\d\dT/.test(text);
  return (
    <>
      <dt>{texts.receipt.fields[name]}</dt>
      <dd>
        {isTime ? (
          <time dateTime={text}>{format.moment(text)}</time>
        ) : name === "stage" ? (
          <Word of={texts.receipt.stages} code={text} />
        ) : signedText.has(name) ? (
          <span lang="en">{text}</span>
        ) : (
          <code class="id">{text}</code>
        )}
      </dd>
    </>
  );
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // Some browsers read it after the click.
}
