import samples from "easel:samples";
import { isFields, list, text } from "./response";

const PREFIX = "easel:";
const TABS_KEY = "graphiql:tabState";
/** The open tab holds these too; stored twice they can disagree, and GraphiQL then opens one more tab. */
const KEPT_IN_TABS = new Set(["graphiql:query", "graphiql:variables", "graphiql:headers"]);

/** `localStorage` under names of our own, so that another GraphiQL on the same host and port keeps its tabs apart. */
export const storage = {
  getItem: (key: string) => localStorage.getItem(PREFIX + key),
  setItem(key: string, value: string) {
    if (!KEPT_IN_TABS.has(key)) localStorage.setItem(PREFIX + key, withoutHeaders(value));
  },
  removeItem: (key: string) => localStorage.removeItem(PREFIX + key),
  get length() {
    return ownKeys().length;
  },
  clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
};

/** What the editors show first: the tab that was open last, else the first sample. */
export function openingTab(): { initialQuery: string; initialVariables: string } {
  const tab = lastTab() ?? samples[0];
  return { initialQuery: text(tab?.query) ?? "", initialVariables: text(tab?.variables) ?? "" };
}

/** Forget all tabs; the page then opens with the samples again. */
export function forgetTabs(): void {
  storage.removeItem(TABS_KEY);
  storage.removeItem(FILLED_KEY);
}

const FILLED_KEY = "filled";

/** The values that this page put into variables, by operation and path. */
export function filledBefore(): Record<string, unknown> {
  const found = parsed(storage.getItem(FILLED_KEY));
  return isFields(found) ? found : {};
}

export function rememberFilled(name: string, value: unknown): void {
  storage.setItem(FILLED_KEY, JSON.stringify({ ...filledBefore(), [name]: value }));
}

/** GraphiQL's history would write tokens to the disk. */
function withoutHeaders(value: string): string {
  const found = parsed(value);
  if (typeof found !== "object" || found === null) return value;
  return JSON.stringify(found, (key, item: unknown) => (key === "headers" ? null : item));
}

function lastTab(): Record<string, unknown> | undefined {
  const state = parsed(storage.getItem(TABS_KEY));
  const tab = isFields(state) ? list(state.tabs)[Number(state.activeTabIndex)] : undefined;
  return isFields(tab) ? tab : undefined;
}

function ownKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function parsed(value: string | null): unknown {
  try {
    return JSON.parse(value ?? "null");
  } catch {
    return null;
  }
}
