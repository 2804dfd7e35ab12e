/** The module `easel:samples`: operations/NN-name.graphql with NN-name.variables.json, in the order of their names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function samples(folder) {
  return {
    name: "samples",
    setup(build) {
      build.onResolve({ filter: /^easel:samples$/ }, ({ path }) => ({ path, namespace: "samples" }));
      build.onLoad({ filter: /.*/, namespace: "samples" }, () => ({ contents: JSON.stringify(read(folder)), loader: "json" }));
    },
  };
}

function read(folder) {
  const documents = readdirSync(folder).filter((name) => name.endsWith(".graphql")).sort();
  return documents.map((name) => {
    const variables = join(folder, name.replace(/\.graphql$/, ".variables.json"));
    return {
      query: readFileSync(join(folder, name), "utf8").trimEnd(),
      variables: existsSync(variables) ? readFileSync(variables, "utf8").trimEnd() : null,
    };
  });
}
