import { assert, describe, it } from "@effect/vitest"
import { EventSink, HttpTransport, type Message, Plan, TrackedEvent, Tracker } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { inspect } from "node:util"
import { AmplitudeServer, Fault } from "../../testing/src/index.ts"
import { against, apiKey, group, idsOf, identify, reasonsOf, time, timestamp, track, tracks } from "../test/against.ts"
import { Amplitude } from "./index.ts"

const many = (length: number) => "x".repeat(length)
const nested = (levels: number): any => (levels === 0 ? 1 : [nested(levels - 1)])

describe("a message", () => {
  const base = { time, insert_id: "m0", user_id: "user-1" }
  const page = { name: "Checkout", category: "Shop", properties: { step: 2 } }
  const becomes: ReadonlyArray<readonly [what: string, message: Message.Message, event: object]> = [
    ["a track call", track(), { event_type: "orderPlaced", ...base, event_properties: { Order_id: 357 } }],
    [
      "a call of an anonymous user",
      track({ userId: "", anonymousId: "anon-1" }),
      { event_type: "orderPlaced", time, insert_id: "m0", device_id: "anon-1", event_properties: { Order_id: 357 } }
    ],
    [
      "a page",
      { ...track(), type: "page", ...page },
      { event_type: "Page Viewed", ...base, event_properties: { name: "Checkout", category: "Shop", step: 2 } }
    ],
    [
      "a screen whose properties have a name",
      { ...track(), type: "screen", name: "Home", properties: { name: "Start" } },
      { event_type: "Screen Viewed", ...base, event_properties: { name: "Start" } }
    ],
    [
      "an identify call",
      identify({ anonymousId: "anon-1" }),
      { event_type: "$identify", ...base, device_id: "anon-1", user_properties: { $set: { plan: "pro" } } }
    ],
    [
      "an identify call without traits, which joins a user and a device",
      identify({ traits: {} }),
      { event_type: "$identify", ...base, user_properties: {} }
    ],
    [
      "operations",
      identify({
        integrations: Amplitude.profile({
          setOnce: { first: 1 },
          add: { count: 2 },
          append: { log: "a" },
          prepend: { log: "b" },
          preInsert: { tags: ["c"] },
          postInsert: { tags: ["d"] },
          remove: { tags: ["e"] },
          unset: ["old"]
        })
      }),
      {
        event_type: "$identify",
        ...base,
        user_properties: {
          $set: { plan: "pro" },
          $setOnce: { first: 1 },
          $add: { count: 2 },
          $append: { log: "a" },
          $prepend: { log: "b" },
          $preInsert: { tags: ["c"] },
          $postInsert: { tags: ["d"] },
          $remove: { tags: ["e"] },
          $unset: { old: "-" }
        }
      }
    ],
    [
      "a group call",
      group(),
      { event_type: "$groupidentify", ...base, groups: { company: "acme" }, group_properties: { $set: { seats: 3 } } }
    ],
    [
      "a group call with a group type of its own",
      group({ traits: {}, integrations: Amplitude.profile({ groupType: "team", setOnce: { a: 1 } }) }),
      { event_type: "$groupidentify", ...base, groups: { team: "acme" }, group_properties: { $setOnce: { a: 1 } } }
    ],
    [
      "the context",
      track({
        context: {
          ip: "203.0.113.7",
          locale: "de-DE",
          userAgent: many(1_100),
          app: { name: "shop", version: "1.2" },
          os: { name: "iOS", version: "26" },
          device: { type: "ios", brand: "Apple", manufacturer: "Apple Inc.", model: "iPhone 20" },
          network: { carrier: "Example", wifi: true },
          location: { country: "Germany", region: "Berlin", city: "Berlin", latitude: 52.5, longitude: 13.4 },
          groupId: "acme",
          traceId: "t1",
          screen: { width: 320 }
        }
      }),
      {
        event_type: "orderPlaced",
        ...base,
        ip: "203.0.113.7",
        language: "de-DE",
        user_agent: many(1_024),
        app_version: "1.2",
        os_name: "iOS",
        os_version: "26",
        platform: "ios",
        device_brand: "Apple",
        device_manufacturer: "Apple Inc.",
        device_model: "iPhone 20",
        carrier: "Example",
        country: "Germany",
        region: "Berlin",
        city: "Berlin",
        location_lat: 52.5,
        location_lng: 13.4,
        groups: { company: "acme" },
        event_properties: { trace_id: "t1", Order_id: 357 }
      }
    ],
    [
      "a context of other types, whose values Amplitude would refuse",
      track({
        context: { ip: 7, locale: "", app: "shop", os: null, location: { latitude: "52.5" }, groupId: "null" }
      }),
      { event_type: "orderPlaced", ...base, event_properties: { Order_id: 357 } }
    ]
  ]
  for (const [what, message, event] of becomes) {
    it.live(`of ${what} becomes one event`, () =>
      Effect.gen(function* () {
        const { events, outcomes, rejected } = yield* against([message])
        assert.deepStrictEqual(outcomes, ["Delivered"])
        assert.deepStrictEqual(events, [event] as never)
        assert.deepStrictEqual(rejected, [])
      })
    )
  }

  it.live("is cut where Amplitude would cut or refuse it, and names the keys", () =>
    Effect.gen(function* () {
      const properties = { long: "é".repeat(1_025), deep: nested(40), fine: nested(39), short: "é".repeat(1_024) }
      const traits = { bio: many(1_025), deep: nested(39), fine: nested(38) }
      const { events, outcomes } = yield* against([track({ properties }), identify({ messageId: "m1", traits })])
      assert.deepStrictEqual(outcomes, ["Delivered", "Delivered"])
      const { _truncated, fine, long, short } = events[0]!["event_properties"]
      assert.deepStrictEqual(
        [_truncated, fine, long, short],
        [["long", "deep"], properties.fine, properties.short, properties.short]
      )
      const { deep: _, ...set } = events[1]!["user_properties"].$set
      assert.deepStrictEqual(set, { bio: many(1_024), fine: traits.fine, _truncated: ["bio", "deep"] })
    })
  )

  it.live("is rejected instead with whenTooLarge, and the reason names the keys", () =>
    Effect.gen(function* () {
      const long = { secret: many(1_025) }
      const messages = [track({ properties: long }), identify({ messageId: "m1", traits: long })]
      const { reasons, requests } = yield* against(messages, { options: { whenTooLarge: "reject" } })
      const reason = "the destination does not accept all of secret"
      assert.deepStrictEqual(reasons, [reason, `set: ${reason}`])
      assert.deepStrictEqual(requests, [])
    })
  )

  it.live("changes the properties of users and groups", () =>
    Effect.gen(function* () {
      const integrations = Amplitude.profile({ add: { orders: 1 } })
      const twice = [1, 2].map((n) => identify({ messageId: `i${n}`, integrations }))
      const { groups, users } = yield* against([...twice, group({ messageId: "g1" })])
      assert.deepStrictEqual(users, new Map([["user-1", { plan: "pro", orders: 2 }]]))
      assert.deepStrictEqual(groups, new Map([["company", new Map([["acme", { seats: 3 }]])]]))
    })
  )

  it.live("counts once, however often it is sent", () =>
    Effect.gen(function* () {
      const { events, outcomes, raw } = yield* against([track()], { misbehave: [[Fault.reset("after"), 1]] })
      assert.deepStrictEqual(outcomes, ["Delivered"])
      assert.deepStrictEqual([idsOf(raw), idsOf(events)], [["m0", "m0"], ["m0"]])
    })
  )

  it.live("is skipped if it is an alias, or if its integrations exclude Amplitude", () =>
    Effect.gen(function* () {
      const alias: Message.Alias = { type: "alias", userId: "b", previousId: "a", messageId: "m0", timestamp }
      const excluding: ReadonlyArray<Message.Message["integrations"]> = [
        { All: false },
        { Amplitude: false },
        { All: false, Amplitude: true }
      ]
      const messages = excluding.map((integrations, index) =>
        track({ messageId: `m${index + 1}`, integrations: integrations! })
      )
      const { outcomes, reasons } = yield* against([alias, ...messages])
      assert.deepStrictEqual(outcomes, ["Skipped", "Skipped", "Skipped", "Delivered"])
      assert.include(reasons[0], "no equivalent of alias")
      assert.include(reasons[1], "exclude Amplitude")
    })
  )
})

