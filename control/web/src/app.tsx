// Who is there, in which language, and which view they look at.
import { useCallback, useEffect, useState } from "preact/hooks";

import { logOut, whenLoggedOut, whoAmI } from "./api/client";
import type { LiveStatus } from "./api/live";
import { asProblem, type Problem } from "./api/problem";
import type { Session } from "./api/types";
import { CallsView } from "./calls/view";
import { CampaignsView } from "./campaigns/view";
import { LanguageContext, chooseLanguage, readLanguage, useTexts } from "./i18n/texts";
import { useRoute } from "./router";
import { SessionContext } from "./session/context";
import { Login } from "./session/login";
import { ChangeLanguage } from "./shell/settings";
import { Shell } from "./shell/shell";
import { Failure, Loading } from "./ui/notice";

type Phase =
  | { name: "asking" }
  | { name: "unreachable"; problem: Problem }
  | { name: "out"; ended: boolean }
  | { name: "in"; session: Session };

export function App() {
  const [language, setLanguage] = useState(readLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const change = useCallback((chosen: typeof language) => {
    chooseLanguage(chosen);
    setLanguage(chosen);
  }, []);
  return (
    <LanguageContext.Provider value={language}>
      <ChangeLanguage.Provider value={change}>
        <Door />
      </ChangeLanguage.Provider>
    </LanguageContext.Provider>
  );
}

function Door() {
  const texts = useTexts();
  const [phase, setPhase] = useState<Phase>({ name: "asking" });

  const ask = useCallback(async () => {
    setPhase({ name: "asking" });
    try {
      const session = await whoAmI();
      setPhase(session ? { name: "in", session } : { name: "out", ended: false });
    } catch (error) {
      setPhase({ name: "unreachable", problem: asProblem(error) });
    }
  }, []);

  useEffect(() => {
    whenLoggedOut(() => setPhase({ name: "out", ended: true }));
    void ask();
  }, [ask]);

  switch (phase.name) {
    case "asking":
      return <Loading text={texts.loading} />;
    case "unreachable":
      return (
        <main class="alone">
          <Failure title={texts.product} problem={phase.problem} onRetry={() => void ask()} />
        </main>
      );
    case "out":
      return <Login ended={phase.ended} onLogin={(session) => setPhase({ name: "in", session })} />;
    case "in":
      return (
        <SessionContext.Provider value={phase.session}>
          <Inside
            onLogOut={() => {
              logOut().then(
                () => setPhase({ name: "out", ended: false }),
                (error: unknown) => setPhase({ name: "unreachable", problem: asProblem(error) }),
              );
            }}
            onRevoked={() => setPhase({ name: "out", ended: true })}
          />
        </SessionContext.Provider>
      );
  }
}

function Inside({ onLogOut, onRevoked }: { onLogOut: () => void; onRevoked: () => void }) {
  const route = useRoute();
  const [live, setLive] = useState<LiveStatus | null>(null);
  return (
    <Shell route={route} live={route.view === "calls" ? live : null} onLogOut={onLogOut}>
      {route.view === "campaigns" ? (
        <CampaignsView />
      ) : (
        <CallsView
          callId={route.callId}
          place={route.place}
          onLiveStatus={setLive}
          onRevoked={onRevoked}
        />
      )}
    </Shell>
  );
}
