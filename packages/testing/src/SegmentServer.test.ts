import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { basic, long, post } from "../test/client.ts"
import type { Post } from "../test/client.ts"
import { SegmentServer } from "./index.ts"

const track = (n: number, more?: object) => ({
  type: "track",
  event: "Order Updated",
  userId: "u1",
  messageId: `m${n}`,
  ...more
})
const many = (count: number, more?: object) => Array.from({ length: count }, (_, n) => track(n, more))

const ids = (messages: ReadonlyArray<SegmentServer.Message>) => messages.map(({ messageId }) => messageId)

const start = Effect.gen(function* () {
  const server = yield* SegmentServer.make()
  return {
    ...server,
    send: (batch: unknown, options?: Post & { readonly more?: object }) =>
      post(`${server.url}/v1/batch`, { body: { writeKey: server.writeKey, batch, ...options?.more }, ...options }),
    post: (options: Post & { readonly path?: string }) => post(`${server.url}${options.path ?? "/v1/batch"}`, options)
  }
})

/** A message whose JSON has a given number of bytes. */
const sized = (n: number, bytes: number) => {
  const empty = track(n, { properties: { text: "" } })
  return track(n, { properties: { text: long(bytes - JSON.stringify(empty).length) } })
}

describe("what is accepted", () => {
  it.effect("a batch, kept in the order in which it came", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.send([track(1), track(2)])
      assert.strictEqual(reply.status, 200)
      assert.strictEqual(reply.text, `{"success":true}`)
      assert.deepStrictEqual(yield* server.received, [track(1), track(2)])
    })
  )

  it.effect("a batch that is gzipped", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send([track(1)], { gzip: true })
      assert.deepStrictEqual(yield* server.received, [track(1)])
      const [request] = yield* server.requests
      assert.deepStrictEqual(request!.body, { writeKey: "write-key", batch: [track(1)] })
      assert.strictEqual(request!.bytes, Number(request!.headers["content-length"]))
    })
  )

  it.effect("a write key as Basic authentication, with its colon", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.post({ body: { batch: [track(1)] }, headers: basic(server.writeKey, "") })
      assert.deepStrictEqual(yield* server.received, [track(1)])
      const colonless = { authorization: `Basic ${Buffer.from(server.writeKey).toString("base64")}` }
      const reply = yield* server.post({ body: { batch: [track(2)] }, headers: colonless })
      assert.strictEqual(reply.status, 400)
    })
  )

  it.effect("a bearer token beside the write key in the body", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send([track(1)], { headers: { authorization: "Bearer token" } })
      assert.deepStrictEqual(yield* server.received, [track(1)])
    })
  )

  it.effect("each of the six single calls, whose path is their type", () =>
    Effect.gen(function* () {
      const server = yield* start
      const types = ["track", "identify", "group", "alias", "page", "screen"]
      const common = { event: "e", groupId: "g", previousId: "p", userId: "u" }
      for (const type of types) {
        const body = { writeKey: server.writeKey, messageId: type, ...common }
        assert.strictEqual((yield* server.post({ path: `/v1/${type}`, body })).status, 200)
      }
      assert.deepStrictEqual(
        yield* server.received,
        types.map((type) => Object.assign({ type, messageId: type }, common))
      )
    })
  )

  it.effect("the context and integrations of a batch hold for its messages, which win", () =>
    Effect.gen(function* () {
      const server = yield* start
      const more = { context: { app: "a", ip: "0" }, integrations: { All: false } }
      yield* server.send([track(1, { context: { app: "b" } })], { more })
      const [message] = yield* server.received
      assert.deepStrictEqual(message!["context"], { app: "b", ip: "0" })
      assert.deepStrictEqual(message!["integrations"], { All: false })
    })
  )

  it.effect("a message without an id gets one, so that sending it again is no duplicate", () =>
    Effect.gen(function* () {
      const server = yield* start
      const { messageId: _, ...message } = track(1)
      yield* server.send([message, message])
      assert.strictEqual(new Set(ids(yield* server.received)).size, 2)
    })
  )

  it.effect("a message whose id has come before is a duplicate, in the same batch or a later one", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send([track(1), track(1)])
      yield* server.send([track(1), track(2)])
      assert.deepStrictEqual(ids(yield* server.received), ["m1", "m2"])
      assert.deepStrictEqual(ids(yield* server.duplicates), ["m1", "m1"])
    })
  )

  it.effect("clear forgets the ids too", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send([track(1), track(1), {}])
      yield* server.clear
      assert.deepStrictEqual(yield* server.requests, [])
      yield* server.send([track(1)])
      assert.deepStrictEqual(ids(yield* server.received), ["m1"])
      assert.deepStrictEqual(yield* server.duplicates, [])
      assert.deepStrictEqual(yield* server.rejected, [])
    })
  )
})

