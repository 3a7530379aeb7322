import { useRef, useState } from "preact/hooks";

import { logIn } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import type { Session } from "../api/types";
import type { Texts } from "../i18n/nb";
import { useTexts } from "../i18n/texts";
import { DisplaySettings } from "../shell/settings";
import { useTitle } from "../ui/hooks";
import { Logo } from "../ui/mark";
import { problemText } from "../ui/notice";

interface LoginProps {
  ended: boolean; // A session was there and is gone.
  onLogin: (session: Session) => void;
}

function loginProblemText(problem: Problem, texts: Texts): string {
  if (problem.status === 401) return texts.login.refused;
  if (problem.status === 429) {
    const wait = problem.retryAfterSeconds;
    return wait ? texts.login.tooManyWait(wait) : texts.login.tooMany;
  }
  return problemText(problem, texts);
}

export function Login({ ended, onLogin }: LoginProps) {
  const texts = useTexts();
  const [message, setMessage] = useState(ended ? texts.login.ended : "");
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(false);
  const login = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useTitle(`${texts.login.title} – ${texts.product}`);

  const submit = async (event: Event) => {
    event.preventDefault();
    const name = login.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    if (!name || !secret) {
      setMessage(texts.login.missing);
      setFailed(true);
      (name ? password : login).current?.focus();
      return;
    }
    setBusy(true);
    try {
      onLogin(await logIn(name, secret));
    } catch (error) {
      setMessage(loginProblemText(asProblem(error), texts));
      setFailed(true);
      setBusy(false);
      password.current?.select();
    }
  };

  return (
    <div class="login">
      <main class="login-card">
        <h1 class="login-name">
          <Logo />
          {texts.product}
        </h1>
        <p class="login-lead">{texts.login.lead}</p>
        <form class="login-form" onSubmit={submit} noValidate>
          <div
            id="login-message"
            class={failed ? "login-message login-message-bad" : "login-message"}
            role="alert"
          >
            {message}
          </div>
          <label class="field">
            <span>{texts.login.login}</span>
            <input
              ref={login}
              name="login"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              autofocus
              aria-describedby="login-message"
            />
          </label>
          <label class="field">
            <span>{texts.login.password}</span>
            <input
              ref={password}
              name="password"
              type={(shown ? "text" : "password") as "password"}
              autocomplete="current-password"
              aria-describedby="login-message"
            />
          </label>
          <label class="tick">
            <input
              type="checkbox"
              checked={shown}
              onChange={(event) => setShown(event.currentTarget.checked)}
            />
            {texts.login.showPassword}
          </label>
          <button type="submit" class="button button-main" disabled={busy}>
            {busy ? texts.login.submitting : texts.login.submit}
          </button>
        </form>
        <p class="login-logged">{texts.login.logged}</p>
      </main>
      <footer class="login-foot">
        <DisplaySettings />
      </footer>
    </div>
  );
}