describe("a message that Amplitude would refuse is rejected", () => {
  const operations = (Amplitude: object) => ({ integrations: { Amplitude } as never })
  const refused: ReadonlyArray<readonly [message: Message.Message, reason: string]> = [
    ...["anonymous", "NULL", "0", "-1", "{}", "00000000-0000-0000-0000-000000000000"].flatMap(
      (id): ReadonlyArray<readonly [Message.Message, string]> => [
        [track({ userId: id }), "Amplitude does not accept this userId"],
        [track({ anonymousId: id }), "Amplitude does not accept this anonymousId"],
        [group({ groupId: id }), "Amplitude does not accept this groupId"]
      ]
    ),
    [track({ userId: many(1_025) }), "the userId is longer than 1024 characters, so Amplitude would cut it"],
    [track({ userId: "" }), "the message has neither a userId nor an anonymousId"],
    [track({ timestamp: "soon" }), "the timestamp is not a date, or is before 1970"],
    [track({ timestamp: "1969-12-31T23:59:59Z" }), "the timestamp is not a date, or is before 1970"],
    [track({ messageId: "" }), "the messageId is empty, or longer than 1024 characters"],
    [track({ event: "" }), "the event has no name"],
    [track({ event: many(1_025) }), "the event's name is longer than 1024 characters"],
    [track({ event: "$identify" }), "Amplitude reserves the name $identify"],
    [track({ event: "[Amplitude] Revenue" }), "Amplitude reserves the name [Amplitude] Revenue"],
    [group({ groupId: "" }), "the groupId is empty"],
    [track({ properties: [1] as never }), "the properties are not an object"],
    [track({ properties: { big: 1n } as never }), "the message has no JSON"],
    [track({ properties: { list: Array.from({ length: 1_200 }, () => many(1_000)) } }), "amplitude accepts 998999"],
    [identify(operations({ add: { a: "secret" } })), "integrations.Amplitude.add.a is not valid"],
    [identify(operations({ "set\nOnce": {} })), "integrations.Amplitude.* is not valid"],
    [identify(operations({ append: { a: many(1_025) } })), "append: the destination does not accept all of a"],
    [identify(operations({ groupType: "team" })), "integrations.Amplitude.groupType is only for group messages"],
    [track(operations({ add: { a: 1 } })), "integrations.Amplitude.add is only for identify, group messages"]
  ]
  it.live("with a reason that holds no value, and nothing is sent", () =>
    Effect.gen(function* () {
      const { requests, reasons } = yield* against(
        refused.map(([message]) => message),
        { options: { whenTooLarge: "reject" } }
      )
      for (const [index, [, reason]] of refused.entries()) assert.include(reasons[index], reason)
      assert.notInclude(reasons.join(), "secret")
      assert.deepStrictEqual(requests, [])
    })
  )

  it.live("where its ids are shorter than minIdLength, which is 1 by default", () =>
    Effect.gen(function* () {
      const messages = [track({ userId: "u" }), track({ messageId: "m1", anonymousId: "d" })]
      assert.deepStrictEqual((yield* against(messages)).outcomes, ["Delivered", "Delivered"])
      const { reasons } = yield* against(messages, { options: { minIdLength: 5 } })
      const why = (name: string) => `the ${name} is shorter than 5 characters`
      assert.deepStrictEqual(reasons, [why("userId"), why("anonymousId")])
    })
  )
})

