import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { long, post } from "../test/client.ts"
import { GA4Server } from "./index.ts"

const login = { name: "login", params: { method: "Google" } }
const start = Effect.map(GA4Server.make(), (server) => ({
  ...server,
  send: (
    body: unknown,
    path = "/mp/collect",
    query = `measurement_id=${server.measurementId}&api_secret=${server.apiSecret}`
  ) => post(`${server.url}${path}?${query}`, { body })
}))
const body = (event: unknown, more?: object) => ({ client_id: "1.2", events: [event], ...more })

describe("what Google keeps", () => {
  it.effect("an event with its parameters, as often as it arrives, and user properties by client", () =>
    Effect.gen(function* () {
      const server = yield* start
      const tier = { user_properties: { tier: { value: "pro" } }, ip_override: "203.0.113.9" }
      const replies = yield* Effect.all([server.send(body(login)), server.send(body(login, { user_id: "u", ...tier }))])
      assert.deepStrictEqual(
        replies.map(({ status, text }) => [status, text]),
        [
          [204, ""],
          [204, ""]
        ]
      )
      const [first, second] = yield* server.events
      assert.deepInclude(first, { clientId: "1.2", userId: undefined, name: "login", params: { method: "Google" } })
      assert.deepInclude(second, { userId: "u", request: { ip_override: "203.0.113.9" } })
      assert.deepStrictEqual([...(yield* server.userProperties)], [["1.2", { tier: "pro" }]])
      assert.deepStrictEqual(yield* server.ignored, [])
      yield* server.clear
      assert.deepStrictEqual(yield* server.events, [])
    })
  )

  it.live("an event of last week, at 72 hours ago", () =>
    Effect.gen(function* () {
      const server = yield* start
      yield* server.send(body({ ...login, timestamp_micros: 1 }))
      const [{ at }, { time }] = [(yield* server.requests)[0]!, (yield* server.events)[0]!]
      assert.strictEqual(time, (at - 72 * 3_600_000) * 1_000)
      assert.strictEqual((yield* server.ignored)[0]?.reason, "the time is more than 72 hours ago")
    })
  )
})

describe("what Google ignores without saying so", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
  const table: ReadonlyArray<readonly [string, unknown, string?]> = [
    ["the id or the secret is wrong", body(login), "measurement_id=G-OTHER&api_secret=api-secret"],
    ["the id or the secret is wrong", body(login), ""],
    ["malformed request", "no JSON"],
    ["malformed request", { events: [login] }],
    ["malformed request", { client_id: "1.2", events: [] }],
    ["malformed request", { client_id: "1.2", events: Array.from({ length: 26 }, () => login) }],
    ["malformed request", body({ name: "login", params: { text: long(130_000) } })],
    ["NAME_INVALID", body({ name: "Order Placed" })],
    ["NAME_INVALID", body({ name: long(41) })],
    ["NAME_INVALID", body({ params: {} })],
    ["NAME_RESERVED", body({ name: "session_start" })],
    ["NAME_RESERVED", body({ name: "ga_event" })],
    ["NAME_INVALID", body({ name: "login", params: { _key: 1 } })],
    ["NAME_RESERVED", body({ name: "login", params: { firebase_conversion: 1 } })],
    ["VALUE_INVALID", body({ name: "login", params: { list: [1] } })],
    ["VALUE_INVALID", body({ name: "login", params: { items: [1] } })],
    ["VALUE_OUT_OF_BOUNDS", body({ name: "login", params: { text: long(101) } })],
    ["EXCEEDED_MAX_ENTITIES", body({ name: "login", params: many(26) })],
    ["NAME_RESERVED", body(login, { user_properties: { user_id: { value: 1 } } })],
    ["NAME_INVALID", body(login, { user_properties: { [long(25)]: { value: 1 } } })],
    ["VALUE_OUT_OF_BOUNDS", body(login, { user_properties: { tier: { value: long(37) } } })]
  ]
  it.effect.each(table)("%s: %#", ([reason, sent, query]) =>
    Effect.gen(function* () {
      const server = yield* start
      const { status } = yield* server.send(sent, undefined, query)
      assert.strictEqual(status, 204)
      assert.deepStrictEqual(
        (yield* server.ignored).map((ignored) => ignored.reason),
        [reason]
      )
    })
  )

  it.effect("nothing of a page's longer texts, and of items", () =>
    Effect.gen(function* () {
      const server = yield* start
      const params = { page_title: long(300), page_location: long(1_000), page_referrer: long(420), items: [{}] }
      yield* server.send(body({ name: "page_view", params }))
      assert.deepStrictEqual((yield* server.events)[0]?.params, params)
    })
  )
})

describe("the validation server", () => {
  it.live("says what is wrong, and stores nothing", () =>
    Effect.gen(function* () {
      const server = yield* start
      const debug = (sent: unknown) =>
        Effect.map(server.send(sent, "/debug/mp/collect", ""), ({ status, text }) => {
          assert.strictEqual(status, 200)
          return JSON.parse(text).validationMessages.map(({ fieldPath, validationCode }: any) => [
            validationCode,
            fieldPath
          ])
        })
      assert.deepStrictEqual(yield* debug(body(login)), [])
      assert.deepStrictEqual(yield* debug({}), [
        ["VALUE_REQUIRED", "client_id"],
        ["VALUE_REQUIRED", "events"]
      ])
      assert.deepStrictEqual(yield* debug(body({ name: "_bad", params: { text: long(101) }, timestamp_micros: 1 })), [
        ["NAME_INVALID", "events"],
        ["VALUE_OUT_OF_BOUNDS", "events[0].params.text"],
        ["VALUE_INVALID", "events[0].timestamp_micros"]
      ])
      const params = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`k${index}`, index]))
      assert.deepStrictEqual(
        yield* debug({ client_id: "1.2", events: Array.from({ length: 26 }, () => ({ name: "login", params })) }),
        [
          ["EXCEEDED_MAX_ENTITIES", "events"],
          ...Array.from({ length: 26 }, (_, index) => ["EXCEEDED_MAX_ENTITIES", `events[${index}].params`])
        ]
      )
      assert.deepStrictEqual([yield* server.events, yield* server.ignored], [[], []])
    })
  )
})

it.effect("other paths are not found", () =>
  Effect.gen(function* () {
    const server = yield* start
    assert.strictEqual((yield* server.send(body(login), "/collect")).status, 404)
  })
)
