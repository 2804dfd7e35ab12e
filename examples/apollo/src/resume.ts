// Subscriptions that go on where a broken connection left them: for graphql-ws, graphql-sse, and whatever subscribes alike.

/** What is subscribed to. The document must take `$after: Cursor` and ask for `cursor` in each event. */
interface Payload {
  variables?: Record<string, unknown> | null | undefined;
}

/** What is read of a result. */
interface Answer {
  data?: Record<string, { cursor?: string } | null> | null;
  errors?: unknown;
}

interface Sink<Result> {
  next(result: Result): void;
  error(reason: unknown): void;
  complete(): void;
}

/** Subscribes, tells the sink, and returns what ends it. */
type Subscribe<P extends Payload, Result> = (payload: P, sink: Sink<Result>) => () => void;

const ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 10_000;
const FINAL_CLOSE_CODES = [4400, 4401, 4403, 4406, 4409, 4429, 4500];
const PASSING_STATUSES = [408, 429];

/**
 * Return `subscribe` as one that survives lost connections: it subscribes again behind the last event that arrived.
 *
 * A token that ends in mid-stream is a lost connection too: who subscribes again is asked for a newer one.
 *
 * @param subscribe the `subscribe` of a client whose own retries are off: those would ask for everything again
 * @param onLost called when a connection was lost, before the next attempt
 */
export function resuming<P extends Payload, Result>(
  subscribe: Subscribe<P, Result>,
  onLost: (after: string | null) => void = () => {},
): Subscribe<P, Result> {
  return (payload, sink) => {
    let after = (payload.variables?.["after"] ?? null) as string | null;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let end = () => {};
    const open = () => {
      let isFirst = true;
      let isOver = false;
      const again = () => {
        isOver = true;
        onLost(after);
        timer = setTimeout(open, pauseMs(failures));
        failures += 1;
      };
      end = subscribe({ ...payload, variables: { ...payload.variables, after } }, {
        next(result) {
          if (!isFirst && isExpiry((result as Answer).errors)) return again();
          isFirst = false;
          failures = 0;
          after = cursorOf(result as Answer) ?? after;
          sink.next(result);
        },
        error(reason) {
          if (isOver) return;
          const isWorthIt = isExpiry(reason) ? !isFirst : !isFinal(reason) && failures < ATTEMPTS;
          if (isWorthIt) again();
          else sink.error(reason);
        },
        complete() {
          if (!isOver) sink.complete();
        },
      });
    };
    open();
    return () => {
      clearTimeout(timer);
      end();
    };
  };
}

/** Return the cursor of the event that a result carries: each stream is the only root field of its document. */
function cursorOf({ data }: Answer): string | undefined {
  return Object.values(data ?? {})[0]?.cursor;
}

/** Whether errors say that the token which was good has ended. */
function isExpiry(errors: unknown): boolean {
  return Array.isArray(errors) && errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");
}

/** Return how long to wait: longer after each failure, and not the same for all clients. */
function pauseMs(failures: number): number {
  return Math.min(100 * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + Math.random());
}

/** Whether the server has said no, so that asking again would not help. Everything else is a lost connection. */
function isFinal(reason: unknown): boolean {
  const { code, errors, response } = reason as { code?: number; errors?: unknown; response?: { status: number } };
  if (Array.isArray(reason) || Array.isArray(errors)) return true; // GraphQL errors
  if (response) return response.status >= 400 && response.status < 500 && !PASSING_STATUSES.includes(response.status);
  return code !== undefined && FINAL_CLOSE_CODES.includes(code);
}
