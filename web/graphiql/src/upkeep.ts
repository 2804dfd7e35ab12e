import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import samples from "easel:samples";
import { withAuthorization } from "./authorization";
import { type Fill, filled, freshKey } from "./carry";
import { latest } from "./latest";
import { at } from "./response";
import { bearer, sessionStore } from "./session";
import { filledBefore, rememberFilled } from "./storage";

/** Keep the session's token in the headers of every tab. */
export function useAuthorizationHeader(): void {
  const { tabs, activeTabIndex, headerEditor } = useGraphiQL(pick("tabs", "activeTabIndex", "headerEditor"));
  const token = useStore(sessionStore, ({ session }) => bearer(session));
  const placed = useRef(new Map<string, string | null>());
  const openTabs = useRef({ tabs, activeTabIndex });
  openTabs.current = { tabs, activeTabIndex };
  const ids = tabs.map(({ id }) => id).join();

  useEffect(() => {
    if (!headerEditor) return;
    openTabs.current.tabs.forEach((tab, index) => {
      const isOpen = index === openTabs.current.activeTabIndex;
      const headers = (isOpen ? headerEditor.getValue() : tab.headers) ?? "";
      const text = withAuthorization(headers, token, placed.current.get(tab.id) ?? null);
      placed.current.set(tab.id, token);
      if (text === null) return;
      if (isOpen) headerEditor.setValue(text);
      // GraphiQL can set the values of the open tab only; a closed tab is read when it is opened.
      else tab.headers = text;
    });
  }, [headerEditor, ids, token]);

  useEffect(() => {
    // A query taken from the history comes with its headers, which are not kept, and empties the editor.
    const change = headerEditor?.onDidChangeModelContent(() => {
      queueMicrotask(() => {
        const text = headerEditor.getValue() ? null : withAuthorization("", token, null);
        if (text !== null) headerEditor.setValue(text);
      });
    });
    return () => change?.dispose();
  }, [headerEditor, token]);
}

/** Type small enough for a whole sample to be seen, and nothing hidden at the right. */
export function useReadableEditors(): void {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useGraphiQL(
    pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: 13, wordWrap: "on", wrappingIndent: "deepIndent" });
    }
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
}

/** Put ids from the latest answer into the variables of the other samples. */
export function useFilledVariables(): void {
  const { tabs, activeTabIndex, variableEditor } = useGraphiQL(pick("tabs", "activeTabIndex", "variableEditor"));
  const { updateActiveTabValues } = useGraphiQLActions();
  const fills = useStore(latest, (state) => state.fills);
  const openTabs = useRef({ tabs, activeTabIndex });
  openTabs.current = { tabs, activeTabIndex };

  useEffect(() => {
    if (!variableEditor) return;
    const place = (fill: Fill, ours: readonly unknown[]): void => {
      const index = openTabs.current.tabs.findIndex(({ title }) => title === fill.operation);
      const tab = openTabs.current.tabs[index];
      if (!tab) return;
      const isOpen = index === openTabs.current.activeTabIndex;
      const text = filled((isOpen ? variableEditor.getValue() : tab.variables) ?? "", fill, ours);
      if (text === null) return;
      rememberFilled(nameOf(fill), fill.value);
      if (isOpen) variableEditor.setValue(text);
      else tab.variables = text;
    };
    const key = freshKey();
    place(key, [sampleValue(key)]);
    fills.forEach((fill) => place(fill, [sampleValue(fill), filledBefore()[nameOf(fill)], fill.value]));
    updateActiveTabValues({});
  }, [fills, variableEditor, updateActiveTabValues]);
}

function nameOf(fill: Fill): string {
  return [fill.operation, ...fill.path].join(".");
}

/** What the sample itself has in that place. */
function sampleValue({ operation, path }: Fill): unknown {
  const sample = samples.find(({ query }) => new RegExp(`^\\w+ ${operation}\\b`, "m").test(query));
  return at(JSON.parse(sample?.variables ?? "null"), ...path);
}
