import { applyEdits, findNodeAtLocation, getNodeValue, modify, parseTree } from "jsonc-parser";
import { at, isFields, list, text } from "./response";

/** A value that one answer has for the variables of another sample. */
export type Fill = { operation: string; path: readonly string[]; value: unknown };

/** What `data` brings for other tabs; `images` are the ids of a watched job's finished pictures so far. */
export function fillsFrom(data: unknown, images: readonly string[]): Fill[] {
  const fills: Fill[] = [];
  const job = text(at(data, "submitGeneration", "job", "id"));
  if (job) {
    fills.push({ operation: "Watch", path: ["jobId"], value: job });
    fills.push({ operation: "Cancel", path: ["input", "jobId"], value: job });
    fills.push(freshKey());
  }
  if (isFields(at(data, "generationJobEvents")) && images.length) {
    fills.push({ operation: "Publish", path: ["input", "assetIds"], value: images });
  }
  const artwork = text(at(data, "publishArtwork", "artwork", "id")) ?? text(at(list(at(data, "feed", "edges"))[0], "node", "id"));
  if (artwork) fills.push({ operation: "One", path: ["id"], value: artwork });
  return fills;
}

/** A new idempotency key for the next submission. */
export function freshKey(): Fill {
  return { operation: "Submit", path: ["input", "idempotencyKey"], value: randomKey() };
}

/** Ids of the finished pictures that one job event tells of. */
export function imagesOf(data: unknown): string[] {
  const event = at(data, "generationJobEvents");
  const slots = [at(event, "slot"), ...list(at(event, "job", "slots"))];
  return slots.map((slot) => text(at(slot, "image", "id"))).filter((id) => id !== undefined);
}

/**
 * Put `fill` into the JSON `variables`, keeping layout and comments.
 *
 * Returns `null` where the value there is none of `ours`, for then the visitor has written it.
 */
export function filled(variables: string, fill: Fill, ours: readonly unknown[]): string | null {
  const path = [...fill.path];
  const root = parseTree(variables);
  const node = root && findNodeAtLocation(root, path);
  if (node && !ours.some((value) => JSON.stringify(value) === JSON.stringify(getNodeValue(node)))) return null;
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: "\n" };
  return applyEdits(variables, modify(variables, path, fill.value, { formattingOptions }));
}

/** 128 random bits; `crypto.randomUUID` is missing where the page comes over plain HTTP from another machine. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
