/** Reading answers whose shape is known only at run time. */
export type Fields = Record<string, unknown>;
export type Answer = { data?: Fields | null; errors?: readonly { message: string; extensions?: Fields }[] };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Follow `keys` into nested objects; `undefined` as soon as one is missing. */
export function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((found, key) => (isFields(found) ? found[key] : undefined), value);
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
