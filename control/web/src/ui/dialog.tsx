// A question that must be answered before anything happens. The safe answer has the focus.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { useTexts } from "../i18n/texts";

interface ConfirmProps {
  title: string;
  confirm: string;
  busy?: string | null; // What is going on; the answers are then locked.
  onConfirm: () => void;
  onCancel: () => void;
  children: ComponentChildren;
}

export function Confirm({ title, confirm, busy, onConfirm, onCancel, children }: ConfirmProps) {
  const texts = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const bodyId = useId();

  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      aria-describedby={bodyId}
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onCancel();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <div id={bodyId} class="dialog-body">
        {children}
      </div>
      <div class="dialog-answers">
        <button type="button" class="button" autofocus disabled={!!busy} onClick={onCancel}>
          {texts.cancel}
        </button>
        <button type="button" class="button button-danger" disabled={!!busy} onClick={onConfirm}>
          {busy ?? confirm}
        </button>
      </div>
    </dialog>
  );
}
