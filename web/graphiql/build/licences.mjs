/** The licences of every package whose files reached the bundle. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const NOTICE = /^(licen[cs]e|copying|notice|thirdpartynotices)/i;

/** Text for `inputs`, the paths that esbuild bundled; `extra` are folders of packages used in other ways. */
export function licencesOf(inputs, extra) {
  const folders = new Set([...inputs.map((path) => PACKAGE.exec(path)?.[1]).filter(Boolean), ...extra]);
  const sections = [...folders].map(section).sort();
  return `Easel's GraphiQL contains the following packages.\n\n${sections.join("\n")}`;
}

function section(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const notices = readdirSync(folder).filter((file) => NOTICE.test(file) && !file.endsWith(".js")).sort();
  const by = typeof author === "string" ? author : author?.name;
  const own = notices.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  const text = own.length ? own.join("\n\n") : standard(name, license, by);
  return `${"=".repeat(78)}\n${name} ${version} (${license})\n${"=".repeat(78)}\n${text}\n`;
}

/** For packages that name their licence and ship no text of it. */
function standard(name, license, by) {
  const file = join("build", `${license}.txt`);
  if (!existsSync(file)) throw new Error(`${name}: no licence text, and no build/${license}.txt`);
  return readFileSync(file, "utf8").replace("{{by}}", by ?? `the authors of ${name}`).trim();
}
