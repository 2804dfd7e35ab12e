"""Every path by which something of somebody can be met: add a path as a row here, and as a row of the table.

A path is a field of the graph, a stream, a mutation that changes nothing (all is done already), or a page. Names in
angle brackets stand for ids; ``it`` for the thing, where a path is gone for each of them. What counts begins with #.
"""

from typing import Final

_IDS: Final = "{ nodes { id } }"
_ALL: Final = "first: 100"


def _feed(asked: str) -> str:
    return f"feed({asked}, {_ALL}) {_IDS}"


def _found(asked: str, order: str = "RELEVANCE") -> str:
    return f"search({asked}) {{ artworks(orderBy: {order}, {_ALL}) {_IDS} }}"


def _cases(status: str, kind: str) -> str:
    subject = f"subject {{ ... on {kind} {{ id }} }}"
    told = f"{subject} decisions {{ {subject} }} reports {{ nodes {{ {subject} }} }}"
    return f"moderationQueue(filter: {{ ownerId: <olga>, status: {status} }}, {_ALL}) {{ nodes {{ {told} }} }}"


ARTWORK_PATHS: Final = {
    "artwork": "artwork(id: <it>) { id }",
    "node": "node(id: <it>) { id }",
    "nodes": "nodes(ids: [<it>]) { id }",
    "its picture": "node(id: <asset it>) { id }",
    "feed LATEST": _feed("kind: LATEST"),
    "feed LATEST of a style": _feed('kind: LATEST, filter: { style: "anime" }'),
    "feed LATEST of a user": _feed("kind: LATEST, filter: { authorId: <olga> }"),
    "feed POPULAR": _feed("kind: POPULAR"),
    "feed POPULAR of ALL": _feed("kind: POPULAR, window: ALL"),
    "feed FOLLOWING": _feed("kind: FOLLOWING"),
    "feed TAG": _feed('kind: TAG, filter: { tag: "dusk" }'),
    "artworks of a tag": f'tag(name: "dusk") {{ artworks({_ALL}) {_IDS} }}',
    "feed RECOMMENDED": _feed("kind: RECOMMENDED"),
    "reason: what is liked": f"feed(kind: RECOMMENDED, {_ALL}) {{ edges {{ reason {{ artwork {{ id }} }} }} }}",
    "images in a feed": f"feed(kind: LATEST, {_ALL}) {{ edges {{ node {{ image {{ id }} images {{ id }} }} }} }}",
    "newer in LATEST": "#feed(kind: LATEST, filter: { authorId: <olga> }) { newerCount(since: <place LATEST>) }",
    "newer in TAG": '#feed(kind: TAG, filter: { tag: "dusk" }) { newerCount(since: <place TAG>) }',
    "total of LATEST": "#feed(kind: LATEST, filter: { authorId: <olga> }) { totalCount }",
    "of a user": f'user(handle: "olga") {{ artworks({_ALL}) {_IDS} }}',
    "total of a user": '#user(handle: "olga") { artworks { totalCount } }',
    "count of a user": '#user(handle: "olga") { artworkCount }',
    "search": _found('query: "dusk"'),
    "search, newest first": _found('query: "dusk"', "NEWEST"),
    "search for its word": _found("query: <word it>"),
    "search for a hashtag": _found('query: "#dusk"'),
    "search by a user": _found('query: "", filter: { authorId: <olga> }'),
    "search by a tag": _found('query: "", filter: { tags: ["dusk"] }', "NEWEST"),
    "search by a level": _found('query: "dusk", filter: { contentLevels: [MATURE] }'),
    "total of a search": '#search(query: "dusk") { artworks { totalCount } }',
    "facets of a search": '#search(query: "dusk") { facets { count } }',
    "look-alikes": f"similarAssets(assetId: <others asset>, {_ALL}) {{ nodes {{ asset {{ id }} }} }}",
    "remixes of another": f"artwork(id: <others>) {{ remixes({_ALL}) {_IDS} }}",
    "what is remixed": "artwork(id: <remix it>) { remixOf { id } }",
    "its tag": "tag(name: <word it>) { name }",
    "its tag in search": f"search(query: <word it>) {{ tags({_ALL}) {{ nodes {{ name }} }} }}",
    "its tag in vogue": "trendingTags(window: WEEK) { tag { name } }",
    "count of a tag": '#tag(name: "dusk") { artworkCount }',
    "liked": f"viewer {{ likedArtworks({_ALL}) {_IDS} }}",
    "in own bookmarks": f"viewer {{ bookmarks {{ items({_ALL}) {{ nodes {{ artwork {{ id }} }} }} }} }}",
    "in another's collection": (
        f"node(id: <cems>) {{ ... on Collection {{ items({_ALL}) {{ nodes {{ artwork {{ id }} }} }} }} }}"
    ),
    "item of a collection": "node(id: <item it>) { ... on CollectionItem { artwork { id } } }",
    "cover of own bookmarks": "viewer { bookmarks { cover { id } } }",
    "cover of a collection": "node(id: <cems>) { ... on Collection { cover { id } } }",
    "comments on it": "artwork(id: <it>) { comments { nodes { id } } }",
    "comment on it": "node(id: <on it>) { id }",
    "what is commented": "node(id: <on it>) { ... on Comment { artwork { id } } }",
    "told of it": f"notifications({_ALL}) {{ nodes {{ subject {{ ... on Artwork {{ id }} }} }} }}",
    "told of a comment on it": f"notifications({_ALL}) {{ nodes {{ comment {{ id }} }} }}",
    "reported": "viewer { reports { nodes { subject { ... on Artwork { id } } } } }",
    "decided": "viewer { moderationDecisions { nodes { subject { ... on Artwork { id } } } } }",
    "in a case": _cases("UPHELD", "Artwork"),
    "in a case of removal": _cases("REMOVED", "Artwork"),
    "feedEvents": (
        "subscription { feedEvents(kind: LATEST) {"
        " ... on FeedSnapshot { feed(first: 100) { edges { node { id } } } } } }"
    ),
    "artworkEvents": "subscription { artworkEvents(id: <it>) { ... on ArtworkSnapshot { artwork { id } } } }",
    "notificationReceived": (
        "subscription { notificationReceived { ... on NotificationSnapshot { notifications(first: 100) { nodes {"
        " subject { ... on Artwork { id } } comment { id } } } } } }"
    ),
    "liking it": (
        "mutation setReaction(input: { subjectId: <it>, on: true }) { ... on SetReactionSuccess { artwork { id } } }"
    ),
    "keeping it": (
        "mutation setCollected(input: { artworkId: <it>, on: true }) { ... on SetCollectedSuccess { artwork { id } } }"
    ),
    "page": "/a/<it>",
    "embed page": "/a/<it>/embed",
    "picture of the page": "/a/<it>/image",
    "short link": "/s/<code it>",
    "oEmbed": "/oembed?url=<origin>/a/<it>",
    "page of a user": "/u/olga",
    "home page": "/",
    "RSS": "/feeds/latest.rss",
    "Atom": "/feeds/latest.atom",
    "JSON Feed": "/feeds/latest.json",
    "JSON Feed of popular ones": "/feeds/popular.json?window=all",
    "JSON Feed of a user": "/feeds/user/olga.json",
    "JSON Feed of a tag": "/feeds/tag/dusk.json",
    "JSON Feed of a search": "/feeds/search.json?q=dusk",
    "sitemap": "/<sitemap>",
}
"""By which Olga's artworks are met."""

