/** Bundle the page into dist/: index.html, icon, licences, and assets/ with content hashes in their names. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { licencesOf } from "./licences.mjs";
import { samples } from "./samples.mjs";
import { styles } from "./styles.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const shared = {
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  outdir: "dist/assets",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  alias: {
    // Both names are needed; the second alone leads to a file in a format whose exports esbuild cannot see.
    "prettier/parser-graphql": "prettier/plugins/graphql",
    "prettier/plugins/estree": "./build/prettier-json.mjs",
    "prettier/parser-babel": "./build/prettier-json.mjs",
  },
};

/** Output file names by the name of their entry point. */
function entriesOf({ outputs }) {
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint);
  return new Map(entries.map(([path]) => [basename(path).replace(/-[A-Z0-9]+\.\w+$/, ""), basename(path)]));
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");

const workers = await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
});
const workerFiles = entriesOf(workers.metafile);
const page = await build({
  ...shared,
  entryPoints: { graphiql: "src/main.tsx" },
  jsx: "automatic",
  plugins: [samples("operations"), styles],
  loader: { ".woff2": "file", ".woff": "empty" },
  define: {
    ...shared.define,
    WORKERS: JSON.stringify(Object.fromEntries(["editor", "json", "graphql"].map((name) => [name, workerFiles.get(`${name}.worker`)]))),
  },
});

for (const [path, { bytes }] of Object.entries(page.metafile.outputs)) if (!bytes) rmSync(path);
const [script] = Object.entries(page.metafile.outputs).find(([, { entryPoint }]) => entryPoint === "src/main.tsx");
const style = page.metafile.outputs[script].cssBundle;
const html = readFileSync("src/index.html", "utf8");
writeFileSync("dist/index.html", html.replace("{{style}}", style.slice(5)).replace("{{script}}", script.slice(5)));
writeFileSync("dist/icon.svg", readFileSync("src/icon.svg"));

const inputs = [workers, page].flatMap(({ metafile }) => Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs)));
writeFileSync("dist/THIRD-PARTY-LICENSES.txt", licencesOf(inputs, ["node_modules/@fontsource/fira-code"]));

const sizes = [workers, page].flatMap(({ metafile }) => Object.entries(metafile.outputs)).map(([path, { bytes }]) => [bytes, path]);
for (const [bytes, path] of sizes.sort(([a], [b]) => b - a)) console.log(String(bytes).padStart(9), path);
console.log(String(sizes.reduce((sum, [bytes]) => sum + bytes, 0)).padStart(9), "in all");
