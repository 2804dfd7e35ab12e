/** Run test/*.test.ts with node's own runner. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { samples } from "./samples.mjs";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));
const outdir = mkdtempSync(join(tmpdir(), "easel-graphiql-"));
const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: tests.map((name) => join("test", name)),
  bundle: true,
  platform: "node",
  mainFields: ["module", "main"],
  format: "esm",
  outdir,
  outExtension: { ".js": ".mjs" },
  plugins: [samples("operations")],
});
const files = tests.map((name) => join(outdir, name.replace(/\.ts$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
rmSync(outdir, { recursive: true });
process.exitCode = status ?? 1;
