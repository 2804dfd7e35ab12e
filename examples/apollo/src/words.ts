// Events and objects in words.
import { CombinedGraphQLErrors } from "@apollo/client";
import type { JobQuery, MeQuery, RecommendedQuery } from "./generated.js";
import type { JobEvent } from "./jobCache.js";

type Reason = RecommendedQuery["feed"]["edges"][number]["reason"];

/** Return an event in words. A kind of event that is forgotten here does not compile. */
export function inWords(event: JobEvent): string {
  switch (event.__typename) {
    case "GenerationSnapshot":
      return `The job is ${event.job.status}, ${percent(event.job.progress)} done.`;
    case "GenerationQueueMoved":
      return `Number ${event.position} in the line, about ${event.etaSeconds ?? "?"} s to go.`;
    case "GenerationStarted":
      return "Painting has begun.";
    case "GenerationProgress":
      return `Picture ${event.slotIndex + 1}: step ${event.step} of ${event.totalSteps}.`;
    case "GenerationImageReady":
      return `Picture ${event.slot.index + 1} is ready: ${event.slot.image?.width} × ${event.slot.image?.height} pixels.`;
    case "GenerationImageFailed":
      return `Picture ${event.slot.index + 1} failed: ${event.slot.failure?.message} Credits back: ${event.releasedCredits}.`;
    case "GenerationCanceling":
      return "The job was canceled; what is being painted is let go.";
    case "GenerationCompleted":
      return `The job has ended: ${event.job.status}.`;
  }
}

/** Return a job of the cache in words. */
export function jobInWords({ status, progress, slots }: NonNullable<JobQuery["generationJob"]>): string {
  return `${status}, ${percent(progress)}, pictures ${slots.filter((slot) => slot.image).length} of ${slots.length}`;
}

/** Return the viewer's credits of the cache in words. */
export function creditsInWords({ viewer }: MeQuery): string {
  return `${viewer?.creditAccount.balance} credits, ${viewer?.creditAccount.held} of them held`;
}

/** Return why an artwork is in a feed. A kind of reason that is forgotten here does not compile. */
export function reasonInWords({ kind, tag, author, artwork }: Reason): string {
  switch (kind) {
    case "LATEST":
      return "it is new";
    case "POPULAR":
      return "many like it";
    case "FOLLOWED_AUTHOR":
      return `you follow @${author?.handle}`;
    case "FOLLOWED_TAG":
      return `you follow #${tag}`;
    case "TAG":
      return `it is tagged #${tag}`;
    case "BECAUSE_TAG":
      return `you like #${tag}`;
    case "LIKED_BY_PEOPLE_LIKE_YOU":
      return `people who like “${artwork?.title}” like it, as you do`;
    case "LOOKS_LIKE_LIKED":
      return `it looks like “${artwork?.title}”, which you like`;
  }
}

/** Return what went wrong. Programs go by the code; people read the message. */
export function errorInWords(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) {
    return error.errors.map(({ extensions, message }) => `${extensions?.["code"]}: ${message}`).join("; ");
  }
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
