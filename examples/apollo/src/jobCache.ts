// What the events of a job mean for the job in the cache. Events that carry the job itself need nothing: it has an id.
import type { ApolloCache, Reference } from "@apollo/client";
import { JobSlotsFragmentDoc, type JobSlotsFragment, type WatchSubscription } from "./generated.js";

export type JobEvent = WatchSubscription["generationJobEvents"];
type Slot = JobSlotsFragment["slots"][number];

/** Tell the cache what an event says of a job, so that every view of the job shows it. */
export function applyJobEvent(cache: ApolloCache, jobId: string, event: JobEvent): void {
  const id = cache.identify({ __typename: "GenerationJob", id: jobId })!;
  switch (event.__typename) {
    case "GenerationStarted":
      cache.modify({ id, fields: { status: (status: string) => (isWaiting(status) ? "RUNNING" : status), queue: () => null } });
      break;
    case "GenerationProgress":
      writeSlot(cache, id, { index: event.slotIndex, status: "RENDERING", image: null, failure: null });
      break;
    case "GenerationImageReady":
      writeSlot(cache, id, { ...event.slot, status: "READY", failure: null });
      break;
    case "GenerationImageFailed":
      writeSlot(cache, id, { ...event.slot, status: isBlocked(event.slot) ? "BLOCKED" : "FAILED", image: null });
      break;
    case "GenerationCanceling":
      cache.modify({ id, fields: { status: () => "CANCELING" } });
      break;
    case "GenerationCompleted":
      cache.modify({ id, fields: { progress: () => 1 } });
  }
}

/** Add what is told of one slot to the others (typePolicies.ts merges them), and work out the progress of the job. */
function writeSlot(cache: ApolloCache, id: string, slot: Slot): void {
  const typed = { ...slot, __typename: "GenerationSlot" };
  cache.writeFragment({ id, fragment: JobSlotsFragmentDoc, data: { slots: [typed] } });
  cache.modify({
    id,
    fields: {
      progress(kept, { readField }) {
        const slots = readField<readonly Reference[]>("slots") ?? [];
        const ended = slots.filter((each) => hasEnded(readField("status", each)));
        return slots.length ? ended.length / slots.length : kept;
      },
    },
  });
}

/** Whether a slot with this status stays as it is. */
function hasEnded(status: Slot["status"] | undefined): boolean {
  return status !== undefined && !["PENDING", "RENDERING", "CHECKING"].includes(status);
}

function isWaiting(status: string): boolean {
  return ["ACCEPTED", "QUEUED", "PREPARING"].includes(status);
}

function isBlocked({ failure }: Pick<Slot, "failure">): boolean {
  return failure?.code === "CONTENT_BLOCKED";
}