PERSON_PATHS: Final = {
    "user": 'user(handle: "olga") { id }',
    "node": "node(id: <olga>) { id }",
    "nodes": "nodes(ids: [<olga>]) { id }",
    "oneself": "viewer { user { id } }",
    "author": "artwork(id: <P>) { author { id } }",
    "author of what is remixed": "artwork(id: <remix P>) { remixOf { author { id } } }",
    "followers": 'user(handle: "cem") { followers { nodes { id } } }',
    "followed": 'user(handle: "cem") { following { nodes { id } } }',
    "likers": "artwork(id: <others>) { likers { nodes { id } } }",
    "search for people": 'search(query: "olga") { users { nodes { id } } }',
    "reason: whom one follows": "feed(kind: FOLLOWING) { edges { reason { author { id } } } }",
    "author of a comment": "node(id: <c>) { ... on Comment { author { id } } }",
    "authors of comments": "artwork(id: <others>) { comments { nodes { author { id } } } }",
    "authors of replies": "node(id: <root>) { ... on Comment { replies { nodes { author { id } } } } }",
    "author of a pinned comment": "artwork(id: <others>) { pinnedComments { author { id } } }",
    "who is answered": "node(id: <answer>) { ... on Comment { replyTo { author { id } } } }",
    "who is named": "node(id: <naming>) { ... on Comment { mentions { user { id } } } }",
    "who keeps": "node(id: <p>) { ... on Collection { owner { id } } }",
    "told of her": f"notifications({_ALL}) {{ nodes {{ message actors {{ id }} }} }}",
    "muted": "viewer { mutedUsers { nodes { id } } }",
    "blocked": "viewer { blockedUsers { nodes { id } } }",
    "author of a saved search": "savedSearches { nodes { filter { author { id } } } }",
    "owner of a case": "moderationQueue(filter: { ownerId: <olga>, status: UPHELD }) { nodes { owner { id } } }",
    "who is restricted": "viewer { restrictions { user { id } } }",
    "who reported": "moderationQueue(filter: { ownerId: <cem> }) { nodes { reports { nodes { reporter { id } } } } }",
    "what one reported": "viewer { reports { nodes { reporter { id } } } }",
    "character": "node(id: <character>) { id ... on Character { user { id } } }",
    "story": "node(id: <story>) { id ... on Story { user { id } } }",
    "chat": "node(id: <origchat>) { id ... on OrigChat { user { id } } }",
    "characters": 'user(handle: "olga") { characters { nodes { id } } }',
    "stories": 'user(handle: "olga") { stories { nodes { id } } }',
    "chats": 'user(handle: "olga") { origChats { nodes { id } } }',
    "gallery": 'user(handle: "olga") { gallery { nodes { id } } primaryMedia { id } }',
    "gallery of a character": "node(id: <character>) { ... on MediaOwner { gallery { nodes { id } } } }",
    "picture in her gallery": "node(id: <olga_asset>) { id }",
    "picture of a character": "node(id: <character_asset>) { id }",
    "preset": "node(id: <preset>) { id ... on PromptPreset { author { id } } }",
    "presets": 'promptPresets(filter: { scope: PUBLIC, text: "dusk" }) { nodes { id author { id } } }',
    "following her": (
        "mutation setFollow(input: { target: <olga>, on: false })"
        " { ... on SetFollowSuccess { target { ... on User { id } } } }"
    ),
}
"""By which Olga herself is met, and what else is hers."""

