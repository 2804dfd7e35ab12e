import { at, count, type Fields, isFields, list, text } from "./response";

/** One frame of the strip below the response. */
export type Frame = {
  key: string;
  state: "empty" | "painting" | "ready" | "failed";
  src?: string;
  label: string;
  /** Share of the steps done, 0 to 1. */
  progress?: number;
};
/** What is to be seen: the pictures of the latest answer, or a job while it is painted. */
export type Scene = { caption: string; frames: readonly Frame[] };

export const emptyScene: Scene = { caption: "", frames: [] };

/** The scene after one more answer; a job's events add to `before`, anything else replaces it. */
export function nextScene(before: Scene, data: unknown): Scene {
  const event = at(data, "generationJobEvents");
  if (isFields(event)) return afterJobEvent(before, event);
  const job = at(data, "submitGeneration", "job");
  if (isFields(job)) return { caption: "Accepted", frames: slotFrames(job) };
  return { caption: "", frames: picturesIn(data) };
}

function afterJobEvent(before: Scene, event: Fields): Scene {
  switch (event.__typename) {
    case "GenerationSnapshot":
      return { caption: sentence(text(at(event, "job", "status"))), frames: slotFrames(event.job) };
    case "GenerationQueueMoved":
      return { ...before, caption: queueCaption(event) };
    case "GenerationStarted":
      return { ...before, caption: "Painting" };
    case "GenerationProgress":
      return afterProgress(before, event);
    case "GenerationImageReady":
      return { ...before, frames: withFrame(before.frames, slotFrame(event.slot)) };
    case "GenerationImageFailed":
      return { ...before, frames: withFrame(before.frames, { ...slotFrame(event.slot), state: "failed" }) };
    case "GenerationCompleted":
      return { ...before, caption: completedCaption(event.job) };
    default:
      return before;
  }
}

function afterProgress(before: Scene, event: Fields): Scene {
  const frames = withFrame(before.frames, progressFrame(before.frames, event));
  const index = count(event.slotIndex) ?? 0;
  const caption = `Painting picture ${index + 1} of ${frames.length}, step ${String(event.step)} of ${String(event.totalSteps)}`;
  return { caption, frames };
}

function queueCaption(event: Fields): string {
  const eta = count(event.etaSeconds);
  const wait = eta === undefined ? "" : `, about ${Math.max(1, Math.round(eta))} s`;
  return `In the queue: number ${String(event.position)}${wait}`;
}

function completedCaption(job: unknown): string {
  const failed = count(at(job, "failedCount")) ?? 0;
  const released = count(at(job, "releasedCredits")) ?? 0;
  const parts = [`${sentence(text(at(job, "status")))}: ${count(at(job, "succeededCount")) ?? 0} painted`];
  if (failed) parts.push(`${failed} failed`);
  if (released) parts.push(released === 1 ? "1 credit given back" : `${released} credits given back`);
  return parts.join(", ");
}

function slotFrames(job: unknown): Frame[] {
  return list(at(job, "slots")).map(slotFrame);
}

function slotFrame(slot: unknown): Frame {
  const index = count(at(slot, "index")) ?? 0;
  const src = safeSource(at(slot, "image", "url"));
  const failure = text(at(slot, "failure", "message"));
  const refused = ["FAILED", "BLOCKED", "SKIPPED"].includes(String(at(slot, "status")));
  const state = src ? "ready" : refused || failure ? "failed" : "empty";
  return { key: `slot ${index}`, state, src, label: failure ?? `Picture ${index + 1}` };
}

function progressFrame(frames: readonly Frame[], event: Fields): Frame {
  const index = count(event.slotIndex) ?? 0;
  const key = `slot ${index}`;
  const src = safeSource(event.preview) ?? frames.find((frame) => frame.key === key)?.src;
  const progress = (count(event.step) ?? 0) / (count(event.totalSteps) || 1);
  return { key, state: "painting", src, label: `Picture ${index + 1}`, progress };
}

function withFrame(frames: readonly Frame[], frame: Frame): Frame[] {
  const others = frames.filter(({ key }) => key !== frame.key);
  return [...others, frame].sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
}

/** Every `url` of an image and every data-URI `preview` in `data`, once each. */
function picturesIn(data: unknown): Frame[] {
  const found = new Map<string, Frame>();
  const visit = (value: unknown, label: string): void => {
    if (Array.isArray(value)) value.forEach((item) => visit(item, label));
    if (!isFields(value)) return;
    const name = text(value.altText) ?? text(value.title) ?? label;
    const src = safeSource(value.url) ?? safeSource(value.preview);
    if (src) found.set(src, { key: src, state: "ready", src, label: name });
    Object.values(value).forEach((item) => visit(item, name));
  };
  visit(data, "Picture");
  return [...found.values()];
}

/** `value` where a browser may load it as an image: http(s), a path of ours, or an image as data. */
function safeSource(value: unknown): string | undefined {
  const source = text(value);
  return source && /^(https?:\/\/|\/(?!\/)|data:image\/)/i.test(source) ? source : undefined;
}

function sentence(status: string | undefined): string {
  return status ? status.charAt(0) + status.slice(1).toLowerCase() : "";
}
