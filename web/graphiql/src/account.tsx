import { type SyntheticEvent, useEffect, useState } from "react";
import { useStore } from "zustand";
import { configUrl } from "./address";
import { copy } from "./clipboard";
import { at, text } from "./response";
import { type Session, sessionStore, signIn, signOut } from "./session";

/** The id of the e-mail field, for whoever wants to lead a visitor to it. */
export const EMAIL_FIELD = "easel-email";

/** Sign-in form, or who is signed in. */
export function Account() {
  const session = useStore(sessionStore, (state) => state.session);
  return session ? <SignedIn session={session} /> : <SignInForm />;
}

function SignInForm() {
  const notice = useStore(sessionStore, (state) => state.notice);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [isDemo, setDemo] = useState(false);

  useEffect(() => {
    void demoAccount().then((demo) => {
      if (!demo) return;
      setEmail(demo.email);
      setPassword(demo.password);
      setDemo(true);
    });
  }, []);

  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    setBusy(true);
    void signIn(email, password).finally(() => setBusy(false));
  };

  return (
    <form className="easel-account" aria-label="Sign in" onSubmit={submit}>
      {notice ? (
        <output className="easel-notice" role="alert">{notice}</output>
      ) : (
        isDemo && <span className="easel-hint">Demo account, filled in:</span>
      )}
      <input id={EMAIL_FIELD} type="email" name="email" aria-label="E-mail" placeholder="E-mail" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      <input type="password" name="password" aria-label="Password" placeholder="Password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      <button type="submit" className="easel-primary" disabled={isBusy}>Sign in</button>
    </form>
  );
}

function SignedIn({ session }: { session: Session }) {
  const [isCopied, setCopied] = useState(false);
  const copyToken = (): void => {
    void copy(session.accessToken).then((done) => {
      setCopied(done);
      setTimeout(() => setCopied(false), 2_000);
    });
  };
  return (
    <div className="easel-account">
      <span className="easel-who" title="Its token is in the Headers of every tab">
        <span className="easel-initial" aria-hidden="true">{session.handle.charAt(0).toUpperCase()}</span>
        <span>Signed in as <b>{session.handle}</b></span>
      </span>
      <button type="button" onClick={copyToken} aria-live="polite">{isCopied ? "Copied" : "Copy token"}</button>
      <button type="button" onClick={signOut}>Sign out</button>
    </div>
  );
}

/** The demo account that the server offers, if it does. */
async function demoAccount(): Promise<{ email: string; password: string } | null> {
  const config: unknown = await fetch(configUrl).then((response) => response.json()).catch(() => null);
  const email = text(at(config, "demo", "email"));
  const password = text(at(config, "demo", "password"));
  return email && password ? { email, password } : null;
}
