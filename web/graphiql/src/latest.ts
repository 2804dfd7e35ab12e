import { createStore } from "zustand/vanilla";
import { type Fill, fillsFrom, imagesOf } from "./carry";
import { type Answer } from "./response";
import { emptyScene, nextScene, type Scene } from "./scene";
import { adopt } from "./session";
import { nextStep, type Step } from "./steps";

/** What the latest answer means for the page: pictures, a next step, values for other tabs, the connection. */
export type Latest = {
  scene: Scene;
  step: Step | null;
  fills: readonly Fill[];
  images: readonly string[];
  isReconnecting: boolean;
};

const nothing: Latest = { scene: emptyScene, step: null, fills: [], images: [], isReconnecting: false };
export const latest = createStore<Latest>(() => nothing);

/** A new operation starts: forget what the one before had brought. */
export function begin(): void {
  latest.setState(nothing);
}

/** One answer, or one event of a subscription, has arrived. */
export function observe(answer: Answer): void {
  adopt(answer);
  latest.setState((before) => {
    const images = [...new Set([...before.images, ...imagesOf(answer.data)])];
    return {
      images,
      scene: nextScene(before.scene, answer.data),
      step: nextStep(answer),
      fills: fillsFrom(answer.data, images),
      isReconnecting: false,
    };
  });
}
