// What is said when something failed, is empty, or takes a while.
import type { ComponentChildren } from "preact";

import type { Problem } from "../api/problem";
import type { Texts } from "../i18n/nb";
import { useTexts } from "../i18n/texts";
import { Icon } from "./icons";

export function problemText(problem: Problem, texts: Texts): string {
  const said = texts.problems;
  switch (problem.status) {
    case 0:
      return said.unreachable;
    case 400:
      return said.badRequest;
    case 403:
      return said.forbidden;
    case 404:
      return said.notFound;
    case 409:
      return said.conflict;
    case 503:
      return said.unavailable;
    case 507:
      return said.storeFull;
    default:
      return said.other;
  }
}

interface FailureProps {
  title: string;
  problem: Problem;
  onRetry?: (() => void) | undefined;
}

export function Failure({ title, problem, onRetry }: FailureProps) {
  const texts = useTexts();
  return (
    <div class="notice notice-bad" role="alert">
      <Icon name="warning" />
      <div>
        <p class="notice-title">{title}</p>
        <p>{problemText(problem, texts)}</p>
        {problem.detail && (
          <p class="notice-said">
            {texts.problems.said} <span lang="en">{problem.detail}</span>
          </p>
        )}
        {onRetry && (
          <button type="button" class="button" onClick={onRetry}>
            {texts.tryAgain}
          </button>
        )}
      </div>
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ComponentChildren;
}

export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <svg class="empty-mark" viewBox="0 0 64 24" width="128" height="48" aria-hidden="true">
        <path d="M2 12h60" />
        <circle cx="32" cy="12" r="5" />
      </svg>
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ text }: { text: string }) {
  return (
    <p class="loading" role="status">
      <span class="loading-bar" aria-hidden="true" />
      {text}
    </p>
  );
}
