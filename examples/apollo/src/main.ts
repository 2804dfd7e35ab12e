// From signing in to the feed with Apollo Client: a picture is described and watched, and one cache shows what happens.
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { ApolloClient, InMemoryCache } from "@apollo/client";
import { first, firstValueFrom } from "rxjs";
import WebSocket from "ws";
import { accepted, Account } from "./account.js";
import { Feed } from "./feed.js";
import {
  CreditsDocument,
  JobDocument,
  MeDocument,
  type MeQuery,
  possibleTypes,
  PublishDocument,
  RecommendedDocument,
  SubmitDocument,
  WatchDocument,
} from "./generated.js";
import { applyJobEvent } from "./jobCache.js";
import { multipartLink, webSocketLink, type Connection } from "./links.js";
import { typePolicies } from "./typePolicies.js";
import { creditsInWords, errorInWords, inWords, jobInWords, reasonInWords } from "./words.js";

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    over: { type: "string", default: "websocket" },
    "sign-up": { type: "boolean", default: false },
    recommended: { type: "boolean", default: false },
    token: { type: "string" },
    job: { type: "string" },
    prompt: { type: "string", default: "a lighthouse by the sea under an aurora" },
    count: { type: "string", default: "2" },
  },
});

globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket; // Node 20 has none

const url = positionals[0] ?? "http://localhost:8000";
const account = new Account(url);
const connection: Connection = {
  url,
  accessToken: async () => options.token ?? account.accessToken(),
  onLost: (after) => console.log(`The connection was lost; going on ${after ? `after ${after}` : "from the start"}.`),
};
const { link, socket } = options.over === "multipart" ? multipartLink(connection) : webSocketLink(connection);
const client = new ApolloClient({ link, cache: new InMemoryCache({ typePolicies, possibleTypes }) });

try {
  await main();
} catch (error) {
  console.error(errorInWords(error));
  process.exitCode = 1;
} finally {
  client.stop();
  await socket?.dispose();
}

async function main(): Promise<void> {
  if (!options.token) console.log(`Signed in as @${await (options["sign-up"] ? account.signUp() : account.signIn())}.`);
  if (options.job) return watch(options.job);
  if (options.recommended) return recommend();
  await client.query({ query: MeDocument }); // from here on a stream keeps it true
  const [jobId] = await Promise.all([paint(), watchCredits()]);
  await show(jobId);
}

/** Print what is recommended, and why. */
async function recommend(): Promise<void> {
  const { data } = await client.query({ query: RecommendedDocument, variables: { first: 10 } });
  console.log("Recommended:");
  for (const { node, reason } of data!.feed.edges) {
    console.log(`  “${node.title}” by @${node.author.handle}: ${reasonInWords(reason)}`);
  }
}

/** Ask for pictures and watch them being painted; return the id of the job. */
async function paint(): Promise<string> {
  const jobId = await submit();
  await watch(jobId);
  return jobId;
}

/** Follow the viewer's credits until none is held; print them as the cache has them, which only the stream changes. */
async function watchCredits(): Promise<void> {
  const print = (data: MeQuery) => console.log(`  In the cache: ${creditsInWords(data)}.`);
  const view = client.watchQuery({ query: MeDocument }).subscribe(({ data, dataState }) => {
    if (dataState === "complete") print(data);
  });
  const settled = client.subscribe({ query: CreditsDocument }).pipe(
    first(({ data, error }) => {
      if (error || !data) throw error;
      const event = data.creditBalanceChanged;
      return event.__typename === "CreditBalanceChanged" && event.entry.heldAfter === 0;
    }),
  );
  try {
    await firstValueFrom(settled);
  } finally {
    view.unsubscribe();
  }
  print(client.readQuery({ query: MeDocument })!);
}

async function submit(): Promise<string> {
  // The key makes it safe to send the same request again where no answer came: it is still one job.
  const input = { prompt: options.prompt, count: Number(options.count), idempotencyKey: randomUUID() };
  const { data } = await client.mutate({ mutation: SubmitDocument, variables: { input } });
  const { job } = accepted(data!.submitGeneration);
  console.log(`Submitted “${options.prompt}” for ${job.cost} credits.`);
  return job.id;
}

/** Follow a job to its end; print each event, and the job as the cache has it whenever that changes. */
async function watch(jobId: string): Promise<void> {
  const views = client.watchQuery({ query: JobDocument, variables: { id: jobId }, fetchPolicy: "cache-only" });
  const view = views.subscribe(({ data, dataState }) => {
    if (dataState === "complete" && data.generationJob) console.log(`  In the cache: ${jobInWords(data.generationJob)}.`);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      client.subscribe({ query: WatchDocument, variables: { jobId } }).subscribe({
        next({ data, error }) {
          if (error || !data) return reject(error);
          const event = data.generationJobEvents;
          console.log(`${event.sequence}. ${inWords(event)}`);
          applyJobEvent(client.cache, jobId, event);
        },
        error: reject,
        complete: resolve,
      });
    });
  } finally {
    view.unsubscribe();
  }
  const { generationJob } = client.readQuery({ query: JobDocument, variables: { id: jobId } })!;
  console.log(`  In the cache, nothing having been asked for again: ${jobInWords(generationJob!)}.`);
}

/** Publish the pictures that the events have left in the cache. */
async function publish(jobId: string): Promise<string> {
  const data = client.readQuery({ query: JobDocument, variables: { id: jobId } });
  const assetIds = data?.generationJob?.slots.flatMap(({ image }) => image?.id ?? []) ?? [];
  if (!assetIds.length) throw new Error("No picture came to be");
  const input = { assetIds, title: options.prompt.slice(0, 100), tags: ["example"] };
  const published = await client.mutate({ mutation: PublishDocument, variables: { input } });
  const { artwork } = accepted(published.data!.publishArtwork);
  console.log(`Published “${artwork.title}”.`);
  return artwork.id;
}

/** Publish the pictures of a job while following the newest artworks, and print these once they are among them. */
async function show(jobId: string): Promise<void> {
  const feed = new Feed(client);
  try {
    await feed.read();
    await feed.arrived(await publish(jobId));
  } finally {
    feed.leave();
  }
  console.log("The newest of all, nothing having been asked for again:");
  for (const { node } of feed.list().edges) {
    console.log(`  “${node.title}” by @${node.author.handle}, ${node.likeCount} likes`);
  }
}