describe("what is refused with a status", () => {
  const refused = (name: string, status: number, options: Post & { readonly path?: string }) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const server = yield* start
        const reply = yield* server.post(options)
        assert.strictEqual(reply.status, status)
        assert.deepStrictEqual(yield* server.received, [])
        assert.strictEqual((yield* server.requests)[0]!.status, status)
      })
    )
  const body = { writeKey: "write-key", batch: [track(1)] }

  refused("another path", 404, { body, path: "/v2/batch" })
  refused("an unknown call", 404, { body, path: "/v1/purchase" })
  refused("another method", 405, { method: "GET" })
  refused("another content type", 400, { body, headers: { "content-type": "text/plain" } })
  refused("text that is no JSON", 400, { body: "{" })
  refused("JSON that is no object", 400, { body: [track(1)] })
  refused("a batch that is no list", 400, { body: { writeKey: "write-key", batch: track(1) } })
  refused("a body that says it is gzipped and is not", 400, { body, headers: { "content-encoding": "gzip" } })
  refused("another compression", 400, { body, headers: { "content-encoding": "br" } })
  refused("an empty write key", 400, { body: { writeKey: "", batch: [track(1)] } })
  refused("no write key", 400, { body: { batch: [track(1)] } })

  it.effect("a message of more than 32,000 bytes, for the whole batch", () =>
    Effect.gen(function* () {
      const server = yield* start
      assert.strictEqual((yield* server.send([sized(1, 32_000)])).status, 200)
      assert.strictEqual((yield* server.send([track(2), sized(3, 32_001)])).status, 400)
      assert.deepStrictEqual(ids(yield* server.received), ["m1"])
    })
  )

  it.effect("a body of more than 500,000 bytes, however well it is compressed", () =>
    Effect.gen(function* () {
      const server = yield* start
      const batch = Array.from({ length: 16 }, (_, n) => sized(n, 31_000))
      const empty = { writeKey: server.writeKey, batch, context: { fill: "" } }
      const fill = (bytes: number) => ({
        more: { context: { fill: long(bytes - JSON.stringify(empty).length) } },
        gzip: true
      })
      assert.strictEqual((yield* server.send(batch, fill(500_001))).status, 400)
      assert.strictEqual((yield* server.send(batch, fill(500_000))).status, 200)
    })
  )
})

describe("what is lost behind a 200", () => {
  it.effect("everything under an unknown write key", () =>
    Effect.gen(function* () {
      const server = yield* start
      const reply = yield* server.send([track(1)], { more: { writeKey: "another" } })
      assert.strictEqual(reply.text, `{"success":true}`)
      assert.deepStrictEqual(yield* server.received, [])
      assert.deepStrictEqual(yield* server.rejected, [])
    })
  )

  it.effect("all of a batch of more than 2,500 messages", () =>
    Effect.gen(function* () {
      const server = yield* start
      assert.strictEqual((yield* server.send(many(2_501))).status, 200)
      assert.strictEqual((yield* server.rejected).length, 2_501)
      assert.deepStrictEqual(yield* server.received, [])
      yield* server.send(many(2_500))
      assert.strictEqual((yield* server.received).length, 2_500)
    })
  )

  const lost = (name: string, message: unknown, reason: string) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const server = yield* start
        assert.strictEqual((yield* server.send([track(1), message])).status, 200)
        assert.deepStrictEqual(ids(yield* server.received), ["m1"])
        assert.deepStrictEqual(yield* server.rejected, [{ message, reason }])
      })
    )
  lost("a message without a user id and an anonymous id", { type: "track", event: "e" }, "no_user_anon_id")
  lost("a message with an empty user id", { type: "page", userId: "" }, "no_user_anon_id")
  lost("a message without a type", { userId: "u" }, "no type")
  lost("a track without an event", { type: "track", userId: "u" }, "no event")
  lost("a group without a group id", { type: "group", userId: "u" }, "no groupId")
  lost("an alias without a previous id", { type: "alias", userId: "u" }, "no previousId")
  lost("an id of 100 characters", track(2, { messageId: long(100) }), "messageId")
  lost("what is no object", "track", "no object")

  it.effect("an anonymous id is enough", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send([{ type: "page", anonymousId: "a", messageId: long(99) }])
      assert.strictEqual((yield* server.received).length, 1)
    })
  )
})
