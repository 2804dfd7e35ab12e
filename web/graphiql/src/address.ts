/** Where the server is, seen from the script that this module is bundled into (`/graphiql/assets/…`). */
export const graphqlUrl = new URL("../../graphql", import.meta.url);
export const configUrl = new URL("../config.json", import.meta.url);

/** The same endpoint for `graphql-transport-ws`. */
export function socketUrl(): string {
  const url = new URL(graphqlUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
