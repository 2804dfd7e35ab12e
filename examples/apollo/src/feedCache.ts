// What the events of a feed mean for the list of artworks in the cache.
import type { ApolloCache } from "@apollo/client";
import type { Modifier } from "@apollo/client/cache";
import { FeedDocument, type FeedEventsSubscription, type FeedEventsSubscriptionVariables } from "./generated.js";
import type { Connection } from "./typePolicies.js";

export type FeedEvent = FeedEventsSubscription["feedEvents"];

/** Tell the cache what an event says of a feed, so that the list which `Feed` shows is the feed as it is. */
export function applyFeedEvent(cache: ApolloCache, variables: FeedEventsSubscriptionVariables, event: FeedEvent): void {
  switch (event.__typename) {
    case "FeedSnapshot": // one that resumes says nothing that the list does not have, or that is not told next
      if (!event.resumed) cache.writeQuery({ query: FeedDocument, variables, data: { feed: event.feed } });
      break;
    case "FeedEdgeAdded": {
      const { edge } = event;
      if (!edge) break; // it has left the feed already
      changeEdges(cache, variables, (edges, { readField, toReference }) => [
        { ...edge, node: toReference(edge.node)! },
        ...edges.filter(({ node }) => readField("id", node) !== edge.node.id),
      ]);
      break;
    }
    case "FeedEdgeRemoved":
      changeEdges(cache, variables, (edges, { readField }) =>
        edges.filter(({ node }) => readField("id", node) !== event.nodeId),
      );
  }
}

type Edges = Connection["edges"];
type Details = Parameters<Modifier<Connection>>[1];

/** Change the lists of a feed, whatever their page size. Their artworks are in the cache: Apollo keeps what events carry. */
function changeEdges(
  cache: ApolloCache,
  variables: FeedEventsSubscriptionVariables,
  change: (edges: Edges, details: Details) => Edges,
): void {
  cache.modify<{ feed: Connection }>({
    fields: {
      feed: (kept, details) =>
        isOf(details.storeFieldName, variables)
          ? { ...(kept as Connection), edges: change((kept as Connection).edges, details) }
          : kept,
    },
  });
}

/** Whether a list of the cache is the whole of this feed, by the arguments in its name. */
function isOf(storeFieldName: string, { kind }: FeedEventsSubscriptionVariables): boolean {
  const kept = JSON.parse(storeFieldName.slice("feed:".length)) as { kind?: string; filter?: object | null };
  return kept.kind === kind && !kept.filter;
}