describe("a batch", () => {
  it.live("goes to the API that the options choose, with the key in the body alone", () =>
    Effect.gen(function* () {
      for (const [api, path] of [
        [undefined, "/2/httpapi"],
        ["batch", "/batch"]
      ] as const) {
        const { requests } = yield* against(tracks(2), { options: { api, gzip: true, timeout: "5 seconds" } })
        const [{ body, headers, path: at }] = requests as ReadonlyArray<any>
        assert.deepStrictEqual([at, body.api_key, body.options], [path, apiKey, { min_id_length: 1 }])
        assert.notInclude(JSON.stringify(headers), apiKey)
      }
    })
  )

  it.live("is split where its events are longer than its messages, and than a request may be", () =>
    Effect.gen(function* () {
      const context = { groupId: many(1_000) }
      const messages = tracks(400, (index) => ({
        context,
        event: "e",
        properties: { note: many(1_000) },
        messageId: `m${index}`
      }))
      const form = { options: { groupType: many(1_000) } }
      const { events, outcomes, requests } = yield* against(messages, form)
      assert.deepStrictEqual(new Set(outcomes), new Set(["Delivered"]))
      assert.lengthOf(events, 400)
      assert.deepStrictEqual(
        requests.map(({ status }) => status),
        [200, 200]
      )
    })
  )

  it.live("with events that Amplitude names loses those, and the others are sent again at once, once", () =>
    Effect.gen(function* () {
      const body = {
        code: 400,
        error: "Invalid field values on some events",
        events_with_invalid_fields: { time: [1, 99, -1, "2"], [`a "secret" field`]: [2] },
        events_with_missing_fields: { event_type: [3] },
        events_with_invalid_id_lengths: { user_id: [4] },
        silenced_events: [5]
      }
      const { raw, reasons, receipts, requests } = yield* against(tracks(7), {
        misbehave: [[Fault.status(400, { body }), 1]]
      })
      const why = (what: string) => `Amplitude refused the event: ${what}`
      assert.deepStrictEqual(reasons, [
        "",
        why("it has an invalid value in the field time"),
        why("it has an invalid value in the field"),
        why("it misses the field event_type"),
        why("it has an invalid value in the field user_id"),
        why("its device is silenced"),
        ""
      ])
      assert.deepStrictEqual(idsOf(raw), ["m0", "m6"])
      assert.lengthOf(requests, 2)
      assert.isTrue(receipts.every(({ attempts }) => attempts === 1))
    })
  )

  it.live("with silenced devices loses their events", () =>
    Effect.gen(function* () {
      const messages = tracks(3, (index) => ({ anonymousId: `device-${index}` }))
      const { outcomes } = yield* against(messages, { server: { silencedDevices: ["device-1"] } })
      assert.deepStrictEqual(outcomes, ["Delivered", "Rejected", "Delivered"])
    })
  )

  it.live("with users or devices that have exceeded their daily quota loses their events", () =>
    Effect.gen(function* () {
      const messages = tracks(6, (index) => ({
        userId: index % 2 === 0 ? "" : `user-${index}`,
        anonymousId: index % 2 === 0 ? "d" : ""
      }))
      const { events, outcomes, reasons } = yield* against(messages, { server: { dailyQuota: 2 } })
      assert.deepStrictEqual(
        outcomes,
        [0, 1, 2, 3, 4, 5].map((n) => (n % 2 === 0 ? "Rejected" : "Delivered"))
      )
      assert.include(reasons[0], "has exceeded the daily quota")
      assert.deepStrictEqual(idsOf(events), ["m1", "m3", "m5"])
    })
  )

  it.effect("with a throttled user sends the others at once, and the user's after the pause, each once", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(time)
      const server = yield* AmplitudeServer.make({ apiKey, eventsPerSecond: 0.1 })
      const sink = Amplitude.sink({ apiKey: Redacted.make(apiKey), endpoint: server.url })
      const messages = tracks(6, (index) => ({ userId: index < 4 ? "busy" : `user-${index}` }))
      const sending = yield* Effect.forkChild(EventSink.deliver(sink, messages))
      yield* server.awaitRequests(2)
      // The fourth event of the user is beyond three in 30 seconds.
      while ((yield* server.raw).length < 5) yield* Effect.promise(() => new Promise(setImmediate))
      assert.deepStrictEqual(idsOf(yield* server.raw), ["m0", "m1", "m2", "m4", "m5"])
      for (let i = 0; i < 20; i++) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
      yield* TestClock.adjust("29 seconds")
      assert.lengthOf(yield* server.requests, 2)
      yield* TestClock.adjust("2 seconds")
      const receipts = yield* Fiber.join(sending)
      assert.deepStrictEqual(reasonsOf(receipts), Array(6).fill(""))
      assert.deepStrictEqual(idsOf(yield* server.raw), ["m0", "m1", "m2", "m4", "m5", "m3"])
    }).pipe(Effect.provide(HttpTransport.layerFetch))
  )

  it.live("that names throttled users without its events waits for them, too", () =>
    Effect.gen(function* () {
      const body = { code: 429, throttled_devices: { "device-1": 31 } }
      const fault = Fault.status(429, { body, headers: { "retry-after": "0" } })
      const messages = tracks(2, (index) => ({ anonymousId: `device-${index}` }))
      const { outcomes, raw } = yield* against(messages, { misbehave: [[fault, 1]] })
      assert.deepStrictEqual(outcomes, ["Delivered", "Delivered"])
      assert.deepStrictEqual(idsOf(raw), ["m0", "m1"])
    })
  )

  for (const [what, body] of Object.entries({
    "an unknown key": { code: 400, error: `Invalid API key: ${apiKey}` },
    "no key": { code: 400, error: "Request missing required field", missing_field: "api_key" }
  })) {
    it.live(`with ${what} is rejected without a retry, and the key is in no reason`, () =>
      Effect.gen(function* () {
        const { reasons, requests } = yield* against(tracks(3), { misbehave: () => Fault.status(400, { body }) })
        assert.deepStrictEqual(reasons, Array(3).fill("Amplitude does not accept the API key"))
        assert.lengthOf(requests, 1)
      })
    )
  }

  it.live("that a proxy answers is not delivered", () =>
    Effect.gen(function* () {
      const strange = [Fault.errorBody("<html>"), 1] as const
      const { outcomes, receipts } = yield* against(tracks(1), { misbehave: [strange] })
      assert.deepStrictEqual([outcomes, receipts[0]!.attempts], [["Delivered"], 2])
    })
  )
})

