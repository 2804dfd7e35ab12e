// graphql-ws over ws, with Easel's schema, fed by one ioredis connection: the root value comes from Redis as JSON.
const { readFileSync } = require('node:fs')
const { createServer } = require('node:http')
const { join } = require('node:path')
const { buildSchema } = require('graphql')
const { useServer } = require('graphql-ws/use/ws')
const { Redis } = require('ioredis')
const { WebSocketServer } = require('ws')

const redis = new Redis({ path: decodeURIComponent(new URL(process.env.REDIS_URL).pathname) })
const channels = new Map()
redis.on('message', (channel, text) => {
  const value = JSON.parse(text)
  for (const push of channels.get(channel) ?? []) push(value)
})

const enter = async (channel, push) => {
  if (channels.has(channel)) return channels.get(channel).add(push)
  channels.set(channel, new Set([push]))
  await redis.subscribe(channel)
}
const leave = async (channel, push) => {
  const listeners = channels.get(channel)
  listeners.delete(push)
  if (listeners.size) return
  channels.delete(channel)
  await redis.unsubscribe(channel)
}

const listen = async (channel) => {
  const waiting = []
  let wake = null
  const push = (value) => {
    if (!wake) return waiting.push(value)
    wake({ value, done: false })
    wake = null
  }
  await enter(channel, push)
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (waiting.length) return { value: waiting.shift(), done: false }
      return new Promise((resolve) => { wake = resolve })
    },
    async return() {
      wake?.({ value: undefined, done: true })
      await leave(channel, push)
      return { value: undefined, done: true }
    },
  }
}

const schema = buildSchema(readFileSync(join(__dirname, '../../schema/schema.graphql'), 'utf8'))
for (const field of Object.values(schema.getSubscriptionType().getFields())) {
  field.subscribe = (_, args) => listen(args.jobId ?? field.name)
}
const server = createServer()
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }))
server.listen(Number(process.env.PORT), '127.0.0.1', 4096)
