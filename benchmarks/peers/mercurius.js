// Mercurius with its JIT and its loaders, one prepared statement each; the viewer comes from the header x-viewer.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const fastify = require('fastify')
const mercurius = require('mercurius')
const { Pool, types } = require('pg')

const TIMESTAMPTZ = 1184
types.setTypeParser(TIMESTAMPTZ, (text) => `${text.replace(' ', 'T')}:00`)

const MEDIA = `${process.env.PUBLIC_URL}/media/assets/`
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c TimeZone=UTC' })
const statement = (name, text) => async (values) => (await pool.query({ name, text, values })).rows
const artworkColumns = 'id, author_id, title, prompt, prompt_visibility, style, created_at, like_count'
const rows = {
  page: statement('page', `SELECT ${artworkColumns} FROM artworks WHERE visibility = 'PUBLIC'
    ORDER BY created_at DESC, id DESC LIMIT $1`),
  artwork: statement('artwork', `SELECT ${artworkColumns} FROM artworks
    WHERE id = $1 AND (visibility <> 'PRIVATE' OR author_id = $2)`),
  users: statement('users', 'SELECT id, handle, avatar_asset_id FROM users WHERE id = ANY($1)'),
  images: statement('images', `SELECT DISTINCT ON (i.artwork_id) i.artwork_id, m.id, m.owner_id, m.width, m.height
    FROM artwork_images i JOIN media_assets m ON m.id = i.asset_id
    WHERE i.artwork_id = ANY($1) AND m.status = 'READY' ORDER BY i.artwork_id, i.position`),
  tags: statement('tags', `SELECT x.artwork_id, t.name FROM artwork_tags x JOIN tags t ON t.id = x.tag_id
    WHERE x.artwork_id = ANY($1) ORDER BY x.artwork_id, x.position`),
  likes: statement('likes', `SELECT artwork_id FROM reactions
    WHERE user_id = $1 AND kind = 'LIKE' AND artwork_id = ANY($2)`),
  follows: statement('follows', 'SELECT followee_id FROM follows WHERE follower_id = $1 AND followee_id = ANY($2)'),
  comments: statement('comments', `SELECT a.id AS artwork_id, c.id, c.text, c.author_id FROM unnest($1::uuid[]) AS a (id)
    CROSS JOIN LATERAL (
      SELECT id, text, author_id, created_at FROM comments
      WHERE artwork_id = a.id ORDER BY created_at DESC, id DESC LIMIT $2
    ) c ORDER BY a.id, c.created_at DESC, c.id DESC`),
}

const digits = (key) => key.replaceAll('-', '')
const cursor = (row) =>
  Buffer.from(`1\nfeed:LATEST\n${row.created_at}\n${digits(row.id)}`).toString('base64url')
const artwork = (row, viewer) => ({
  key: row.id,
  authorKey: row.author_id,
  id: `artwork_${digits(row.id)}`,
  title: row.title,
  prompt: row.prompt_visibility === 'PUBLIC' || row.author_id === viewer ? row.prompt : null,
  style: row.style,
  createdAt: row.created_at,
  likeCount: row.like_count,
})
const user = (row) => ({
  key: row.id,
  id: `user_${digits(row.id)}`,
  handle: row.handle,
  avatarUrl: row.avatar_asset_id && `${MEDIA}${row.avatar_asset_id}/thumb.webp`,
})
const image = (row, viewer) => ({
  id: `asset_${digits(row.id)}`,
  url: `${MEDIA}${row.id}/${row.owner_id === viewer ? 'original.png' : 'full.webp'}`,
  width: row.width,
  height: row.height,
})

const keys = (queries) => queries.map(({ obj }) => obj.key)
const grouped = (queries, found, value) => {
  const groups = new Map(queries.map(({ obj }) => [obj.key, []]))
  for (const row of found) groups.get(row.artwork_id).push(value(row))
  return queries.map(({ obj }) => groups.get(obj.key))
}
const authors = async (queries) => {
  const found = await rows.users([[...new Set(queries.map(({ obj }) => obj.authorKey))]])
  const users = new Map(found.map((row) => [row.id, user(row)]))
  return queries.map(({ obj }) => users.get(obj.authorKey))
}
const uncached = (loader) => ({ loader, opts: { cache: false } })

const app = fastify()
app.register(mercurius, {
  schema: readFileSync(join(__dirname, 'mercurius.graphql'), 'utf8'),
  jit: 1,
  context: (request) => ({ viewer: request.headers['x-viewer'] ?? null }),
  resolvers: {
    Query: {
      async feed(_, { first }, { viewer }) {
        const found = await rows.page([first + 1])
        const shown = found.slice(0, first)
        const edges = shown.map((row) => ({ cursor: cursor(row), node: artwork(row, viewer) }))
        return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor } }
      },
      async artwork(_, { id }, { viewer }) {
        const [row] = await rows.artwork([id.replace('artwork_', ''), viewer])
        return row ? artwork(row, viewer) : null
      },
    },
  },
  loaders: {
    Artwork: {
      author: uncached(authors),
      image: uncached(async (queries, { viewer }) => {
        const found = new Map((await rows.images([keys(queries)])).map((row) => [row.artwork_id, image(row, viewer)]))
        return queries.map(({ obj }) => found.get(obj.key))
      }),
      tags: uncached(async (queries) => grouped(queries, await rows.tags([keys(queries)]), (row) => row.name)),
      viewerHasLiked: uncached(async (queries, { viewer }) => {
        const liked = new Set((await rows.likes([viewer, keys(queries)])).map((row) => row.artwork_id))
        return queries.map(({ obj }) => liked.has(obj.key))
      }),
      comments: uncached(async (queries) => {
        const found = await rows.comments([keys(queries), queries[0].params.first])
        const comment = (row) => ({ id: `comment_${digits(row.id)}`, text: row.text, authorKey: row.author_id })
        return grouped(queries, found, comment).map((nodes) => ({ nodes }))
      }),
    },
    User: {
      viewerFollows: uncached(async (queries, { viewer }) => {
        const followed = new Set((await rows.follows([viewer, keys(queries)])).map((row) => row.followee_id))
        return queries.map(({ obj }) => followed.has(obj.key))
      }),
    },
    Comment: { author: uncached(authors) },
  },
})
app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
