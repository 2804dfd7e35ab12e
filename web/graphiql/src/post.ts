import { graphqlUrl } from "./address";
import { learn } from "./clock";
import { type Answer, isFields } from "./response";

/** A GraphQL request as it is sent. */
export type Operation = { query: string; variables?: unknown; operationName?: string | null };

/** POST one operation. A server that answers no JSON is told as a GraphQL error, a network failure is thrown. */
export async function post(operation: Operation, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(graphqlUrl, {
    method: "POST",
    headers: { accept: "application/graphql-response+json, application/json", "content-type": "application/json", ...headers },
    body: JSON.stringify(operation),
  });
  learn(response.headers.get("date"));
  const body: unknown = await response.json().catch(() => undefined);
  if (isFields(body)) return body as Answer;
  return { errors: [{ message: `The server answered ${response.status} ${response.statusText} without a GraphQL response.` }] };
}
