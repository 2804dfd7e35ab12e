import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, fillsFrom, imagesOf } from "../src/carry";

test("a submitted job goes to Watch and Cancel, and Submit gets a fresh key", () => {
  const fills = fillsFrom({ submitGeneration: { job: { id: "J1" } } }, []);
  assert.deepEqual(fills.map(({ operation }) => operation), ["Watch", "Cancel", "Submit"]);
  assert.deepEqual(fills.slice(0, 2).map(({ value }) => value), ["J1", "J1"]);
  assert.match(String(fills[2]?.value), /^[0-9a-f]{32}$/);
});

test("a refused submission changes nothing", () => {
  assert.deepEqual(fillsFrom({ submitGeneration: { code: "INSUFFICIENT_CREDITS" } }, []), []);
});

test("finished pictures are read from snapshots and from single events", () => {
  const slots = [{ index: 0, image: { id: "A" } }, { index: 1, image: null }];
  assert.deepEqual(imagesOf({ generationJobEvents: { job: { slots } } }), ["A"]);
  assert.deepEqual(imagesOf({ generationJobEvents: { slot: { image: { id: "B" } } } }), ["B"]);
});

test("a value of ours is replaced, the visitor's stays", () => {
  const fill = { operation: "Watch", path: ["jobId"], value: "J2" };
  assert.deepEqual(JSON.parse(filled('{ "jobId": "J1" }', fill, ["J1"]) ?? ""), { jobId: "J2" });
  assert.equal(filled('{ "jobId": "my own" }', fill, ["J1"]), null);
});

test("a missing value is added and comments stay", () => {
  const fill = { operation: "Publish", path: ["input", "assetIds"], value: ["A", "B"] };
  const after = filled('{\n  // the title\n  "input": { "title": "T" }\n}', fill, []) ?? "";
  assert.match(after, /\/\/ the title/);
  assert.match(after.replace(/\s/g, ""), /"assetIds":\["A","B"\]/);
});
