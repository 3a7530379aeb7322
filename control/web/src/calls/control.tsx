// Start and stop of a recording by hand, for calls in progress of manual campaigns.
import { useCallback, useEffect, useState } from "preact/hooks";

import { controlRecording, getCall } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Call, CallDetail } from "../api/types";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { Icon } from "../ui/icons";
import { problemText } from "../ui/notice";

export function canControl(call: Call): boolean {
  return call.state === "in_progress" && call.mode === "manual";
}

export function isRecording(call: CallDetail): boolean {
  return call.recordings.some((recording) => recording.state === "open");
}

interface ControlProps {
  call: Call;
  recording: boolean | null; // Null: not known yet.
  onDone: () => void | Promise<void>;
}

export function RecordingControl({ call, recording, onDone }: ControlProps) {
  const texts = useTexts();
  const session = useSession();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ title: string; problem: Problem } | null>(null);
  if (!canControl(call) || !may(session, "control")) return null;

  const act = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await controlRecording(call.call_id, recording ? "stop" : "start");
    } catch (error) {
      const title = recording ? texts.control.failedStop : texts.control.failedStart;
      setFailed({ title, problem: asProblem(error) });
    }
    await onDone();
    setBusy(false);
  };

  return (
    <span class="control">
      <button
        type="button"
        class={recording ? "button button-small control-on" : "button button-small"}
        disabled={busy || recording === null}
        onClick={() => void act()}
      >
        <Icon name={recording ? "stop" : "record"} />
        {recording ? texts.control.stop : texts.control.start}
      </button>
      {failed && (
        <span class="control-failed" role="alert">
          {failed.title}. {failed.problem.detail || problemText(failed.problem, texts)}
        </span>
      )}
    </span>
  );
}

// In a row of the list, which does not carry recordings: asks for them when the call changes.
export function RowControl({ call }: { call: Call }) {
  const session = useSession();
  const [recording, setRecording] = useState<boolean | null>(null);
  const wanted = canControl(call) && may(session, "control");

  const refresh = useCallback(async () => {
    try {
      setRecording(isRecording(await getCall(call.call_id)));
    } catch {
      setRecording((known) => known ?? false); // The gateway answers 409 where that is wrong.
    }
  }, [call.call_id]);

  useEffect(() => {
    if (wanted) void refresh();
  }, [wanted, call, refresh]);

  return wanted ? <RecordingControl call={call} recording={recording} onDone={refresh} /> : null;
}
