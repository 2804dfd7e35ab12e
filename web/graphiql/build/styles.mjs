/** GraphiQL's style sheet without the fonts it carries inline; Monaco's icons become a woff2 file. */
import { readFileSync } from "node:fs";
import wawoff2 from "wawoff2";

const FONT_FACE = /@font-face\s*\{[^}]*\}/g;

export const styles = {
  name: "styles",
  setup(build) {
    // graphiql/style.css holds all of Monaco's styles already.
    build.onLoad({ filter: /monaco-editor[\\/].*\.css$/ }, () => ({ contents: "", loader: "css" }));
    build.onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, ({ path }) => ({
      contents: `@import "easel:codicon.css";\n${readFileSync(path, "utf8").replace(FONT_FACE, "")}`,
      loader: "css",
    }));
    build.onResolve({ filter: /^easel:codicon/ }, ({ path }) => ({ path, namespace: "codicon" }));
    build.onLoad({ filter: /\.css$/, namespace: "codicon" }, () => ({
      contents: `@font-face { font-family: codicon; font-display: block; src: url("easel:codicon.woff2") format("woff2"); }`,
      loader: "css",
    }));
    build.onLoad({ filter: /\.woff2$/, namespace: "codicon" }, async () => ({
      contents: await wawoff2.compress(readFileSync("node_modules/monaco-editor/esm/vs/base/browser/ui/codicons/codicon/codicon.ttf")),
      loader: "file",
    }));
  },
};