describe("opening fails", () => {
  const opening = (options: object, plan?: Plan.Plan) =>
    Effect.flip(Effect.scoped(Tracker.make(Amplitude.sink(options as never), { plan }))).pipe(
      Effect.map((error) => (error as Error).message),
      Effect.provide(HttpTransport.layerFetch)
    )
  const key = Redacted.make(apiKey)
  for (const [options, reason] of [
    [{ apiKey }, "the API key is not Redacted"],
    [{ apiKey: Redacted.make("") }, "the API key is empty"],
    [{ apiKey: Redacted.make(undefined) }, "the API key is empty"],
    [{ apiKey: key, endpoint: "amplitude" }, "the endpoint is not an http or https address"],
    [{ apiKey: key, api: "v1" }, `api is "http" or "batch"`],
    [{ apiKey: key, whenTooLarge: "drop" }, `whenTooLarge is "cut" or "reject"`],
    [{ apiKey: key, minIdLength: 0 }, "minIdLength is not a whole number above 0"],
    [{ apiKey: key, groupType: "" }, "the group type is empty"],
    [{ apiKey: key, groupType: "x".repeat(1_025) }, "the group type is longer than 1024 characters"]
  ] as const) {
    it.live(`because ${reason}`, () =>
      Effect.gen(function* () {
        assert.include(yield* opening(options), reason)
        assert.notInclude(inspect(yield* opening(options), { depth: 9 }), apiKey)
      })
    )
  }

  it.live("because an event of the plan never fits", () =>
    Effect.gen(function* () {
      const deep = (levels: number): Schema.Schema<any> => (levels === 0 ? Schema.Int : Schema.Array(deep(levels - 1)))
      const properties = { deep: deep(40) as never as typeof Schema.Int }
      const plan = Plan.make(TrackedEvent.make("orderPlaced", { properties }))
      assert.include(yield* opening({ apiKey: key }, plan), "Amplitude cannot take these planned events: orderPlaced")
    })
  )

  it("because an option is misspelt", () => {
    assert.throws(() => Amplitude.sink({ apiKey: key, apikey: 1 } as never), "apikey")
  })
})

