// Apollo links for queries, mutations and subscriptions, these over WebSocket or over HTTP as Apollo's multipart protocol.
import { ApolloLink, HttpLink, Observable, type OperationVariables } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient, type Client } from "graphql-ws";
import type { Observer } from "rxjs";
import { resuming } from "./resume.js";

/** Where Easel is, who is asking, and whom to tell of lost connections. */
export interface Connection {
  url: string;
  /** Return an access token that is good now. Asked for each request, and each time that a socket opens. */
  accessToken: () => Promise<string | undefined>;
  onLost?: (after: string | null) => void;
}

/** A link for all operations, and the socket, where it has one, that the caller disposes of. */
export interface Links {
  link: ApolloLink;
  socket?: Client;
}

const PING_MS = 10_000;
const PONG_MS = 5_000;

/** Subscriptions over one WebSocket; queries and mutations over HTTP. */
export function webSocketLink(connection: Connection): Links {
  const socket = openSocket(connection);
  const subscriptions = new GraphQLWsLink({ ...socket, subscribe: resuming(socket.subscribe, connection.onLost) });
  return { link: ApolloLink.split(isSubscription, subscriptions, httpLink(connection)), socket };
}

/** All over HTTP: Apollo's stock HttpLink asks for subscriptions as `multipart/mixed`. */
export function multipartLink(connection: Connection): Links {
  return { link: ApolloLink.from([new ResumeLink(connection.onLost), httpLink(connection)]) };
}

/** Subscribes again, behind the last event, when the connection below was lost. */
export class ResumeLink extends ApolloLink {
  constructor(onLost?: (after: string | null) => void) {
    super((operation, forward) => {
      if (!isSubscription(operation)) return forward(operation);
      const subscribe = resuming((payload: { variables: OperationVariables }, sink: Observer<ApolloLink.Result>) => {
        const subscription = forward(Object.assign(operation, payload)).subscribe(sink);
        return () => subscription.unsubscribe();
      }, onLost);
      return new Observable((observer) => subscribe({ variables: operation.variables }, observer));
    });
  }
}

function httpLink({ url, accessToken }: Connection): ApolloLink {
  const authorize = new SetContextLink(async ({ headers }) => ({ headers: { ...headers, ...(await bearer(accessToken)) } }));
  return authorize.concat(new HttpLink({ uri: `${url}/graphql` }));
}

function openSocket({ url, accessToken }: Connection): Client {
  let overdue: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    connectionParams: () => bearer(accessToken),
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

async function bearer(accessToken: Connection["accessToken"]): Promise<Record<string, string>> {
  const token = await accessToken();
  return token ? { authorization: `Bearer ${token}` } : {};
}

function isSubscription({ operationType }: ApolloLink.Operation): boolean {
  return operationType === OperationTypeNode.SUBSCRIPTION;
}