COMMENT_PATHS: Final = {
    "node": "node(id: <it>) { id }",
    "nodes": "nodes(ids: [<it>]) { id }",
    "comments": "artwork(id: <others>) { comments { nodes { id } } }",
    "comments in a feed": f"feed(kind: LATEST, {_ALL}) {{ nodes {{ comments {{ nodes {{ id }} }} }} }}",
    "pinned": "artwork(id: <others>) { pinnedComments { id } }",
    "replies": "node(id: <root>) { ... on Comment { replies { nodes { id } } } }",
    "what is answered": "node(id: <answer>) { ... on Comment { replyTo { id } } }",
    "root of an answer": "node(id: <answer>) { ... on Comment { root { id } } }",
    "root of an answer to a stub": "node(id: <answer to deleted>) { ... on Comment { root { id } replyTo { id } } }",
    "told of it": f"notifications({_ALL}) {{ nodes {{ comment {{ id }} subject {{ ... on Comment {{ id }} }} }} }}",
    "reported": "viewer { reports { nodes { subject { ... on Comment { id } } } } }",
    "decided": "viewer { moderationDecisions { nodes { subject { ... on Comment { id } } } } }",
    "in a case": _cases("UPHELD", "Comment"),
}
"""By which Olga's comments are met."""

COLLECTION_PATHS: Final = {
    "node": "node(id: <it>) { id }",
    "nodes": "nodes(ids: [<it>]) { id }",
    "of a user": f'user(handle: "olga") {{ collections({_ALL}) {_IDS} }}',
    "one's own": f"viewer {{ bookmarks {{ id }} collections({_ALL}) {_IDS} }}",
    "its items": "node(id: <it>) { ... on Collection { items { nodes { id } } } }",
    "item": "node(id: <item it>) { id }",
}
"""By which Olga's collections are met."""

PATHS: Final = {
    "artworks": ARTWORK_PATHS,
    "Olga and what else is hers": PERSON_PATHS,
    "comments": COMMENT_PATHS,
    "collections": COLLECTION_PATHS,
}
"""All of them, by what is met."""
