// One call of the list. Drawn again only when the call itself or its selection has changed.
import { Component } from "preact";

import type { Call } from "../api/types";
import { durationText, secondsBetween, useFormat } from "../i18n/format";
import { useTexts } from "../i18n/texts";
import { useNow } from "../ui/hooks";
import { RowControl } from "./control";
import { ModeWord, Outcome, Party } from "./outcome";

interface RowProps {
  call: Call;
  href: string;
  selected: boolean;
  controls: boolean; // Whether the list has a column for start and stop.
}

export class CallRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const now = this.props;
    return (
      next.call !== now.call ||
      next.href !== now.href ||
      next.selected !== now.selected ||
      next.controls !== now.controls
    );
  }

  override render(props: RowProps) {
    return <Cells {...props} />;
  }
}

function Cells({ call, href, selected, controls }: RowProps) {
  const texts = useTexts();
  const format = useFormat();
  return (
    <tr role="row" class={selected ? "row row-selected" : "row"}>
      <td role="cell" class="cell-time">
        <a
          href={href}
          data-call={call.call_id}
          aria-current={selected ? "true" : undefined}
          aria-label={`${call.started_at ? format.clock(call.started_at) : ""} ${texts.list.open(
            call.from || texts.list.anonymous,
            call.to || texts.list.anonymous,
          )}`}
        >
          {call.started_at ? format.clock(call.started_at) : texts.unknown}
        </a>
      </td>
      <td role="cell" class="cell-from">
        <Party number={call.from} />
      </td>
      <td role="cell" class="cell-to">
        <span class="cell-arrow" aria-hidden="true">
          →
        </span>
        <Party number={call.to} />
      </td>
      <td role="cell" class="cell-state">
        <Outcome call={call} />
      </td>
      <td role="cell" class="cell-campaign">
        {call.campaign ?? <span class="quiet">{texts.list.noCampaign}</span>}
      </td>
      <td role="cell" class="cell-client">
        {call.client}
      </td>
      <td role="cell" class="cell-mode">
        <ModeWord mode={call.mode} />
      </td>
      <td role="cell" class="cell-duration">
        <Duration call={call} />
      </td>
      {controls && (
        <td role="cell" class="cell-action">
          <RowControl call={call} />
        </td>
      )}
    </tr>
  );
}

export function Duration({ call }: { call: Call }) {
  const running = call.state === "in_progress" && !call.ended_at;
  const now = useNow(running);
  const until = running ? new Date(now).toISOString() : call.ended_at;
  const seconds = secondsBetween(call.started_at, until);
  return <>{seconds === null ? "–" : durationText(seconds)}</>;
}
