// From signing in to the feed: every step that an application takes, in the order in which people take them.
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { FeedDocument, PublishDocument, SignInDocument, SignUpDocument, SubmitDocument } from "./generated.js";
import { accepted, request, type Easel } from "./request.js";
import { connect, watch, type JobEvent } from "./watch.js";

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    "sign-up": { type: "boolean", default: false },
    prompt: { type: "string", default: "a lighthouse by the sea under an aurora" },
    out: { type: "string", default: "picture.png" },
  },
});

/** The image of a slot, as far as this program needs it. */
interface Image {
  id: string;
  url: string;
}

try {
  await main(positionals[0] ?? "http://localhost:8000");
} catch (error) {
  const { message, cause } = error as Error;
  console.error(cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message);
  process.exitCode = 1;
}

async function main(url: string): Promise<void> {
  const easel = options["sign-up"] ? await signUp({ url }) : await signIn({ url });
  const image = await paint(easel, options.prompt);
  await download(image, options.out);
  await publish(easel, image, options.prompt);
  await printFeed(easel);
}

async function signUp(easel: Easel): Promise<Easel> {
  const handle = `guest_${randomUUID().slice(0, 8)}`;
  const account = { email: `${handle}@easel.example`, password: randomUUID(), handle, displayName: "A guest" };
  const { signUpWithEmail } = await request(easel, SignUpDocument, { input: account });
  const { session, viewer } = accepted(signUpWithEmail);
  console.log(`Signed up as @${viewer.handle}.`);
  return { ...easel, accessToken: session.accessToken };
}

async function signIn(easel: Easel): Promise<Easel> {
  const demo = { email: "demo@easel.example", password: "paint-something" };
  const { signInWithPassword } = await request(easel, SignInDocument, { input: demo });
  const { session, viewer } = accepted(signInWithPassword);
  console.log(`Signed in as @${viewer.handle}.`);
  return { ...easel, accessToken: session.accessToken };
}

/** Ask for one picture, watch it being painted, and return it. */
async function paint(easel: Easel, prompt: string): Promise<Image> {
  // The key makes it safe to send the same request again where no answer came: it is still one job.
  const input = { prompt, count: 1, idempotencyKey: randomUUID() };
  const { submitGeneration } = await request(easel, SubmitDocument, { input });
  const { job } = accepted(submitGeneration);
  console.log(`Submitted “${prompt}”; credits held: ${job.cost}.`);

  const images: Image[] = [];
  const client = connect(easel);
  try {
    await watch(client, job.id, (event) => {
      console.log(`${event.sequence}. ${tell(event)}`);
      if (event.__typename === "GenerationSnapshot") images.push(...event.job.slots.flatMap(({ image }) => image ?? []));
      if (event.__typename === "GenerationImageReady" && event.slot.image) images.push(event.slot.image);
    });
  } finally {
    await client.dispose();
  }
  const image = images.at(-1);
  if (!image) throw new Error("No picture came to be");
  return image;
}

/** Return an event in words. A kind of event that is forgotten here does not compile. */
function tell(event: JobEvent): string {
  switch (event.__typename) {
    case "GenerationSnapshot":
      return `The job is ${event.job.status}, ${Math.round(event.job.progress * 100)} % done.`;
    case "GenerationQueueMoved":
      return `Number ${event.position} in the line, about ${event.etaSeconds ?? "?"} s to go.`;
    case "GenerationStarted":
      return "Painting has begun.";
    case "GenerationProgress":
      return `Step ${event.step} of ${event.totalSteps}, preview of ${event.preview?.length ?? 0} characters.`;
    case "GenerationImageReady":
      return `The picture is ready: ${event.slot.image?.width} × ${event.slot.image?.height} pixels.`;
    case "GenerationImageFailed":
      return `The picture failed: ${event.slot.failure?.message} Credits back: ${event.releasedCredits}.`;
    case "GenerationCanceling":
      return "The job was canceled; what is being painted is let go.";
    case "GenerationCompleted":
      return `The job has ended: ${event.job.status}.`;
  }
}

/** Save an image. Its URL is signed: whoever has it can read it, for an hour at least. */
async function download(image: Image, path: string): Promise<void> {
  const response = await fetch(image.url);
  if (!response.ok) throw new Error(`The picture could not be read: ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  await writeFile(path, bytes);
  console.log(`Saved ${path}, ${bytes.length} bytes of ${response.headers.get("content-type")}.`);
}

async function publish(easel: Easel, image: Image, prompt: string): Promise<void> {
  const input = { assetIds: [image.id], title: prompt.slice(0, 100), tags: ["example"] };
  const { publishArtwork } = await request(easel, PublishDocument, { input });
  console.log(`Published “${accepted(publishArtwork).artwork.title}”.`);
}

async function printFeed(easel: Easel): Promise<void> {
  const { feed } = await request(easel, FeedDocument, { kind: "LATEST", first: 5 });
  console.log("The newest of all:");
  for (const { node } of feed.edges) {
    console.log(`  “${node.title}” by @${node.author.handle}, ${node.likeCount} likes`);
  }
}
