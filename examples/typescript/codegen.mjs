// Writes src/generated.ts: the types of the sample operations, and the operations as typed documents.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const schema = new URL("../../schema/schema.graphql", import.meta.url);
const operations = new URL("../../web/graphiql/operations/", import.meta.url);
const generated = new URL("src/generated.ts", import.meta.url);

const read = async (url) => parse(await readFile(url, "utf8"));
const files = (await readdir(operations)).filter((name) => name.endsWith(".graphql")).sort();
const documents = await Promise.all(
  files.map(async (name) => ({ location: name, document: await read(new URL(name, operations)) })),
);

const source = await codegen({
  filename: generated.pathname,
  schema: await read(schema),
  documents,
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
  config: {
    scalars: { Cursor: "string", DateTime: "string", ID: "string", URL: "string" },
    strictScalars: true, // a scalar that is not in the list ends the run, instead of becoming `any`
    skipTypename: true, // `__typename` is there where an operation asks for it
    useTypeImports: true,
  },
});
await writeFile(generated, source);
