// How Apollo's cache keeps the graph: which objects are one and the same, how pages become lists. Made to be copied, with
// what codegen.mjs reads out of the schema: its connections, its lists and events, and its objects without an id.
import type { FieldFunctionOptions, FieldMergeFunction, FieldPolicy, FieldReadFunction, Reference, TypePolicies, TypePolicy } from "@apollo/client/cache";
import { relayStylePagination } from "@apollo/client/utilities";
import { connections, parts, wholes } from "./generated.js";

/** A connection in the cache: edges, whether `edges` or `nodes` were asked for. */
export interface Connection {
  edges: readonly Edge[];
  pageInfo?: object;
}

export interface Edge {
  cursor?: string;
  node: Reference | undefined;
}

/** A connection as it comes from the server, or as it is kept where nothing of its list was asked for. */
interface Page extends Partial<Connection> {
  nodes?: readonly Reference[];
}

type Policies = Record<string, TypePolicy & { fields?: Record<string, FieldPolicy> }>;

/** What the schema can not say. */
const exceptions: Policies = {
  Query: { fields: { artwork: found("Artwork"), generationJob: found("GenerationJob") } },
  // There is one viewer. What a mutation or a stream tells of their credits is what the whole application shows.
  Viewer: { keyFields: [], merge: true },
  CreditAccount: { keyFields: [], merge: true },
  GenerationJob: { fields: { slots: { merge: mergeSlots } } },
  SessionTokens: { keyFields: false },
};

export const typePolicies: TypePolicies = joined(
  ofFields(connections, connection),
  ofFields(wholes, () => ({ merge: false })), // a list comes whole, and an event is all of the event
  Object.fromEntries(parts.map((type) => [type, { merge: true }])), // what is told of a part is added to what is known
  exceptions,
);

/**
 * Pages of a connection as one list, for `fetchMore({ variables: { after: pageInfo.endCursor } })`.
 *
 * This is Apollo's `relayStylePagination`, which knows `edges` alone: here `nodes` are a view of the same list. Lists of
 * another page size are other lists, so that a preview (`comments(first: 2)`) never cuts a long one. A page that is asked
 * for without `after` starts the list anew.
 *
 * @param filters the arguments that say which list it is
 */
export function connection(filters: readonly string[]): FieldPolicy<Page, Page> {
  const stock = relayStylePagination<Reference>([...filters, "first"]);
  const merge = stock.merge as FieldMergeFunction<unknown, unknown>;
  const read = stock.read as FieldReadFunction<unknown, unknown>;
  return {
    keyArgs: stock.keyArgs!,
    merge(kept, { nodes, ...page }, options) {
      const edges = page.edges ?? nodes?.map((node) => ({ node }));
      if (!edges && !kept?.edges) return { ...kept, ...page };
      const told = edges ? { ...page, edges } : page;
      const { pageInfo, ...list } = merge(kept && { edges: [], ...kept }, told, options) as Connection;
      return page.pageInfo ?? kept?.pageInfo ? { ...list, pageInfo: pageInfo! } : list;
    },
    read(kept, options) {
      if (!kept?.edges) return kept;
      const { pageInfo, ...list } = read(kept, options) as Connection;
      const nodes = list.edges.map((edge) => options.readField<Reference>("node", edge as never)!);
      return { ...list, nodes, ...(kept.pageInfo && { pageInfo: pageInfo! }) };
    },
  };
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

/** Return a policy for each of the fields of types. */
function ofFields<Told>(types: Record<string, Record<string, Told>>, policy: (told: Told) => FieldPolicy): Policies {
  return mapped(types, (fields) => ({ fields: mapped(fields, policy) }));
}

function mapped<From, To>(record: Record<string, From>, change: (from: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Return all policies of each type; of two for one field the last holds. */
function joined(...all: Policies[]): Policies {
  const found: Policies = {};
  for (const [type, policy] of all.flatMap(Object.entries<Policies[string]>)) {
    found[type] = { ...found[type], ...policy, fields: { ...found[type]?.fields, ...policy.fields } };
  }
  return found;
}
