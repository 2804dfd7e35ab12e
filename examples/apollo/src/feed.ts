// The newest artworks: a list that a stream begins and keeps true, and that pages make longer.
import type { ApolloClient } from "@apollo/client";
import { filter, firstValueFrom, map, shareReplay } from "rxjs";
import { applyFeedEvent, type FeedEvent } from "./feedCache.js";
import { FeedDocument, FeedEventsDocument, type FeedQuery } from "./generated.js";

const LATEST = { kind: "LATEST", first: 2 } as const;
const LONGEST = 6;

/** The newest artworks as the cache has them, for as long as somebody follows them. */
export class Feed {
  private readonly events;
  private readonly following;

  constructor(private readonly client: ApolloClient) {
    this.events = client.subscribe({ query: FeedEventsDocument, variables: LATEST }).pipe(
      map(({ data, error }): FeedEvent => {
        if (error || !data) throw error;
        applyFeedEvent(client.cache, LATEST, data.feedEvents);
        return data.feedEvents;
      }),
      shareReplay({ refCount: true }),
    );
    this.following = this.events.subscribe({ error: () => this.leave() });
  }

  /** Wait for the first page, which the stream begins with, and read the next ones. */
  async read(): Promise<void> {
    await firstValueFrom(this.events);
    for (let { pageInfo, edges } = this.list(); pageInfo.hasNextPage && edges.length < LONGEST; { pageInfo, edges } = this.list()) {
      const variables = { ...LATEST, after: pageInfo.endCursor };
      await this.client.query({ query: FeedDocument, variables, fetchPolicy: "network-only" });
    }
  }

  /** Wait until the stream has brought an artwork. */
  async arrived(artworkId: string): Promise<void> {
    await firstValueFrom(
      this.events.pipe(filter((event) => event.__typename === "FeedEdgeAdded" && event.edge?.node.id === artworkId)),
    );
  }

  /** Return the list, as far as it was read. */
  list(): FeedQuery["feed"] {
    return this.client.readQuery({ query: FeedDocument, variables: LATEST })!.feed;
  }

  /** Follow no more. */
  leave(): void {
    this.following.unsubscribe();
  }
}
