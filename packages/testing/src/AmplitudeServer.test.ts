import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AmplitudeServer } from "./index.ts"

const event = (more?: object) => ({ event_type: "orderPlaced", user_id: "user-1", insert_id: "m0", time: 1, ...more })

const posting = Effect.fnUntraced(function* (
  events: unknown,
  {
    options,
    path = "/2/httpapi",
    server,
    ...more
  }: {
    readonly server: AmplitudeServer.AmplitudeServer
    readonly path?: string
    readonly options?: object
    readonly api_key?: string
    readonly type?: string
  }
) {
  const { type = "application/json", ...rest } = more
  const body = JSON.stringify({ api_key: server.apiKey, events, options, ...rest })
  const response = yield* Effect.promise(() =>
    fetch(`${server.url}${path}`, { method: "POST", headers: { "content-type": type }, body })
  )
  const answer = (yield* Effect.promise(() => response.json())) as Record<string, unknown>
  return { ...answer, status: response.status } as Record<string, unknown>
})

const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) })

describe("an event", () => {
  const invalid = (field: string) => ({ events_with_invalid_fields: { [field]: [1] } })
  const missing = (field: string) => ({ events_with_missing_fields: { [field]: [1] } })
  const wrong: ReadonlyArray<readonly [more: object, named: object]> = [
    [{ event_type: undefined }, missing("event_type")],
    [{ event_type: "[Amplitude] Revenue" }, invalid("event_type")],
    [{ user_id: undefined }, missing("user_id")],
    [{ user_id: "NULL" }, invalid("user_id")],
    [{ device_id: 7 }, invalid("device_id")],
    [{ user_id: "u" }, { events_with_invalid_id_lengths: { user_id: [1] } }],
    [{ time: "2026-01-01T00:00:00Z" }, invalid("time")],
    [{ ip: 7 }, invalid("ip")],
    [{ groups: Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`g${n}`, "a"])) }, invalid("groups")],
    [{ event_type: "$groupidentify" }, missing("groups")],
    [{ event_properties: [] }, invalid("event_properties")],
    [{ event_properties: nested(41) }, invalid("event_properties")],
    [{ user_properties: 7 }, invalid("user_properties")],
    [{ user_properties: { $set: { a: 1 }, b: 2 } }, invalid("user_properties")]
  ]
  it.live("that breaks a rule is named by its index, and none of its request is kept", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make()
      for (const [more, named] of wrong) {
        const answer = yield* posting([event(), event(more)], { server })
        assert.deepInclude(answer, { status: 400, code: 400, ...named })
      }
      assert.deepInclude(yield* posting([7], { server }), { events_with_invalid_fields: { event: [0] } })
      assert.deepStrictEqual(yield* server.raw, [])
      assert.lengthOf(yield* server.rejected, wrong.length + 1)
      yield* server.clear
      assert.deepStrictEqual(yield* server.rejected, [])
    })
  )

  it.live("loses an id that is too short, and the end of its long strings, and gets a time", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make()
      const long = "x".repeat(1_025)
      const given = event({ device_id: "d", time: undefined, event_properties: { list: [long], fine: nested(40 - 1) } })
      assert.deepInclude(yield* posting([given], { server }), { status: 200, code: 200, events_ingested: 1 })
      const [kept] = yield* server.events
      assert.isUndefined(kept!["device_id"])
      assert.isNumber(kept!.time)
      assert.deepStrictEqual(kept!["event_properties"].list, ["x".repeat(1_024)])
      yield* posting([given], { server, options: { min_id_length: 1 } })
      assert.strictEqual((yield* server.raw)[1]!["device_id"], "d")
    })
  )

  it.effect("counts once for seven days, by its device or else its user", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make()
      const others = [event({ user_id: "user-2" }), event({ device_id: "device-1" }), event({ insert_id: undefined })]
      yield* posting([event(), event(), ...others, event({ insert_id: undefined })], { server })
      assert.lengthOf(yield* server.events, 5)
      yield* TestClock.adjust("8 days")
      yield* posting([event()], { server })
      assert.lengthOf(yield* server.events, 6)
    })
  )

  it.live("changes properties with each operation", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make()
      const changes = [
        { a: 1, list: [1], gone: 1 },
        { $setOnce: { a: 2, b: 2 }, $add: { a: 1, c: 1 }, $unset: { gone: "-" } },
        { $append: { list: 2 }, $prepend: { list: 0 } },
        { $preInsert: { list: [0, -1] }, $postInsert: { list: [2, 3] }, $remove: { list: 1 } }
      ]
      const events = changes.map((user_properties, index) =>
        event({ event_type: "$identify", insert_id: `m${index}`, user_properties })
      )
      const groups = { company: "acme" }
      const group_properties = { $set: { seats: 3 } }
      const grouped = event({ event_type: "$groupidentify", insert_id: "g", groups, group_properties })
      yield* posting([...events, grouped, { ...grouped, insert_id: "h", group_properties: undefined }], { server })
      assert.deepStrictEqual((yield* server.users).get("user-1"), { a: 2, list: [-1, 0, 2, 3], b: 2, c: 1 })
      assert.deepStrictEqual((yield* server.groups).get("company")?.get("acme"), { seats: 3 })
    })
  )
})

describe("a request", () => {
  it.live("is refused with the status that Amplitude documents", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make()
      const many = (count: number) => Array.from({ length: count }, (_, index) => event({ insert_id: `m${index}` }))
      const large = [event({ event_properties: { list: Array.from({ length: 1_001 }, () => "x".repeat(1_000)) } })]
      const answers = [
        [many(1), { path: "/httpapi" }, 404],
        [many(1), { type: "text/plain" }, 400],
        [many(1), { api_key: "other" }, 400],
        [[], {}, 400],
        [many(2_001), {}, 413],
        [large, {}, 413],
        [large, { path: "/batch" }, 200]
      ] as const
      for (const [events, more, status] of answers) {
        assert.strictEqual((yield* posting(events, { server, ...more })).status, status)
      }
      const get = yield* Effect.promise(() => fetch(`${server.url}/batch`))
      assert.strictEqual(get.status, 405)
      assert.deepInclude(yield* posting(undefined, { server }), { missing_field: "events" })
      assert.deepInclude(yield* posting(7, { server, api_key: undefined as never }), { missing_field: "api_key" })
      const headers = { "content-type": "application/json" }
      const text = yield* Effect.promise(() => fetch(`${server.url}/batch`, { method: "POST", headers, body: "[" }))
      assert.strictEqual(text.status, 400)
    })
  )

  it.live("names the users and devices that are throttled, and those without events left for the day", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make({ eventsPerSecond: 0.1, dailyQuota: 5 })
      const of = (count: number, more: object) =>
        Array.from({ length: count }, (_, index) => event({ ...more, insert_id: `m${index}` }))
      const four = yield* posting([...of(4, {}), event({ user_id: "user-2" })], { server })
      const throttled = { throttled_events: [3], throttled_users: { "user-1": 1 } }
      assert.deepInclude(four, { status: 429, code: 429, eps_threshold: 0.1, ...throttled })
      assert.deepInclude(yield* posting(of(6, { user_id: undefined, device_id: "device-1" }), { server }), {
        throttled_events: [3, 4],
        exceeded_daily_quota_devices: { "device-1": 5 }
      })
      assert.strictEqual((yield* posting(of(3, {}), { server })).status, 200)
      assert.strictEqual((yield* posting(of(1, {}), { server })).status, 429)
    })
  )
})
