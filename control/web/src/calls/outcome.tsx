// A call's state with its reason, and the words for codes the page may not know.
import type { Call, Mode } from "../api/types";
import { useTexts } from "../i18n/texts";
import { StateMark } from "../ui/mark";

// A word of an open list: ours where we have one, else the code as the gateway wrote it.
export function Word({ of, code }: { of: Record<string, string>; code: string }) {
  const known = of[code];
  return known ? <>{known}</> : <code>{code}</code>;
}

export function Outcome({ call }: { call: Call }) {
  const texts = useTexts();
  return (
    <span class={`outcome outcome-${call.state}`}>
      <StateMark state={call.state} />
      <span>
        <span class="outcome-state">{texts.states[call.state] ?? call.state}</span>
        {call.reason && (
          <span class="outcome-reason">
            {", "}
            <Word of={texts.reasons} code={call.reason} />
          </span>
        )}
      </span>
    </span>
  );
}

export function ModeWord({ mode }: { mode: Mode }) {
  const texts = useTexts();
  return <span class={`mode mode-${mode}`}>{texts.modes[mode] ?? mode}</span>;
}

export function Party({ number }: { number: string }) {
  const texts = useTexts();
  if (!number || number.toLowerCase() === "anonymous") {
    return <span class="party party-none">{texts.list.anonymous}</span>;
  }
  return <span class="party">{number}</span>;
}
