/** The server's clock, learned from the `Date` header, so that a wrong local clock ends no session. */
let aheadMs = 0;

export function learn(date: string | null): void {
  const server = Date.parse(date ?? "");
  if (!Number.isNaN(server)) aheadMs = server - Date.now();
}

/** Milliseconds since the epoch, as the server sees it. */
export function now(): number {
  return Date.now() + aheadMs;
}
