import { createStore } from "zustand/vanilla";
import { now } from "./clock";
import { post } from "./post";
import { type Answer, at, isFields, text } from "./response";

/** A signed-in visitor: kept in memory and, for reloads of this tab, in `sessionStorage`. */
export type Session = {
  accessToken: string;
  refreshToken: string;
  /** Milliseconds since the epoch, by the server's clock. */
  expiresAt: number;
  handle: string;
};
type SessionState = { session: Session | null; notice: string | null };

const STORAGE_KEY = "easel:session";
const REFRESH_AHEAD_MS = 60_000;
const RETRY_MS = 15_000;

const SIGN_IN = `mutation SignIn($input: SignInWithPasswordInput!) { signInWithPassword(input: $input) {
  ... on SignInWithPasswordSuccess { session { accessToken refreshToken expiresAt } viewer { id handle } }
  ... on UserError { code message } } }`;
const REFRESH = `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) {
  ... on RefreshSessionSuccess { session { accessToken refreshToken expiresAt } }
  ... on UserError { code message } } }`;
const SIGN_OUT = `mutation SignOut($input: SignOutInput!) { signOut(input: $input) { __typename } }`;

export const sessionStore = createStore<SessionState>(() => ({ session: stored(), notice: null }));

let timer: ReturnType<typeof setTimeout> | undefined;
let refreshing: Promise<void> | undefined;

sessionStore.subscribe(({ session }) => {
  if (session) sessionStorage.setItem(STORAGE_KEY, JSON.stringify(session));
  else sessionStorage.removeItem(STORAGE_KEY);
  schedule(session);
});
schedule(sessionStore.getState().session);

/** The header's value for `session`. */
export function bearer(session: Session | null): string | null {
  return session && `Bearer ${session.accessToken}`;
}

/** Sign in; a refusal or a failure becomes the notice. */
export async function signIn(email: string, password: string): Promise<void> {
  sessionStore.setState({ notice: null });
  try {
    const answer = await post({ query: SIGN_IN, operationName: "SignIn", variables: { input: { email, password } } });
    if (!adopt(answer)) sessionStore.setState({ notice: refusal(answer, "signInWithPassword") });
  } catch {
    sessionStore.setState({ notice: "The server cannot be reached." });
  }
}

/** End the session here and, as far as it can be reached, on the server. */
export function signOut(): void {
  const authorization = bearer(sessionStore.getState().session);
  sessionStore.setState({ session: null, notice: null });
  if (authorization) post({ query: SIGN_OUT, variables: { input: {} } }, { authorization }).catch(() => undefined);
}

/** Take over the session that any answer brings (sign-in, sign-up, refresh); says whether there was one. */
export function adopt(answer: Answer): boolean {
  for (const result of Object.values(answer.data ?? {})) {
    const accessToken = text(at(result, "session", "accessToken"));
    const refreshToken = text(at(result, "session", "refreshToken"));
    if (!accessToken || !refreshToken) continue;
    const handle = text(at(result, "viewer", "handle")) ?? sessionStore.getState().session?.handle ?? "signed in";
    const expiresAt = Date.parse(text(at(result, "session", "expiresAt")) ?? "");
    sessionStore.setState({ session: { accessToken, refreshToken, expiresAt, handle }, notice: null });
    return true;
  }
  return false;
}

/** Wait until the session, where there is one, will hold for at least a few seconds more. */
export async function settle(): Promise<void> {
  const { session } = sessionStore.getState();
  if (session && session.expiresAt - now() < 5_000) await refresh();
}

function refresh(): Promise<void> {
  refreshing ??= renew().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function renew(): Promise<void> {
  const before = sessionStore.getState().session;
  if (!before) return;
  const variables = { input: { refreshToken: before.refreshToken } };
  const answer = await post({ query: REFRESH, operationName: "Refresh", variables }).catch(() => undefined);
  if (sessionStore.getState().session !== before) return;
  if (answer && adopt(answer)) return;
  if (answer && isFields(at(answer.data, "refreshSession"))) sessionStore.setState({ session: null, notice: "Your session has ended. Sign in again." });
  else schedule(before, RETRY_MS);
}

function schedule(session: Session | null, atLeastMs = 1_000): void {
  clearTimeout(timer);
  if (!session || Number.isNaN(session.expiresAt)) return;
  timer = setTimeout(() => void refresh(), Math.max(atLeastMs, session.expiresAt - now() - REFRESH_AHEAD_MS));
}

function refusal(answer: Answer, field: string): string {
  return text(at(answer.data, field, "message")) ?? answer.errors?.[0]?.message ?? "Signing in failed.";
}

function stored(): Session | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    return isFields(found) && text(found.accessToken) && text(found.refreshToken) ? (found as Session) : null;
  } catch {
    return null;
  }
}
