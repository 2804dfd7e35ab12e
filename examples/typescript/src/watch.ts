// Subscriptions: a job, followed to its end over graphql-ws, through any number of broken connections.
import { print, type GraphQLError } from "graphql";
import { createClient, type Client } from "graphql-ws";
import WebSocket from "ws";
import { resuming } from "../../apollo/src/resume.js";
import { WatchDocument, type WatchSubscription } from "./generated.js";
import { explain, type Easel } from "./request.js";

export type JobEvent = WatchSubscription["generationJobEvents"];

const PING_MS = 10_000;
const PONG_MS = 5_000;

/** Return a client that opens its socket when there is something to watch; the caller disposes of it. */
export function connect(easel: Easel): Client {
  let overdue: NodeJS.Timeout | undefined;
  const client = createClient({
    url: new URL("/graphql", easel.url.replace(/^http/, "ws")).href,
    webSocketImpl: WebSocket, // browsers, and Node 22, have their own
    connectionParams: { authorization: `Bearer ${easel.accessToken}` },
    retryAttempts: 0, // `resuming` asks for what comes next instead
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

/** Follow a job to its end: a snapshot first (again where the connection broke), then each event once and in order. */
export function watch(client: Client, jobId: string, tell: (event: JobEvent) => void): Promise<void> {
  const subscribe = resuming(client.subscribe<WatchSubscription, Record<string, unknown>>, (after) =>
    console.log(`The connection was lost; going on ${after ? `after ${after}` : "from the start"}.`),
  );
  return new Promise((resolve, reject) => {
    subscribe({ query: print(WatchDocument), variables: { jobId } }, {
      next: ({ data, errors }) => (data ? tell(data.generationJobEvents) : reject(asError(errors))),
      error: (reason) => reject(asError(reason)),
      complete: resolve,
    });
  });
}

/** Return what ended a stream (GraphQL errors, an event of the socket) as an error. */
function asError(reason: unknown): Error {
  if (reason instanceof Error) return reason;
  if (Array.isArray(reason)) return new Error(reason.map((error: GraphQLError) => explain(error)).join("; "));
  const { code, reason: why, message } = reason as Partial<WebSocket.CloseEvent & WebSocket.ErrorEvent>;
  return new Error(message ?? `The socket was closed with ${code} ${why}`);
}
