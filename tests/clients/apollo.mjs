// Apollo Client as a test drives it: a line of JSON tells what to do, and a line of JSON tells what came of it.
// Run in the folder of the sample, built, whose links and policies are used.
import { createInterface } from "node:readline";
import { format } from "node:util";
import { ApolloClient, InMemoryCache } from "@apollo/client";
import { loadDevMessages, loadErrorMessages } from "@apollo/client/dev";
import { relayStylePagination } from "@apollo/client/utilities";
import { parse } from "graphql";
import { filter, firstValueFrom } from "rxjs";
import WebSocket from "ws";
import { applyFeedEvent } from "./dist/feedCache.js";
import { connections, possibleTypes } from "./dist/generated.js";
import { multipartLink, webSocketLink } from "./dist/links.js";
import { typePolicies } from "./dist/typePolicies.js";

globalThis.WebSocket ??= WebSocket;
loadDevMessages();
loadErrorMessages();

const complaints = [];
for (const level of ["warn", "error"]) console[level] = (...words) => complaints.push(`${level}: ${format(...words)}`);

const mapped = (record, change) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
const stock = mapped(connections, (fields) => ({ fields: mapped(fields, relayStylePagination) }));
stock.Search.merge = true; // it has no id: docs/search.md says so
const policies = { sample: typePolicies, stock };
const clients = {};
const streams = {};

const verbs = {
  client({ name, url, token, kind, over }) {
    const open = over === "multipart" ? multipartLink : webSocketLink;
    const { link, socket } = open({ url, accessToken: async () => token });
    const cache = new InMemoryCache({ typePolicies: policies[kind], possibleTypes });
    clients[name] = { client: new ApolloClient({ link, cache }), cache, socket };
  },
  async query({ name, query, variables, fetchPolicy = "network-only" }) {
    const { data } = await clients[name].client.query({ query: parse(query), variables, fetchPolicy });
    return data;
  },
  async mutate({ name, query, variables, optimisticResponse }) {
    const { data } = await clients[name].client.mutate({ mutation: parse(query), variables, optimisticResponse });
    return data;
  },
  /** What the cache has of it, or null where something is missing. */
  read({ name, query, variables }) {
    return clients[name].cache.readQuery({ query: parse(query), variables });
  },
  evict({ name, object }) {
    const { cache } = clients[name];
    cache.evict({ id: cache.identify(object) });
  },
  /** The lists that are shown as pages are fetched to the end. */
  async pages({ name, query, variables, path }) {
    const shown = clients[name].client.watchQuery({ query: parse(query), variables, fetchPolicy: "network-only" });
    const watching = shown.subscribe({});
    const list = ({ data }) => path.reduce((value, key) => value[key], data);
    const lists = [];
    const isLonger = (result) => !result.loading && (!lists.length || list(result).edges.length > lists.at(-1).length);
    try {
      for (;;) {
        const { edges, pageInfo } = list(await firstValueFrom(shown.pipe(filter(isLonger))));
        lists.push(edges);
        if (!pageInfo.hasNextPage) return lists;
        await shown.fetchMore({ variables: { after: pageInfo.endCursor } });
      }
    } finally {
      watching.unsubscribe();
    }
  },
  /** Show what the cache has from now on, each time that it changes. */
  show({ name, stream, query, variables }) {
    const shown = clients[name].client.watchQuery({ query: parse(query), variables, fetchPolicy: "cache-only" });
    follow(stream, shown, ({ data, dataState }) => (dataState === "complete" ? data : dataState));
  },
  subscribe({ name, stream, query, variables, feed }) {
    const { client, cache } = clients[name];
    follow(stream, client.subscribe({ query: parse(query), variables }), ({ data, error }) => {
      if (feed && data) applyFeedEvent(cache, feed, data.feedEvents);
      return error ? String(error) : data;
    });
  },
  /** What a stream has told since it was last asked, as soon as that is something. */
  async told({ stream }) {
    const followed = streams[stream];
    while (!followed.told.length) await new Promise((resolve) => (followed.tell = resolve));
    return followed.told.splice(0);
  },
  leave({ stream }) {
    streams[stream].following.unsubscribe();
    return streams[stream].told;
  },
};

function follow(stream, source, heard) {
  const followed = (streams[stream] = { told: [], tell: () => {} });
  const tell = (value) => {
    followed.told.push(value);
    followed.tell();
  };
  followed.following = source.subscribe({ next: (value) => tell(heard(value)), error: (error) => tell(String(error)) });
}

async function answer({ verb, ...words }) {
  try {
    return { value: (await verbs[verb](words)) ?? null };
  } catch (error) {
    return { failure: format(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(line));
  await new Promise((resolve) => setImmediate(resolve)); // Apollo tells what it shows a little later
  process.stdout.write(`${JSON.stringify({ ...answered, complaints: complaints.splice(0) })}\n`);
}
for (const { client, socket } of Object.values(clients)) {
  client.stop();
  await socket?.dispose();
}
