import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { EMAIL_FIELD } from "./account";
import { latest } from "./latest";
import type { Frame } from "./scene";
import { sessionStore } from "./session";
import { useAuthorizationHeader, useFilledVariables, useReadableEditors } from "./upkeep";

/** Below the response: the pictures in it, a job while it is painted, and the likely next step. */
export function Strip() {
  useAuthorizationHeader();
  useFilledVariables();
  useReadableEditors();
  const { scene, isReconnecting } = useStore(latest);
  const [enlarged, setEnlarged] = useState<Frame | null>(null);
  const hasFrames = scene.frames.length > 0;
  const caption = isReconnecting ? "Connection lost, trying again…" : scene.caption;
  return (
    <section className="easel-strip" aria-label="Pictures">
      <header>
        <span className="easel-caption" role="status">{caption || (hasFrames ? pictures(scene.frames.length) : "Pictures in a response appear here.")}</span>
        <NextStep />
      </header>
      {hasFrames && (
        <ul className={scene.frames.length > 8 ? "easel-frames easel-many" : "easel-frames"}>
          {scene.frames.map((frame) => <Canvas key={frame.key} frame={frame} onEnlarge={setEnlarged} />)}
        </ul>
      )}
      <Enlarged frame={enlarged} onClose={() => setEnlarged(null)} />
    </section>
  );
}

function NextStep() {
  const step = useStore(latest, (state) => state.step);
  const tabs = useGraphiQL((state) => state.tabs);
  const { changeTab, run } = useGraphiQLActions();
  const isSignedIn = useStore(sessionStore, ({ session }) => session !== null);
  if (!step || (step.operation === null && isSignedIn)) return null;
  const go = (): void => {
    if (step.operation === null) {
      document.getElementById(EMAIL_FIELD)?.focus();
      return;
    }
    changeTab(tabs.findIndex(({ title }) => title === step.operation));
    if (step.run) void run();
  };
  if (step.operation !== null && !tabs.some(({ title }) => title === step.operation)) return null;
  return <button type="button" className="easel-primary" onClick={go}>{step.label} →</button>;
}

function Canvas({ frame, onEnlarge }: { frame: Frame; onEnlarge: (frame: Frame) => void }) {
  const [broken, setBroken] = useState<string>();
  const { src, state, label, progress } = frame;
  const isShown = src !== undefined && src !== broken;
  return (
    <li className={`easel-frame easel-${state}`} title={label}>
      {isShown ? (
        <button type="button" aria-label={`Enlarge: ${label}`} disabled={state === "painting"} onClick={() => onEnlarge(frame)}>
          <img src={src} alt={label} onError={() => setBroken(src)} />
        </button>
      ) : (
        <span className="easel-blank">{state === "failed" ? label : ""}</span>
      )}
      {state === "painting" && <progress value={progress} aria-label={label} />}
    </li>
  );
}

function Enlarged({ frame, onClose }: { frame: Frame | null; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (frame) dialog.current?.showModal();
    else dialog.current?.close();
  }, [frame]);
  return (
    <dialog ref={dialog} className="easel-enlarged" aria-label={frame?.label} onClose={onClose} onClick={onClose}>
      {frame && <img src={frame.src} alt={frame.label} />}
      {frame && <p>{frame.label}</p>}
    </dialog>
  );
}

function pictures(count: number): string {
  return count === 1 ? "1 picture in the response" : `${count} pictures in the response`;
}
