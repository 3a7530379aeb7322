// One mark per state, told apart by shape as well as by colour. Always beside its word.
import type { CallState } from "../api/types";

const shapes: Record<CallState, preact.JSX.Element> = {
  in_progress: (
    <>
      <circle class="mark-pulse" cx="8" cy="8" r="6" />
      <circle class="mark-line" cx="8" cy="8" r="6" />
      <circle class="mark-fill" cx="8" cy="8" r="2.75" />
    </>
  ),
  recorded: <circle class="mark-fill" cx="8" cy="8" r="6.75" />,
  partial: (
    <>
      <circle class="mark-line" cx="8" cy="8" r="6" />
      <path class="mark-fill" d="M8 1.25a6.75 6.75 0 0 0 0 13.5z" />
    </>
  ),
  missed: (
    <>
      <circle class="mark-fill" cx="8" cy="8" r="6.75" />
      <path class="mark-cut" d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" />
    </>
  ),
  suppressed: (
    <>
      <circle class="mark-line" cx="8" cy="8" r="6" />
      <path class="mark-line" d="M3.8 12.2l8.4-8.4" />
    </>
  ),
  no_media: <circle class="mark-line mark-dotted" cx="8" cy="8" r="6" />,
};

export function StateMark({ state }: { state: CallState }) {
  return (
    <svg class={`mark mark-${state}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {shapes[state]}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <circle class="logo-ring" cx="10" cy="10" r="8" />
      <circle class="logo-dot" cx="10" cy="10" r="3.5" />
    </svg>
  );
}
