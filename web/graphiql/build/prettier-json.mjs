/** Prettier needs 540 kB of JavaScript parser to format JSON; jsonc-parser, which is here anyway, does it too. */
import { applyEdits, format } from "jsonc-parser";

const AST = "formatted-jsonc";

export const parsers = {
  jsonc: {
    astFormat: AST,
    parse: (text) => ({ text: applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2, eol: "\n" })) }),
    locStart: () => 0,
    locEnd: ({ text }) => text.length,
  },
};
export const printers = { [AST]: { print: (path) => path.node.text } };
