import { type Answer, at, count, text } from "./response";

/** What a newcomer most likely wants next, offered as a button. */
export type Step = { label: string; operation: string; run: boolean } | { label: string; operation: null };

export function nextStep(answer: Answer): Step | null {
  const { data, errors } = answer;
  if (errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED")) return { label: "Sign in first", operation: null };
  if (text(at(data, "submitGeneration", "job", "id"))) return { label: "Watch it being painted", operation: "Watch", run: true };
  if (count(at(data, "generationJobEvents", "job", "succeededCount"))) return { label: "Publish", operation: "Publish", run: false };
  if (text(at(data, "publishArtwork", "artwork", "id"))) return { label: "See it in the feed", operation: "Feed", run: true };
  return null;
}
