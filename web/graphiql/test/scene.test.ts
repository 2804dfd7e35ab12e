import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyScene, nextScene, type Scene } from "../src/scene";

function event(scene: Scene, fields: Record<string, unknown>): Scene {
  return nextScene(scene, { generationJobEvents: fields });
}
const slots = [{ index: 0, status: "PENDING" }, { index: 1, status: "PENDING" }];

test("a job is seen from its snapshot to its end", () => {
  let scene = event(emptyScene, { __typename: "GenerationSnapshot", job: { status: "QUEUED", slots } });
  assert.deepEqual(scene.frames.map(({ state }) => state), ["empty", "empty"]);
  scene = event(scene, { __typename: "GenerationQueueMoved", position: 2, etaSeconds: 4.4 });
  assert.equal(scene.caption, "In the queue: number 2, about 4 s");
  scene = event(scene, { __typename: "GenerationProgress", slotIndex: 1, step: 3, totalSteps: 12, preview: "data:image/webp;base64,AA" });
  assert.equal(scene.caption, "Painting picture 2 of 2, step 3 of 12");
  assert.equal(scene.frames[1]?.progress, 0.25);
  scene = event(scene, { __typename: "GenerationImageReady", slot: { index: 1, image: { id: "A", url: "/media/a" } } });
  scene = event(scene, { __typename: "GenerationImageFailed", slot: { index: 0, failure: { message: "Out of memory" } } });
  assert.deepEqual(scene.frames.map(({ state, label }) => [state, label]), [["failed", "Out of memory"], ["ready", "Picture 2"]]);
  const job = { status: "PARTIAL", succeededCount: 1, failedCount: 1, releasedCredits: 1 };
  scene = event(scene, { __typename: "GenerationCompleted", job });
  assert.equal(scene.caption, "Partial: 1 painted, 1 failed, 1 credit given back");
});

test("a progress event without a preview keeps the picture there is", () => {
  const first = event(emptyScene, { __typename: "GenerationProgress", slotIndex: 0, step: 1, totalSteps: 2, preview: "data:image/webp;base64,AA" });
  const second = event(first, { __typename: "GenerationProgress", slotIndex: 0, step: 2, totalSteps: 2, preview: null });
  assert.equal(second.frames[0]?.src, "data:image/webp;base64,AA");
});

test("pictures are found anywhere in an answer, once each, with the title nearest to them", () => {
  const node = { title: "Dusk", image: { url: "https://cdn.example/1.webp" }, author: { avatarUrl: "/x" } };
  const { frames } = nextScene(emptyScene, { feed: { edges: [{ node }, { node }] } });
  assert.deepEqual(frames.map(({ src, label }) => [src, label]), [["https://cdn.example/1.webp", "Dusk"]]);
});

test("an address that is no image address is not loaded", () => {
  const { frames } = nextScene(emptyScene, { a: { url: "javascript:alert(1)" }, b: { url: "//elsewhere/x" }, c: { preview: "text" } });
  assert.deepEqual(frames, []);
});
