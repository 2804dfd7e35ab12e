/** Monaco's workers and colours. The workers are files of ours, so `worker-src 'self'` is enough. */
import { editor } from "monaco-graphql/esm/monaco-editor.js";

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = label === "json" || label === "graphql" ? WORKERS[label] : WORKERS.editor;
    return new Worker(new URL(file, import.meta.url), { type: "module", name: label });
  },
};

const colours = (accent: string, panel: string, ink: string, veil: string) => ({
  "editor.background": "#ffffff00",
  "scrollbar.shadow": "#ffffff00",
  "textLink.foreground": accent,
  "textLink.activeForeground": accent,
  "editorLink.activeForeground": accent,
  "editorHoverWidget.background": panel,
  "editorWidget.background": panel,
  "editorWidget.resizeBorder": accent,
  "editorSuggestWidget.background": panel,
  "editorSuggestWidget.selectedBackground": `${accent}22`,
  "editorSuggestWidget.selectedForeground": accent,
  "editorSuggestWidget.highlightForeground": accent,
  "list.hoverBackground": `${accent}18`,
  "list.highlightForeground": accent,
  "list.focusHighlightForeground": accent,
  "menu.background": panel,
  "menu.selectionBackground": `${accent}22`,
  "menu.selectionForeground": accent,
  "quickInput.background": panel,
  "quickInputList.focusBackground": `${accent}22`,
  "quickInputList.focusForeground": ink,
  "pickerGroup.foreground": accent,
  "toolbar.hoverBackground": `${accent}18`,
  "inputOption.hoverBackground": `${accent}18`,
  "input.background": veil,
  focusBorder: accent,
});

/** Names for GraphiQL's `editorTheme`. */
export const editorTheme = { light: "easel-light", dark: "easel-dark" };

editor.defineTheme(editorTheme.light, {
  base: "vs",
  inherit: true,
  colors: colours("#0d7466", "#ffffff", "#26313f", "#26313f11"),
  rules: [
    { token: "", foreground: "26313f" },
    { token: "comment.gql", foreground: "5f6f80" },
    { token: "keyword.gql", foreground: "a3324f" },
    { token: "key.identifier.gql", foreground: "0d5fa6" },
    { token: "argument.identifier.gql", foreground: "6a4fb3" },
    { token: "type.identifier.gql", foreground: "8a5a00" },
    { token: "string.key.json", foreground: "0d5fa6" },
    { token: "string.value.json", foreground: "0d7466" },
    { token: "number.json", foreground: "a3324f" },
    { token: "keyword.json", foreground: "a3324f" },
  ],
});
editor.defineTheme(editorTheme.dark, {
  base: "vs-dark",
  inherit: true,
  colors: colours("#4fd1b5", "#1f2733", "#ffffff", "#c5d0de16"),
  rules: [
    { token: "", foreground: "d7dee8" },
    { token: "comment.gql", foreground: "8c9bac" },
    { token: "keyword.gql", foreground: "f090a5" },
    { token: "key.identifier.gql", foreground: "8fc1f5" },
    { token: "argument.identifier.gql", foreground: "b9a7f5" },
    { token: "type.identifier.gql", foreground: "e6bd6e" },
    { token: "string.key.json", foreground: "8fc1f5" },
    { token: "string.value.json", foreground: "7fdcc4" },
    { token: "number.json", foreground: "f090a5" },
    { token: "keyword.json", foreground: "f090a5" },
  ],
});
