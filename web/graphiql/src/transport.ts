import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { type OperationDefinitionNode, Kind, parse } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { socketUrl } from "./address";
import { begin, latest, observe } from "./latest";
import { type Operation, post } from "./post";
import type { Answer } from "./response";
import { bearer, sessionStore, settle } from "./session";

type Headers = Record<string, string>;

/** GraphiQL's way to the server: queries and mutations by POST, subscriptions by WebSocket. */
export const fetcher: Fetcher = async (params, options) => {
  const headers = await currentHeaders(options?.headers as Headers | undefined);
  if (params.operationName === "IntrospectionQuery") return (await post(params, headers)) as never;
  begin();
  const definition = definitionToRun(params);
  const operation = { ...params, operationName: definition ? definition.name?.value : params.operationName };
  if (definition?.operation === "subscription") return watched(operation, headers) as never;
  const answer = await post(operation, headers);
  observe(answer);
  return answer as never;
};

/** The editor's headers, with the session's token renewed where it was about to run out. */
async function currentHeaders(headers: Headers = {}): Promise<Headers> {
  const before = bearer(sessionStore.getState().session);
  await settle();
  const after = bearer(sessionStore.getState().session);
  const renewed = Object.entries(headers).map(([name, value]) => [name, value === before && after ? after : value]);
  return Object.fromEntries(renewed) as Headers;
}

/** The named definition, or the only one: right after a change of tabs GraphiQL may still name the tab before. */
function definitionToRun({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined {
  try {
    const definitions = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const named = definitions.find(({ name }) => name?.value === operationName);
    return named ?? (definitions.length === 1 ? definitions[0] : undefined);
  } catch {
    return undefined;
  }
}

/** A subscription's answers. Not a generator: those return only after their next value, and stopping must not wait. */
function watched(operation: Operation, headers: Headers): AsyncIterableIterator<Answer> {
  const { query, operationName, variables } = operation;
  const payload = { query, operationName, variables: variables as Record<string, unknown> | undefined };
  const source = clientFor(authorizationIn(headers)).iterate(payload);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const result = await source.next().catch((reason) => ({ done: false, value: { errors: failureOf(reason) } }));
      if (!result.done) observe(result.value as Answer);
      return result as IteratorResult<Answer>;
    },
    async return() {
      latest.setState({ isReconnecting: false });
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

function failureOf(reason: unknown): NonNullable<Answer["errors"]> {
  if (Array.isArray(reason)) return reason as NonNullable<Answer["errors"]>;
  if (reason instanceof CloseEvent) return [{ message: `The connection was closed: ${reason.code} ${reason.reason}`.trim() }];
  return [{ message: reason instanceof Error ? reason.message : "The connection failed." }];
}

function authorizationIn(headers: Headers): string | null {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1] ?? null;
}

let current: { authorization: string | null; client: Client } | undefined;

/** One lazy socket per token: a new token opens its own, the old one closes when its last subscription ends. */
function clientFor(authorization: string | null): Client {
  if (current?.authorization !== authorization) current = { authorization, client: connect(authorization) };
  return current.client;
}

function connect(authorization: string | null): Client {
  const isSession = authorization === bearer(sessionStore.getState().session);
  return createClient({
    url: socketUrl(),
    lazy: true,
    retryAttempts: 12,
    retryWait: (retries) => wait(Math.min(250 * 2 ** retries, 8_000) * (0.75 + Math.random() / 2)),
    shouldRetry: () => true,
    connectionParams: async () => {
      if (isSession) await settle();
      const token = (isSession && bearer(sessionStore.getState().session)) || authorization;
      return token ? { authorization: token } : {};
    },
    on: {
      closed: (event) => latest.setState({ isReconnecting: (event as CloseEvent).code !== 1000 }),
      connected: () => latest.setState({ isReconnecting: false }),
    },
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
