// The list of calls and, beside it or in its place, the one that is open.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { listCampaigns } from "../api/client";
import type { LiveStatus } from "../api/live";
import type { Campaign } from "../api/types";
import { useTexts } from "../i18n/texts";
import { callsHash, type ListPlace } from "../router";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { useTitle } from "../ui/hooks";
import { Empty } from "../ui/notice";
import { CallPanel } from "./detail";
import { Filters } from "./filters";
import { CallList } from "./list";
import { filterOf } from "./place_filter";
import { useLog } from "./use_log";

interface CallsViewProps {
  callId: string | null;
  place: ListPlace;
  onLiveStatus: (status: LiveStatus) => void;
  onRevoked: () => void;
}

export function CallsView(props: CallsViewProps) {
  const texts = useTexts();
  const session = useSession();
  if (!may(session, "viewCalls")) {
    return (
      <section class="calls-list" aria-label={texts.calls}>
        <h1 class="view-title">{texts.calls}</h1>
        <Empty title={texts.list.noAccess}>
          <p>{texts.list.noAccessHint}</p>
        </Empty>
      </section>
    );
  }
  return <Calls {...props} />;
}

function Calls({ callId, place, onLiveStatus, onRevoked }: CallsViewProps) {
  const texts = useTexts();
  const session = useSession();
  const [number, setNumber] = useState("");
  const [campaigns, setCampaigns] = useState<Campaign[]>([]);
  const view = useRef<HTMLDivElement>(null);
  useTitle(`${texts.calls} – ${texts.product}`);

  const listener = useMemo(
    () => ({ onStatus: onLiveStatus, onRevoked }),
    [onLiveStatus, onRevoked],
  );
  const key = JSON.stringify([place, number]);
  const { log, latest, reload, loadOlder } = useLog(
    () => filterOf(place, number, Date.now()),
    key,
    listener,
  );

  useEffect(() => {
    if (!may(session, "viewCampaigns")) return;
    listCampaigns().then(setCampaigns, () => setCampaigns([])); // The filter then has fewer words.
  }, [session]);

  // Back from a call: the focus returns to its row.
  const opened = useRef<string | null>(null);
  useEffect(() => {
    if (callId === null && opened.current !== null) {
      view.current?.querySelector<HTMLElement>(`[data-call="${opened.current}"]`)?.focus();
    }
    opened.current = callId;
  }, [callId]);

  const close = useCallback(() => {
    location.hash = callsHash(place, null);
  }, [place]);

  return (
    <div class={callId ? "calls calls-open" : "calls"} ref={view}>
      <section class="calls-list" aria-label={texts.calls}>
        <h1 class="view-title">{texts.calls}</h1>
        <Filters
          place={place}
          number={number}
          campaigns={campaigns}
          onPlace={(chosen) => location.replace(callsHash(chosen, callId))}
          onNumber={setNumber}
        />
        <CallList
          log={log}
          place={place}
          filtered={Object.keys(log.filter).length > 0}
          selected={callId}
          onReload={reload}
          onOlder={loadOlder}
        />
      </section>
      {callId && (
        <CallPanel
          key={callId}
          callId={callId}
          changed={latest.find((call) => call.call_id === callId) ?? null}
          backHref={callsHash(place, null)}
          onClose={close}
        />
      )}
    </div>
  );
}
