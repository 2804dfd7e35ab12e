// Subscriptions: a job, followed to its end over graphql-ws, through any number of broken connections.
import { setTimeout as pause } from "node:timers/promises";
import { print, type GraphQLError } from "graphql";
import { createClient, TerminatedCloseEvent, type Client } from "graphql-ws";
import WebSocket from "ws";
import { WatchDocument, type WatchSubscription, type WatchSubscriptionVariables } from "./generated.js";
import { explain, type Easel } from "./request.js";

export type JobEvent = WatchSubscription["generationJobEvents"];

const ATTEMPTS = 8;
const PING_MS = 10_000;
const PONG_MS = 5_000;

/** Return a client that opens its socket when there is something to watch; the caller disposes of it. */
export function connect(easel: Easel): Client {
  let overdue: NodeJS.Timeout | undefined;
  const client = createClient({
    url: new URL("/graphql", easel.url.replace(/^http/, "ws")).href,
    webSocketImpl: WebSocket, // browsers, and Node 22, have their own
    connectionParams: { authorization: `Bearer ${easel.accessToken}` },
    retryAttempts: 0, // graphql-ws would ask for the same again: `watch` asks for what comes next
    keepAlive: PING_MS,
    on: {
      // A peer that vanished closes nothing: only a ping that stays unanswered tells.
      ping: (received) => {
        if (!received) overdue = setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(overdue);
      },
      closed: () => clearTimeout(overdue),
    },
  });
  return client;
}

/**
 * Follow a job to its end: a snapshot first, then each event once and in order.
 *
 * Each event has a cursor. When the connection breaks, the next one begins behind the last event that arrived (with a
 * snapshot, as every stream does); what happened in between is told then.
 */
export async function* watch(client: Client, jobId: string): AsyncGenerator<JobEvent, void> {
  let after: string | null = null;
  for (let attempt = 1; ; attempt += 1) {
    try {
      for await (const event of events(client, { jobId, after })) {
        after = event.cursor;
        attempt = 0;
        yield event;
        if (event.__typename === "GenerationCompleted") return;
      }
      throw new Error("The stream ended before the job");
    } catch (reason) {
      if (!isLost(reason) || attempt === ATTEMPTS) throw asError(reason);
      console.log(`The connection was lost; going on ${after ? `after ${after}` : "from the start"}.`);
      await pause(100 * 2 ** attempt * (1 + Math.random())); // not all clients at once
    }
  }
}

/** Yield the events that one connection brings. */
async function* events(client: Client, variables: WatchSubscriptionVariables): AsyncGenerator<JobEvent, void> {
  const query = print(WatchDocument);
  for await (const { data, errors } of client.iterate<WatchSubscription>({ query, variables })) {
    if (errors || !data) throw errors ?? new Error("There is no data in the event");
    yield data.generationJobEvents;
  }
}

/** Whether another connection may help. Close codes 44xx are the server's last word. */
function isLost(reason: unknown): boolean {
  if (reason instanceof TerminatedCloseEvent) return true;
  const { type, code = 0 } = reason as Partial<WebSocket.CloseEvent>;
  return type === "error" || (type === "close" && !(code >= 4400 && code < 4500));
}

/** Return what ended a stream (GraphQL errors, an event of the socket) as an error. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  if (Array.isArray(reason)) return new Error(reason.map((error: GraphQLError) => explain(error)).join("; "));
  const { code, reason: why, message } = reason as Partial<WebSocket.CloseEvent & WebSocket.ErrorEvent>;
  return new Error(message ?? `The socket was closed with ${code} ${why}`);
}
