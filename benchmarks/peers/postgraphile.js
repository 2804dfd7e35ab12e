// PostGraphile 5 over the schema that peers.sql makes; the viewer comes from the header x-viewer.
const { createServer } = require('node:http')
const { postgraphile } = require('postgraphile')
const { makePgService } = require('postgraphile/adaptors/pg')
const { grafserv } = require('postgraphile/grafserv/node')
const { PostGraphileAmberPreset } = require('postgraphile/presets/amber')

const service = makePgService({
  connectionString: process.env.DATABASE_URL,
  schemas: ['peers'],
  poolConfig: { max: 10 },
})
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [service],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: (request) => ({ pgSettings: { 'peers.viewer': request.node?.req?.headers['x-viewer'] ?? '' } }),
  },
})
const server = createServer()
instance.createServ(grafserv).addTo(server).then(() => server.listen(Number(process.env.PORT), '127.0.0.1'))
