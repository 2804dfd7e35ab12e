// Writes src/generated.ts: the operations as typed documents, and `possibleTypes`, without which the cache cannot tell
// that an event is a `JobEvent` and a refusal a `UserError`.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { buildASTSchema, isAbstractType, parse } from "graphql";

const schemaFile = new URL("../../schema/schema.graphql", import.meta.url);
const folders = ["../../web/graphiql/operations/", "src/"].map((path) => new URL(path, import.meta.url));
const generated = new URL("src/generated.ts", import.meta.url);

const read = async (url) => parse(await readFile(url, "utf8"));

async function documentsIn(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".graphql")).sort();
  return Promise.all(names.map(async (name) => ({ location: name, document: await read(new URL(name, folder)) })));
}

const schema = await read(schemaFile);
const operations = await codegen({
  filename: generated.pathname,
  schema,
  documents: (await Promise.all(folders.map(documentsIn))).flat(),
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
  config: {
    scalars: { Cursor: "string", DateTime: "string", ID: "string", URL: "string" },
    strictScalars: true, // a scalar that is not in the list ends the run, instead of becoming `any`
    skipTypename: true, // Apollo Client adds `__typename`; the types have it where an operation asks for it
    useTypeImports: true,
  },
});

const types = buildASTSchema(schema);
const abstract = Object.values(types.getTypeMap()).filter(isAbstractType);
const possibleTypes = Object.fromEntries(
  abstract.map((type) => [type.name, types.getPossibleTypes(type).map((member) => member.name)]),
);
await writeFile(generated, `${operations}\nexport const possibleTypes = ${JSON.stringify(possibleTypes, null, 2)};\n`);
