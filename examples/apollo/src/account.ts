// Signing up and in, and an access token that is always good. Tokens are kept out of the cache, which everybody reads.
import { randomUUID } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { RefreshSessionDocument, SignInDocument, SignUpDocument, type SignInMutation } from "./generated.js";

/** The member of a result that says why nothing was done. */
interface Refusal {
  code: string;
  message: string;
}

type Session = Extract<SignInMutation["signInWithPassword"], { session: unknown }>["session"];

const MARGIN_MS = 10_000;

/** Somebody with an account, signed in or not. */
export class Account {
  private readonly client: ApolloClient;
  private session: Session | undefined;
  private renewal: Promise<Session> | undefined;

  /** @param url where Easel is */
  constructor(url: string) {
    const link = new HttpLink({ uri: `${url}/graphql` });
    this.client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { mutate: { fetchPolicy: "no-cache" } } });
  }

  /** Make a new account and sign in; return the handle. */
  async signUp(): Promise<string> {
    const handle = `guest_${randomUUID().slice(0, 8)}`;
    const input = { email: `${handle}@easel.example`, password: randomUUID(), handle, displayName: "A guest" };
    const { data } = await this.client.mutate({ mutation: SignUpDocument, variables: { input } });
    this.session = accepted(data!.signUpWithEmail).session;
    return handle;
  }

  /** Sign in as the demo user; return the handle. */
  async signIn(): Promise<string> {
    const input = { email: "demo@easel.example", password: "paint-something" };
    const { data } = await this.client.mutate({ mutation: SignInDocument, variables: { input } });
    const { session, viewer } = accepted(data!.signInWithPassword);
    this.session = session;
    return viewer.handle;
  }

  /** Return a token that is good now, renewed where it is about to end; none before somebody has signed in. */
  async accessToken(): Promise<string | undefined> {
    if (!this.session) return undefined;
    if (Date.parse(this.session.expiresAt) - Date.now() > MARGIN_MS) return this.session.accessToken;
    // A refresh token is good once, so all who ask meanwhile wait for one renewal.
    this.renewal ??= this.renewed(this.session.refreshToken).finally(() => (this.renewal = undefined));
    this.session = await this.renewal;
    return this.session.accessToken;
  }

  private async renewed(refreshToken: string): Promise<Session> {
    const { data } = await this.client.mutate({ mutation: RefreshSessionDocument, variables: { input: { refreshToken } } });
    return accepted(data!.refreshSession).session;
  }
}

/** Return the result of a mutation that did what was asked; a refusal is thrown. */
export function accepted<Result extends object>(result: Result): Exclude<Result, Refusal> {
  if ("code" in result) throw new Error(`${(result as unknown as Refusal).code}: ${(result as unknown as Refusal).message}`);
  return result as Exclude<Result, Refusal>;
}
