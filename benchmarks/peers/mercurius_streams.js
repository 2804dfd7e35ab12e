// Mercurius with its JIT, Easel's schema and mqemitter-redis, from which root values come.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const fastify = require('fastify')
const { buildSchema } = require('graphql')
const mercurius = require('mercurius')
const emitters = require('mqemitter-redis')

const path = decodeURIComponent(new URL(process.env.REDIS_URL).pathname)
const text = readFileSync(join(__dirname, '../../schema/schema.graphql'), 'utf8')
const fields = Object.keys(buildSchema(text).getSubscriptionType().getFields())
const subscribe = (name) => (_, args, { pubsub }) => pubsub.subscribe(args.jobId ?? name)

const app = fastify()
app.register(mercurius, {
  schema: text,
  jit: 1,
  resolvers: { Subscription: Object.fromEntries(fields.map((name) => [name, { subscribe: subscribe(name) }])) },
  subscription: { emitter: emitters({ path }) },
})
app.listen({ port: Number(process.env.PORT), host: '127.0.0.1', backlog: 4096 })
