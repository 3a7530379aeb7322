// The frame around every view: name, places to go, how fresh the data is, who is logged in.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { LiveStatus } from "../api/live";
import { useTexts } from "../i18n/texts";
import type { Route } from "../router";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { Logo } from "../ui/mark";
import { DisplaySettings } from "./settings";

interface ShellProps {
  route: Route;
  live: LiveStatus | null;
  onLogOut: () => void;
  children: ComponentChildren;
}

export function Shell({ route, live, onLogOut, children }: ShellProps) {
  const texts = useTexts();
  const session = useSession();
  const content = useRef<HTMLElement>(null);
  const current = (view: Route["view"]) => (route.view === view ? "page" : undefined);
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault(); // The part after "#" is the page's own place.
          content.current?.focus();
        }}
      >
        {texts.skipToContent}
      </a>
      <header class="bar">
        <a class="bar-name" href="#/calls">
          <Logo />
          {texts.product}
        </a>
        <nav aria-label={texts.mainNavigation} class="bar-nav">
          <a href="#/calls" aria-current={current("calls")}>
            {texts.calls}
          </a>
          {may(session, "viewCampaigns") && (
            <a href="#/campaigns" aria-current={current("campaigns")}>
              {texts.campaigns}
            </a>
          )}
        </nav>
        {live && (
          <p class={`feed feed-${live}`} role="status">
            <span class="feed-dot" aria-hidden="true" />
            <span class="feed-word">{texts.live[live]}</span>
          </p>
        )}
        <AccountMenu onLogOut={onLogOut} />
      </header>
      {live === "offline" && <p class="feed-down">{texts.problems.feedDown}</p>}
      <main id="content" ref={content} tabIndex={-1} class="content">
        {children}
      </main>
    </>
  );
}

function AccountMenu({ onLogOut }: { onLogOut: () => void }) {
  const texts = useTexts();
  const session = useSession();
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const menu = details.current;
      if (!menu?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        menu.querySelector("summary")?.focus();
      } else if (event.target instanceof Node && menu.contains(event.target)) {
        return;
      }
      menu.open = false;
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, []);
  return (
    <details class="account" ref={details}>
      <summary>
        <span class="account-login">{session.login ?? texts.token}</span>
        <span class="account-role">{texts.roles[session.role] ?? session.role}</span>
      </summary>
      <div class="account-menu">
        <p class="account-who">
          {texts.loggedInAs} <strong>{session.login ?? texts.token}</strong>
          <br />
          {texts.roles[session.role] ?? session.role}, {session.client ?? texts.allClients}
        </p>
        <DisplaySettings />
        <div class="account-foot">
          <button type="button" class="button" onClick={onLogOut}>
            {texts.logOut}
          </button>
          <a href="/licences.txt">{texts.licences}</a>
        </div>
      </div>
    </details>
  );
}
