import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { long, post } from "../test/client.ts"
import { SnowplowServer } from "./index.ts"

const tp2 = "/com.snowplowanalytics.snowplow/tp2"
const payload = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
const eid = "018f2d1c-0a3b-7c4d-8e5f-0123456789ab"
const described = (name: string, data: unknown) => ({
  schema: `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`,
  data
})
const placed = { schema: "iglu:com.acme/placed/jsonschema/1-0-0", data: { total: 1 } }
const order = { schema: "iglu:com.acme/order/jsonschema/1-0-0", data: { id: 357 } }
const unstructured = JSON.stringify(described("unstruct_event", placed))
const record = (more?: object) => ({ e: "ue", p: "srv", tv: "test-1", eid, ue_pr: unstructured, ...more })

const start = (options?: SnowplowServer.Options) =>
  Effect.map(SnowplowServer.make(options), (server) => ({
    ...server,
    send: (body: unknown, more?: object) => post(`${server.url}${tp2}`, { body, ...more })
  }))
const batch = (...data: ReadonlyArray<unknown>) => ({ schema: payload, data })

describe("an event", () => {
  it.effect("arrives with its own data and its entities, as JSON or in base64url", () =>
    Effect.gen(function* () {
      const server = yield* start()
      const contexts = JSON.stringify(described("contexts", [order]))
      const base64 = (text: string) => Buffer.from(text).toString("base64url")
      const { ue_pr: _, ...rest } = record({ eid: eid.replace("8e5f", "9e5f") })
      yield* server.send(batch(record({ co: contexts })))
      const { status, text } = yield* server.send(batch({ ...rest, ue_px: base64(unstructured), cx: base64(contexts) }))
      assert.deepStrictEqual([status, text], [200, "ok"])
      const events = yield* server.events
      assert.deepStrictEqual(
        events.map(({ entities, event }) => [event, entities]),
        [
          [placed, [order]],
          [placed, [order]]
        ]
      )
      assert.deepStrictEqual(yield* server.failed, [])
    })
  )

  it.effect("is a duplicate if its eid has come before, and clear forgets all", () =>
    Effect.gen(function* () {
      const server = yield* start()
      yield* server.send(batch(record(), record()))
      yield* server.send({})
      assert.strictEqual((yield* server.duplicates).length, 1)
      yield* server.clear
      const left = [...(yield* server.events), ...(yield* server.duplicates), ...(yield* server.failed)]
      assert.deepStrictEqual(left, [])
    })
  )
})

describe("a failed event, which the collector accepts", () => {
  const table: ReadonlyArray<readonly [string, unknown, object?]> = [
    ["the content type is not application/json", batch(record()), { headers: { "content-type": "text/plain" } }],
    ["no payload_data 1-0-4", { schema: "iglu:other", data: [record()] }],
    ["no payload_data 1-0-4", "no JSON"],
    ["no events", batch()],
    ["an event that is no object", batch(1)],
    ["size violation", batch(record({ ua: long(1_000_000) }))],
    ["event is no field, or no text", batch(record({ event: "x" }))],
    ["dtm is no field, or no text", batch(record({ dtm: 1 }))],
    ["no tv", batch(record({ tv: "" }))],
    ["uid is too long", batch(record({ uid: long(256) }))],
    ["eid is no UUID", batch(record({ eid: "1" }))],
    ["a time that is no number of milliseconds", batch(record({ stm: "now" }))],
    ["no self-describing event", batch(record({ ue_pr: "{}" }))],
    ["no self-describing event", batch(record({ e: "se" }))],
    [
      "a part that is not self-describing",
      batch(record({ e: "pv", ue_pr: "", co: JSON.stringify(described("contexts", [{ schema: "order" }])) }))
    ],
    ["iglu:com.acme/placed/jsonschema/1-0-0: no total", batch(record())]
  ]
  it.effect.each(table)("%s", ([reason, body, more]) =>
    Effect.gen(function* () {
      const server = yield* start({ validate: ({ schema }) => (schema === placed.schema ? "no total" : undefined) })
      const { status } = yield* server.send(body, more)
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(
        (yield* server.failed).map((failed) => failed.reason),
        [reason]
      )
      assert.deepStrictEqual(yield* server.events, [])
    })
  )
})

it.effect("other paths and methods are not found", () =>
  Effect.gen(function* () {
    const server = yield* start()
    const replies = yield* Effect.all([
      post(`${server.url}/tp2`, { body: batch(record()) }),
      server.send(undefined, { method: "GET" })
    ])
    assert.deepStrictEqual(
      replies.map(({ status }) => status),
      [404, 404]
    )
  })
)
