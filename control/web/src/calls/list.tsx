// The log as a table: calls in progress first, then the rest day by day, newest first.
import type { Call } from "../api/types";
import { dayKey, useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { callsHash, type ListPlace } from "../router";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { Empty, Failure, Loading } from "../ui/notice";
import { canControl } from "./control";
import { ended, inProgress, type Log } from "./log";
import { CallRow } from "./row";

const nowShownMax = 100;

interface ListProps {
  log: Log;
  place: ListPlace;
  filtered: boolean;
  selected: string | null;
  onReload: () => void;
  onOlder: () => void;
}

export function CallList({ log, place, filtered, selected, onReload, onOlder }: ListProps) {
  const texts = useTexts();
  const session = useSession();
  const now = inProgress(log);
  const past = ended(log);
  const none = now.length === 0 && past.length === 0;

  if (none && log.phase === "loading") return <Loading text={texts.loading} />;
  if (log.phase === "failed" && log.problem) {
    return <Failure title={texts.list.failed} problem={log.problem} onRetry={onReload} />;
  }
  if (none) {
    return filtered ? (
      <Empty title={texts.list.emptyFiltered}>
        <p>{texts.list.emptyFilteredHint}</p>
        <a
          class="button"
          href={callsHash({ ...place, state: null, campaign: null, period: "any" }, null)}
        >
          {texts.filters.clear}
        </a>
      </Empty>
    ) : (
      <Empty title={texts.list.empty}>
        <p>{texts.list.emptyHint}</p>
      </Empty>
    );
  }

  const controls = may(session, "control") && now.some(canControl);
  const columns = controls ? 9 : 8;
  const row = (call: Call) => (
    <CallRow
      key={call.call_id}
      call={call}
      href={callsHash(place, call.call_id)}
      selected={call.call_id === selected}
      controls={controls}
    />
  );
  return (
    <>
      <table class="log" role="table" aria-busy={log.phase === "loading"}>
        <caption class="unseen">{texts.calls}</caption>
        <Head controls={controls} />
        {now.length > 0 && (
          <tbody role="rowgroup" class="log-now">
            <GroupHead columns={columns}>
              {texts.list.now}
              <span class="log-count">{texts.list.nowCount(now.length)}</span>
            </GroupHead>
            {now.slice(0, nowShownMax).map(row)}
            {now.length > nowShownMax && (
              <tr role="row">
                <td role="cell" colSpan={columns} class="quiet">
                  {texts.list.nowMore(now.length - nowShownMax)}
                </td>
              </tr>
            )}
          </tbody>
        )}
        {byDay(past).map(([key, calls]) => (
          <Day key={key} calls={calls} columns={columns}>
            {calls.map(row)}
          </Day>
        ))}
      </table>
      <Older log={log} filtered={filtered} onOlder={onOlder} />
    </>
  );
}

function Head({ controls }: { controls: boolean }) {
  const words = useTexts().list;
  const titles = [
    ["time", words.time],
    ["from", words.from],
    ["to", words.to],
    ["state", words.state],
    ["campaign", words.campaign],
    ["client", words.client],
    ["mode", words.mode],
    ["duration", words.duration],
  ];
  if (controls) titles.push(["action", words.action]);
  return (
    <thead role="rowgroup">
      <tr role="row">
        {titles.map(([name, title]) => (
          <th key={name} role="columnheader" scope="col" class={`cell-${name}`}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function GroupHead({ columns, children }: { columns: number; children: preact.ComponentChildren }) {
  return (
    <tr role="row" class="log-group">
      <th role="rowheader" scope="rowgroup" colSpan={columns}>
        {children}
      </th>
    </tr>
  );
}

interface DayProps {
  calls: Call[];
  columns: number;
  children: preact.ComponentChildren;
}

function Day({ calls, columns, children }: DayProps) {
  const texts = useTexts();
  const format = useFormat();
  const started = calls[0]?.started_at;
  return (
    <tbody role="rowgroup">
      <GroupHead columns={columns}>{started ? format.day(started) : texts.unknown}</GroupHead>
      {children}
    </tbody>
  );
}

function byDay(calls: Call[]): [string, Call[]][] {
  const days = new Map<string, Call[]>();
  for (const call of calls) {
    const key = dayKey(call.started_at);
    const day = days.get(key);
    if (day) day.push(call);
    else days.set(key, [call]);
  }
  return [...days];
}

function Older({ log, filtered, onOlder }: { log: Log; filtered: boolean; onOlder: () => void }) {
  const texts = useTexts();
  if (log.problem && log.phase === "ready") {
    return <Failure title={texts.list.failed} problem={log.problem} onRetry={onOlder} />;
  }
  if (log.cursor === null) {
    return <p class="log-end">{filtered ? texts.list.endFiltered : texts.list.end}</p>;
  }
  return (
    <p class="log-older">
      <button type="button" class="button" disabled={log.loadingOlder} onClick={onOlder}>
        {log.loadingOlder ? texts.loading : texts.list.older}
      </button>
    </p>
  );
}