describe("the configuration", () => {
  it.live("is read from the environment", () =>
    Effect.gen(function* () {
      const server = yield* AmplitudeServer.make({ apiKey })
      const env = { AMPLITUDE_API_KEY: apiKey, AMPLITUDE_ENDPOINT: server.url, AMPLITUDE_API: "batch" }
      const provider = ConfigProvider.fromEnv({ env })
      const sink = yield* Effect.provideService(Amplitude.config, ConfigProvider.ConfigProvider, provider)
      yield* EventSink.deliver(sink, [track()])
      assert.deepStrictEqual(
        (yield* server.requests).map(({ path }) => path),
        ["/batch"]
      )
    }).pipe(Effect.provide(HttpTransport.layerFetch))
  )
})

describe("whatever the messages are", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("", "null", "__proto__", "_truncated", "$set", '"', "\u0000", many(1_025))
  )
  const values = fc.dictionary(text, fc.oneof(text, fc.jsonValue({ maxDepth: 3 })), { maxKeys: 4 })
  const message = fc
    .record({
      type: fc.constantFrom("track", "identify", "group", "alias", "page", "screen"),
      messageId: fc.uuid(),
      timestamp: fc.oneof({ weight: 5, arbitrary: fc.constant(timestamp) }, text),
      userId: text,
      anonymousId: text,
      event: text,
      name: text,
      groupId: text,
      properties: values,
      traits: values,
      context: fc.record(
        { ip: text, groupId: text, app: fc.jsonValue(), location: fc.jsonValue(), userAgent: text },
        { requiredKeys: [] }
      ),
      integrations: fc.oneof(
        fc.constant({}),
        fc.record({ Amplitude: fc.record({ setOnce: values, unset: fc.array(text) }, { requiredKeys: [] }) })
      )
    })
    .map((fields) => fields as unknown as Message.Message)

  it("there is one outcome for each, and the server refuses nothing that the sink has accepted", () =>
    fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), (messages) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const { events, outcomes, rejected, requests } = yield* against(messages)
            assert.lengthOf(outcomes, messages.length)
            assert.deepStrictEqual(rejected, [])
            assert.isTrue(requests.every(({ status }) => status === 200))
            assert.lengthOf(events, outcomes.filter((outcome) => outcome === "Delivered").length)
          }).pipe(Effect.scoped)
        )
      ),
      { numRuns: 50 }
    ))
})
