// How Apollo's cache keeps the graph: which objects are one and the same, how pages become lists. Made to be copied.
import type { FieldFunctionOptions, FieldPolicy, Reference, TypePolicies } from "@apollo/client/cache";

/** A connection in the cache: always edges, whether `edges` or `nodes` were asked for. */
export interface Connection {
  edges: readonly Edge[];
  pageInfo?: { endCursor?: string | null };
}

export interface Edge {
  cursor?: string;
  node: Reference | undefined;
}

/** A connection as it comes from the server. */
interface Page extends Partial<Connection> {
  nodes?: readonly Reference[];
}

export const typePolicies: TypePolicies = {
  Query: {
    fields: {
      feed: connection("kind", "window", "filter"),
      generationJobs: connection("filter"),
      folders: connection("parentId"),
      assets: connection("filter", "orderBy"),
      similarAssets: connection("assetId", "uploadId"),
      promptPresets: connection("filter"),
      notifications: connection("kinds", "unreadOnly"),
      moderationQueue: connection("filter"),
      auditLog: connection("filter"),
      savedSearches: connection(),
      search: { keyArgs: ["query", "filter"], merge: true },
      artwork: found("Artwork"),
      generationJob: found("GenerationJob"),
    },
  },
  // There is one viewer. What a mutation or a stream tells of their credits is what the whole application shows.
  Viewer: {
    keyFields: [],
    merge: true,
    fields: {
      assets: connection(),
      trash: connection(),
      archives: connection(),
      collections: connection(),
      guardDecisions: connection(),
      likedArtworks: connection(),
      followedTags: connection(),
      mutedUsers: connection(),
      blockedUsers: connection(),
      moderationDecisions: connection(),
      reports: connection(),
    },
  },
  CreditAccount: { keyFields: [], merge: true, fields: { ledger: connection() } },
  User: {
    fields: {
      artworks: connection(),
      gallery: connection(),
      characters: connection(),
      stories: connection(),
      origChats: connection(),
      followers: connection(),
      following: connection(),
      collections: connection(),
    },
  },
  Character: { fields: { gallery: connection() } },
  Story: { fields: { gallery: connection() } },
  OrigChat: { fields: { gallery: connection() } },
  Search: { fields: { artworks: connection("orderBy"), users: connection(), tags: connection() } },
  Folder: { fields: { folders: connection(), assets: connection() } },
  Tag: { fields: { artworks: connection() } },
  Artwork: { fields: { comments: connection(), likers: connection(), remixes: connection() } },
  ModerationCase: { fields: { reports: connection(), otherDecisions: connection() } },
  Comment: { fields: { replies: connection() } },
  Collection: { fields: { items: connection() } },
  GenerationJob: { fields: { slots: { merge: mergeSlots }, queue: { merge: true } } },
  SessionTokens: { keyFields: false },
};

/**
 * Pages of a connection as one list, for `fetchMore({ variables: { after: pageInfo.endCursor } })`.
 *
 * Lists of another page size are other lists, so that a preview (`comments(first: 2)`) never cuts a long one. A page that
 * is asked for without `after` starts the list anew.
 *
 * @param filters the arguments that say which list it is
 */
export function connection(...filters: string[]): FieldPolicy<Connection, Page> {
  return {
    keyArgs: [...filters, "first"],
    merge(kept, page, { args }) {
      const before = args?.["after"] ? (kept?.edges ?? []) : [];
      const end = before.findIndex(({ cursor }) => cursor === args?.["after"]);
      const { nodes, ...rest } = page;
      const edges = page.edges ?? nodes?.map((node) => ({ node })) ?? [];
      return { ...rest, edges: [...(end < 0 ? before : before.slice(0, end + 1)), ...withLastCursor(edges, page)] };
    },
    read(kept, { canRead, readField }) {
      if (!kept) return undefined;
      const edges = kept.edges.filter((edge) => canRead(readField("node", edge as never)));
      return { ...kept, edges, nodes: edges.map((edge) => readField<Reference>("node", edge as never)) } as Connection;
    },
  };
}

/** Return the edges of a page, the last with its cursor even where only `nodes` were asked for. */
function withLastCursor(edges: readonly Edge[], { pageInfo }: Page): readonly Edge[] {
  const last = edges.at(-1);
  return last && pageInfo?.endCursor ? [...edges.slice(0, -1), { ...last, cursor: pageInfo.endCursor }] : edges;
}

/** An object that is asked for by its id is read from the cache where it is there already. */
function found(typename: string): FieldPolicy {
  return {
    read: (kept, { args, toReference }) => kept ?? toReference({ __typename: typename, id: args?.["id"] }),
  };
}

/** The slots of a job have places: what is told of one is added to what is known of it, and leaves the others. */
function mergeSlots(
  kept: readonly Reference[] | undefined,
  told: readonly Reference[],
  { readField, mergeObjects }: FieldFunctionOptions,
): readonly Reference[] {
  const slots = new Map(kept?.map((slot) => [readField<number>("index", slot)!, slot]));
  for (const slot of told) {
    const index = readField<number>("index", slot)!;
    const known = slots.get(index);
    if (!known || !isOlder(readField("status", slot), readField("status", known))) {
      slots.set(index, known ? mergeObjects(known, slot) : slot);
    }
  }
  return [...slots].sort(([one], [other]) => one - other).map(([, slot]) => slot);
}

/** Whether a slot that has ended is told to be under way: news from before, as a resumed stream begins with. */
function isOlder(told: string | undefined, known: string | undefined): boolean {
  const isUnderWay = (status: string) => ["PENDING", "RENDERING", "CHECKING"].includes(status);
  return told !== undefined && known !== undefined && isUnderWay(told) && !isUnderWay(known);
}
