// Signing up and in. Tokens are not for the cache, which every part of an application reads.
import { randomUUID } from "node:crypto";
import type { ApolloClient } from "@apollo/client";
import { SignInDocument, SignUpDocument, type SignInMutation } from "./generated.js";

/** The member of a result that says why nothing was done. */
interface Refusal {
  code: string;
  message: string;
}

type Session = Extract<SignInMutation["signInWithPassword"], { session: unknown }>;

/** Make a new account; return its first session. */
export async function signUp(client: ApolloClient): Promise<Session> {
  const handle = `guest_${randomUUID().slice(0, 8)}`;
  const input = { email: `${handle}@easel.example`, password: randomUUID(), handle, displayName: "A guest" };
  const { data } = await client.mutate({ mutation: SignUpDocument, variables: { input }, fetchPolicy: "no-cache" });
  return accepted(data!.signUpWithEmail);
}

/** Sign in as the demo user. */
export async function signIn(client: ApolloClient): Promise<Session> {
  const input = { email: "demo@easel.example", password: "paint-something" };
  const { data } = await client.mutate({ mutation: SignInDocument, variables: { input }, fetchPolicy: "no-cache" });
  return accepted(data!.signInWithPassword);
}

/** Return the result of a mutation that did what was asked; a refusal is thrown. */
export function accepted<Result extends object>(result: Result): Exclude<Result, Refusal> {
  if ("code" in result) throw new Error(`${(result as unknown as Refusal).code}: ${(result as unknown as Refusal).message}`);
  return result as Exclude<Result, Refusal>;
}
