// Writes src/generated.ts: the operations as typed documents; `possibleTypes`, without which the cache cannot tell that an
// event is a `JobEvent` and a refusal a `UserError`; and what typePolicies.ts makes policies of.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import {
  buildASTSchema, getNamedType, getNullableType, isAbstractType, isCompositeType, isListType, isObjectType, parse,
} from "graphql";

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
const objects = reachedFrom(types.getQueryType());

const isConnection = ({ type }) => getNamedType(type).name.endsWith("Connection");
const isList = ({ type }) => isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
const isPage = ({ name }) => ["first", "last", "after", "before"].includes(name);

/** Return the types of the objects that a cache keeps: all that a query can reach, but for the pages of connections. */
function reachedFrom(type, found = new Set()) {
  const reached = isAbstractType(type) ? types.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
  for (const each of reached.filter((each) => !found.has(each) && each.name !== "PageInfo")) {
    found.add(each);
    for (const field of Object.values(each.getFields())) reachedFrom(getNamedType(field.type), found);
  }
  return [...found].filter(({ name }) => !/(Connection|Edge)$/.test(name)).sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Return what is told of those fields of all objects that are such, by type and name. */
function fieldsThat(are, told) {
  const found = objects.map((type) => {
    const fields = Object.values(type.getFields()).filter(are);
    return [type.name, Object.fromEntries(fields.map((field) => [field.name, told(field)]))];
  });
  return Object.fromEntries(found.filter(([, fields]) => Object.keys(fields).length));
}

function allOf(type) {
  return Object.fromEntries(Object.keys(type.getFields()).map((name) => [name, true]));
}

const constants = {
  possibleTypes: Object.fromEntries(
    abstract.map((type) => [type.name, types.getPossibleTypes(type).map(({ name }) => name)]),
  ),
  // the arguments that say which list it is
  connections: fieldsThat(isConnection, ({ args }) => args.filter((arg) => !isPage(arg)).map(({ name }) => name)),
  // where each value takes the place of the one before: lists, and the events of streams
  wholes: { Subscription: allOf(types.getSubscriptionType()), ...fieldsThat(isList, () => true) },
  parts: objects.filter((type) => !type.getFields().id && type !== types.getQueryType()).map(({ name }) => name),
};
const written = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value, null, 2)};\n`);
await writeFile(generated, [operations, ...written].join("\n"));
