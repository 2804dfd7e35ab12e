// Watches a job with one of the documented clients: prints each event as a line of JSON, then how the stream ended.
import WebSocket from "ws";
import type { JobEvent } from "./app.js";

globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket; // Node 20 has none

const { watch } = (await import(`./${process.argv[2]}.js`)) as {
  watch: (jobId: string, tell: (event: JobEvent) => void) => Promise<void>;
};
const say = (line: unknown) => console.log(JSON.stringify(line));

try {
  await watch(process.argv[3]!, say);
  say("complete");
} catch (reason) {
  say(codeOf(reason));
}
process.exit(); // sockets stay open for the next subscription

/** Return the code of a GraphQL error or of a close event, which each client wraps in its own way. */
function codeOf(reason: unknown): unknown {
  const { code, networkError, graphQLErrors } = reason as Record<string, unknown>;
  const [error] = (Array.isArray(reason) ? reason : ((graphQLErrors ?? []) as unknown[])) as [{ extensions?: unknown }?];
  if (error) return (error.extensions as { code: string }).code;
  return networkError ? codeOf(networkError) : (code ?? String(reason));
}
