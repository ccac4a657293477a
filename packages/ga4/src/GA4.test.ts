import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Entity, EventSink, HttpTransport, Message, Plan, TrackedEvent } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { Fault, GA4Server } from "../../testing/src/index.ts"
import * as SinkConformance from "../../testing/src/SinkConformance.ts"
import { GA4 } from "./index.ts"

/** The time of the test clock in these tests. */
const now = Date.parse("2026-01-01T00:00:00.000Z")
const timestamp = "2026-01-01T00:00:00.000Z"
const secret = "a-secret"
const id = (n: number) => `018f2d1c-0a3b-7c4d-8e5f-${String(n).padStart(12, "0")}`
const common = { messageId: id(1), timestamp, anonymousId: "1.2" }

const track = (properties: Message.Track["properties"], more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties,
  ...common,
  ...more
})
const call = <const M extends object>(message: M) => ({ ...common, ...message }) as unknown as Message.Message

const optionsOf = (server: Pick<GA4Server.GA4Server, "url">, more?: Partial<GA4.Options>): GA4.Options => ({
  measurementId: "G-TEST",
  apiSecret: Redacted.make(secret),
  endpoint: server.url,
  ...more
})

interface Given {
  readonly options?: Partial<GA4.Options>
  readonly plan?: Plan.Plan
  readonly misbehave?: Fault.Plan<Fault.Common>
}

/** What becomes of messages that are sent to a server. */
const against = Effect.fnUntraced(
  function* (messages: ReadonlyArray<Message.Message>, { misbehave = [], options, plan }: Given = {}) {
    yield* TestClock.setTime(now)
    const server = yield* GA4Server.make({ apiSecret: secret })
    yield* server.misbehave(misbehave)
    const sending = yield* Effect.forkChild(EventSink.deliver(GA4.sink(optionsOf(server, options)), messages, { plan }))
    // Retries wait on this clock.
    const ticking = yield* Effect.forkChild(Effect.forever(Effect.andThen(TestClock.adjust(1_000), Effect.yieldNow)))
    const receipts = yield* Fiber.join(sending)
    yield* Fiber.interrupt(ticking)
    const requests = yield* server.requests
    return {
      events: yield* server.events,
      ignored: yield* server.ignored,
      userProperties: yield* server.userProperties,
      requests,
      bodies: requests.map(({ body }) => body as any),
      outcomes: receipts.map(({ outcome }) => outcome._tag),
      reasons: receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))
    }
  },
  Effect.scoped,
  Effect.provide(HttpTransport.layerFetch)
)

SinkConformance.suite("Google Analytics' sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  make: Effect.map(GA4Server.make({ apiSecret: secret }), (server) => ({
    // Its options are valid, so opening it does not fail.
    sink: GA4.sink(
      optionsOf(server, { clientId: ({ userId }) => userId, messageId: "message_id", whenOld: "send" })
    ) as unknown as EventSink.EventSink<never, HttpTransport.HttpTransport>,
    received: Effect.map(server.events, (events) => events.map(({ params }) => params["message_id"])),
    records: Effect.map(server.requests, (requests) => requests.flatMap(({ body }) => (body as any).events))
  }))
})

describe("a message", () => {
  const page = { url: "https://acme.com/a", title: "A", referrer: "https://acme.com/" }
  const table: ReadonlyArray<readonly [string, Message.Message, object]> = [
    [
      "track: the event's name in snake_case, and its flat values",
      track({ Order_id: 357, Order_total: 714.5, note: "a", gift: true, none: null }),
      { name: "order_placed", params: { Order_id: 357, Order_total: 714.5, note: "a", gift: "true" } }
    ],
    [
      "lists and objects are left out, except items",
      track({ Order_lines: [{ id: 1 }], data: { a: 1 }, items: [{ item_id: "1" }] }),
      { name: "order_placed", params: { items: [{ item_id: "1" }] } }
    ],
    [
      "the page of the context, unless the event has its own",
      track({ page_title: "Own" }, { context: { page } }),
      {
        name: "order_placed",
        params: { page_title: "Own", page_location: "https://acme.com/a", page_referrer: "https://acme.com/" }
      }
    ],
    [
      "the session of the context",
      track({}, { context: { sessionId: "17" } }),
      { name: "order_placed", params: { session_id: "17" } }
    ],
    [
      "page",
      call({
        type: "page",
        name: "Home",
        category: "Shop",
        context: { page },
        properties: { url: "https://acme.com/b", depth: 1 }
      }),
      {
        name: "page_view",
        params: {
          page_title: "Home",
          page_category: "Shop",
          page_location: "https://acme.com/b",
          page_referrer: "https://acme.com/",
          depth: 1
        }
      }
    ],
    ["page without anything", call({ type: "page", properties: {} }), { name: "page_view", params: {} }],
    [
      "screen",
      call({ type: "screen", name: "Home", category: "Shop", properties: { depth: 1 } }),
      { name: "screen_viewed", params: { screen_name: "Home", screen_category: "Shop", depth: 1 } }
    ],
    ["screen without a name", call({ type: "screen", properties: {} }), { name: "screen_viewed", params: {} }],
    [
      "group",
      call({ type: "group", groupId: "g1", traits: { seats: 3 } }),
      { name: "join_group", params: { group_id: "g1", seats: 3 } }
    ]
  ]
  for (const [name, message, expected] of table) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { events, ignored, outcomes } = yield* against([message], { options: { engagementTime: 0 } })
        assert.deepStrictEqual(ignored, [])
        assert.deepStrictEqual(outcomes, ["Delivered"])
        const [{ clientId, name, params, time }] = events as [GA4Server.Event]
        assert.deepStrictEqual({ name, params }, expected)
        assert.deepStrictEqual([clientId, time], ["1.2", now * 1_000])
      })
    )
  }

  it.effect("identify: the traits that the options list, as user properties", () =>
    Effect.gen(function* () {
      const message = call({
        type: "identify",
        userId: "u",
        traits: { tier: "x".repeat(40), age: 7, email: "a@b.c", tags: [1] }
      })
      const options = { userProperties: ["tier", "age", "tags", "other"] }
      const { events, ignored, userProperties } = yield* against([message], { options })
      assert.deepStrictEqual(ignored, [])
      assert.deepStrictEqual(userProperties.get("1.2"), { tier: "x".repeat(36), age: 7 })
      assert.deepInclude(events[0], { name: "identify", userId: "u" })
      const none = yield* against([message, call({ type: "alias", previousId: "u0" })])
      assert.deepStrictEqual(none.outcomes, ["Skipped", "Skipped"])
      assert.match(none.reasons[0]!, /traits that the option userProperties lists/)
      assert.match(none.reasons[1]!, /no equivalent of alias/)
    })
  )

  it.effect("has the names, keys, session, client and id that the options say", () =>
    Effect.gen(function* () {
      const { events } = yield* against(
        [
          track(
            { Order_id: 1, Order_total: 2 },
            { userId: "u", context: { ip: "203.0.113.9", userAgent: "Firefox", ga: "3.4" } }
          )
        ],
        {
          options: {
            events: { orderPlaced: "purchase" },
            params: { orderPlaced: ["Order_total"] },
            clientId: ({ context }) => context?.["ga"] as string,
            sessionId: () => 99,
            messageId: "message_id"
          }
        }
      )
      const { time: _, ...event } = events[0]!
      assert.deepStrictEqual(event, {
        clientId: "3.4",
        userId: "u",
        name: "purchase",
        params: { Order_total: 2, session_id: 99, engagement_time_msec: 1, message_id: id(1) },
        request: { ip_override: "203.0.113.9", user_agent: "Firefox" }
      })
    })
  )
})

describe("a batch", () => {
  it.effect("goes in a request for each client and user, of at most 25 events", () =>
    Effect.gen(function* () {
      const messages = Array.from({ length: 60 }, (_, n) =>
        track({}, { messageId: id(n), anonymousId: `c${n % 2}`, ...(n === 59 && { userId: "u" }) })
      )
      const { bodies, events, outcomes } = yield* against(messages)
      assert.deepStrictEqual(
        bodies.map((body) => [body.client_id, body.user_id, body.events.length]).sort(),
        [
          ["c0", undefined, 25],
          ["c0", undefined, 5],
          ["c1", "u", 1],
          ["c1", undefined, 25],
          ["c1", undefined, 4]
        ].sort()
      )
      assert.strictEqual(events.length, 60)
      assert.isTrue(outcomes.every((outcome) => outcome === "Delivered"))
    })
  )

  it.effect("goes in requests smaller than 130 kB", () =>
    Effect.gen(function* () {
      const items = Array.from({ length: 300 }, () => ({ item_name: "é".repeat(60) }))
      const messages = Array.from({ length: 4 }, (_, n) => track({ items }, { messageId: id(n) }))
      const { ignored, requests } = yield* against(messages)
      assert.deepStrictEqual(ignored, [])
      assert.isAbove(requests.length, 1)
    })
  )
})

describe("values that Google would cut or ignore", () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`k${n}`, n]))
  const long = { text: `${"x".repeat(99)}🦆`, page_title: "x".repeat(300), other: 1 }
  it.effect("are cut, and truncated_keys lists their keys", () =>
    Effect.gen(function* () {
      const { events, ignored } = yield* against([track(long), track(many), track({ ...many, k0: "x".repeat(200) })])
      assert.deepStrictEqual(ignored, [])
      assert.deepStrictEqual(events[0]?.params, {
        text: "x".repeat(99),
        page_title: "x".repeat(300),
        other: 1,
        truncated_keys: "text",
        engagement_time_msec: 1
      })
      assert.strictEqual(Object.keys(events[1]!.params).length, 25)
      assert.strictEqual(events[1]!.params["truncated_keys"], "k23,k24,k25,k26,k27,k28,k29")
      assert.strictEqual(events[2]!.params["truncated_keys"], "k0,k23,k24,k25,k26,k27,k28,k29")
    })
  )

  it.effect("are reasons to reject the message, by option", () =>
    Effect.gen(function* () {
      const messages = [track(long), track(many), track({ fits: 1 })]
      const { outcomes, reasons } = yield* against(messages, { options: { whenTooLarge: "reject" } })
      assert.deepStrictEqual(outcomes, ["Rejected", "Rejected", "Delivered"])
      assert.match(reasons[0]!, /does not store all of text: it takes 25 parameters, and texts of 100 characters/)
      assert.match(reasons[1]!, /does not store all of k24, k25, k26, k27, k28, k29:/)
    })
  )

  it("whatever the properties are, Google ignores nothing of what the sink sends", { timeout: 60_000 }, () => {
    const key = fc.oneof(
      fc.stringMatching(/^[A-Za-z]\w{0,39}$/),
      fc.constantFrom("page_title", "items", "session_id", "truncated_keys", "engagement_time_msec", "k1")
    )
    const value = fc.oneof(
      fc.jsonValue({ stringUnit: "binary" }),
      fc.string({ unit: "binary", minLength: 90, maxLength: 110 }),
      fc.constant([{}])
    )
    const properties = fc.dictionary(key, value, { maxKeys: 40 })
    const run = (all: ReadonlyArray<object>) =>
      Effect.gen(function* () {
        const server = yield* GA4Server.make({ apiSecret: secret })
        const messages = all.map((given, n) =>
          track(given as Message.Track["properties"], { messageId: id(n), timestamp: new Date().toISOString() })
        )
        const receipts = yield* EventSink.deliver(GA4.sink(optionsOf(server, { messageId: "message_id" })), messages)
        assert.deepStrictEqual(yield* server.ignored, [])
        const events = yield* server.events
        const delivered = receipts.filter(({ outcome }) => outcome._tag === "Delivered")
        assert.sameMembers(
          events.map(({ params }) => params["message_id"]),
          delivered.map(({ messageId }) => messageId)
        )
        for (const { outcome } of receipts) {
          assert.include(["Delivered", "Rejected"], outcome._tag)
          if (outcome._tag === "Rejected") assert.match(outcome.reason, /is reserved by Google$/)
        }
      }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch), Effect.runPromise)
    return fc.assert(fc.asyncProperty(fc.array(properties, { minLength: 1, maxLength: 10 }), run), { numRuns: 30 })
  })
})

describe("a message that Google would ignore", () => {
  const table: ReadonlyArray<readonly [string, Message.Message, RegExp, Partial<GA4.Options>?]> = [
    [
      "without a client id",
      track({}, { anonymousId: "" }),
      /no client id, which Google requires: track with an anonymousId, or see the option clientId/
    ],
    ["with a reserved name", track({}, { event: "Session Start" }), /the event's name is reserved by Google/],
    ["with an invalid name", track({}, { event: "größe" }), /the event's name has other characters than letters/],
    ["with a long name", track({}, { event: "x".repeat(41) }), /the event's name has more than 40 characters/],
    ["with an invalid key", track({ "order total": 1 }), /the key order total has other characters than letters/],
    ["with a reserved key", track({ ga_key: 1 }), /the key ga_key is reserved by Google/],
    ["with a long userId", track({}, { userId: "u".repeat(256) }), /longer than the 255 characters/],
    [
      "with an id that a parameter cannot hold",
      track({}, { messageId: "m".repeat(101) }),
      /message_id is longer than the 100 characters that Google stores/,
      { messageId: "message_id" }
    ],
    [
      "with a long session id",
      track({}, { context: { sessionId: "s".repeat(101) } }),
      /session_id is longer than the 100 characters that Google stores/
    ],
    [
      "of last week",
      track({}, { timestamp: "2025-12-28T00:00:00.000Z" }),
      /more than 72 hours ago, and Google would store another: see the option whenOld/
    ],
    ["without a time", track({}, { timestamp: "soon" }), /the timestamp is not a date/],
    [
      "that is too large",
      track({ items: Array.from({ length: 3_000 }, () => ({ item_name: "x".repeat(40) })) }),
      /longer than the 129979 bytes that Google accepts/
    ],
    [
      "whose client id cannot be read",
      track({}),
      /JSON cannot represent the message/,
      {
        clientId: () => {
          throw new Error("no")
        }
      }
    ],
    [
      "that excludes it",
      track({}, { integrations: { "Google Analytics 4": false } }),
      /integrations exclude Google Analytics 4/
    ],
    ["that excludes all", track({}, { integrations: { All: false } }), /integrations exclude Google Analytics 4/]
  ]
  for (const [name, message, reason, options] of table) {
    it.effect(`${name} is not sent`, () =>
      Effect.gen(function* () {
        const { outcomes, reasons, requests } = yield* against([message], { ...(options && { options }) })
        assert.deepStrictEqual(outcomes, [name.startsWith("that excludes") ? "Skipped" : "Rejected"])
        assert.match(reasons[0]!, reason)
        assert.strictEqual(requests.length, 0)
      })
    )
  }

  it.effect("because it is old is sent by option, and stored at 72 hours ago", () =>
    Effect.gen(function* () {
      const old = track({}, { timestamp: "2025-12-28T00:00:00.000Z" })
      const { events, outcomes } = yield* against([old], { options: { whenOld: "send" } })
      assert.deepStrictEqual(outcomes, ["Delivered"])
      assert.strictEqual(events[0]?.time, (now - 72 * 3_600_000) * 1_000)
    })
  )
})

describe("an attempt that fails", () => {
  const cases: ReadonlyArray<readonly [string, Fault.Common, boolean]> = [
    ["429", Fault.status(429), true],
    ["503", Fault.status(503), true],
    ["a page that is not Google's", Fault.errorBody("<html>Welcome"), true],
    ["500", Fault.status(500), false],
    ["a response that breaks off", Fault.reset("after"), false]
  ]
  for (const [how, fault, isAway] of cases) {
    it.effect(
      `with ${how} is ${isAway ? "" : "not "}repeated, since the events ${isAway ? "cannot" : "can"} have arrived`,
      () =>
        Effect.gen(function* () {
          const given = { misbehave: [[fault, 1]] as const }
          const { outcomes, reasons, requests } = yield* against([track({})], given)
          assert.deepStrictEqual(outcomes, [isAway ? "Delivered" : "Expired"])
          assert.strictEqual(requests.length, isAway ? 2 : 1)
          if (!isAway)
            assert.match(
              reasons[0]!,
              /it may have arrived, and Google would count it twice, so the sink does not resend it/
            )
          const always = yield* against([track({})], { ...given, options: { delivery: "atLeastOnce" } })
          assert.deepStrictEqual(always.outcomes, ["Delivered"])
        })
    )
  }

  it.effect("for one client leaves the others as they are", () =>
    Effect.gen(function* () {
      const messages = ["a", "b"].map((anonymousId, n) => track({}, { anonymousId, messageId: id(n) }))
      let at = 0
      const { events, outcomes, reasons } = yield* against([...messages, track({}, { timestamp: "soon" })], {
        misbehave: () => (at++ === 1 ? Fault.status(403) : undefined)
      })
      assert.strictEqual(events.length, 1)
      assert.sameMembers(outcomes.slice(0, 2), ["Delivered", "Rejected"])
      assert.strictEqual(outcomes[2], "Rejected")
      assert.sameMembers(reasons.slice(0, 2), ["", "status 403"])
    })
  )

  it.effect("for all clients in one way is the batch's", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* against([track({}), track({}, { anonymousId: "3.4", messageId: id(2) })], {
        misbehave: () => Fault.status(404)
      })
      assert.deepStrictEqual(outcomes, ["Rejected", "Rejected"])
    })
  )

  it.effect("because Google is not available leaves what has not begun for the retry, and repeats nothing", () =>
    Effect.gen(function* () {
      const messages = Array.from({ length: 20 }, (_, n) => track({}, { anonymousId: `c${n}`, messageId: id(n) }))
      const { events, outcomes, requests } = yield* against(messages, { misbehave: [[Fault.status(503), 1]] })
      assert.isTrue(outcomes.every((outcome) => outcome === "Delivered"))
      assert.strictEqual(events.length, 20)
      assert.strictEqual(requests.length, 21)
    })
  )

  it.effect("with 413 splits the batch", () =>
    Effect.gen(function* () {
      const { events, outcomes } = yield* against([track({}), track({}, { messageId: id(2) })], {
        misbehave: () => Fault.tooLarge(1)
      })
      assert.deepStrictEqual([outcomes, events.length], [["Delivered", "Delivered"], 2])
    })
  )
})

describe("validate", () => {
  it.effect("turns what the validation server says into receipts, without values", () =>
    Effect.gen(function* () {
      const old = track({ text: "x" }, { timestamp: "2025-12-28T00:00:00.000Z", messageId: id(2) })
      const options = { validate: true, whenOld: "send" } as const
      const { bodies, events, outcomes, reasons, requests } = yield* against([track({}), old], { options })
      assert.deepStrictEqual(
        requests.map(({ path }) => path),
        ["/debug/mp/collect", "/debug/mp/collect"]
      )
      assert.strictEqual(bodies[0].validation_behavior, "ENFORCE_RECOMMENDATIONS")
      assert.deepStrictEqual(outcomes, ["Skipped", "Rejected"])
      assert.deepStrictEqual(reasons, [
        "Google's validation server accepts it, and stores nothing",
        "Google's validation server refuses it: VALUE_INVALID at events[0].timestamp_micros"
      ])
      assert.deepStrictEqual(events, [])
    })
  )

  it.effect("repeats after any failure, since nothing is stored", () =>
    Effect.gen(function* () {
      for (const fault of [Fault.status(500), Fault.malformed]) {
        const { outcomes } = yield* against([track({})], { options: { validate: true }, misbehave: [[fault, 1]] })
        assert.deepStrictEqual(outcomes, ["Skipped"])
      }
    })
  )
})

describe("opening", () => {
  const text = Schema.String
  const long = "x".repeat(41)
  const wide = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`k${n}`, text]))
  const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } })
  const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, tags: Schema.Array(text) } }).pipe(
    Entity.many(
      "lines",
      Line,
      (order: { readonly lines: ReadonlyArray<{ readonly id: number }> }) => order.lines,
      Aggregate.list({ max: 99 })
    )
  )
  const plan = Plan.make(
    TrackedEvent.make("Session Start"),
    TrackedEvent.make("wide", { properties: wide }),
    TrackedEvent.make("odd", { properties: { ga_key: text, [long]: text } }),
    TrackedEvent.make("placed", { entities: { order: Order } })
  )
  const fixed = {
    events: { "Session Start": "session_begun" },
    params: { wide: ["k1", "k2"], odd: [] }
  }

  it.effect("names every event that could never arrive whole, with the remedy", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(against([], { plan }))
      assert.strictEqual(error._tag, "Misconfigured")
      assert.deepStrictEqual(error.reason.split("; "), [
        'ga4: the event Session Start: its name "session_start" is reserved by Google: give it another, with the option events',
        "the event wide: it has 25 keys, and there is room for 23: pick some, with the option params",
        'the event odd: its key "ga_key" is reserved by Google: rename it, or pick others, with the option params',
        `the event odd: its key "${long}" has more than 40 characters: rename it, or pick others, with the option params`
      ])
    })
  )

  it.effect("accepts the plan with the remedies, and lists that it leaves out", () =>
    Effect.gen(function* () {
      const message = track({ Order_id: 1, Order_tags: ["a"] }, { event: "placed" })
      const { events } = yield* against([message], { plan, options: fixed })
      assert.deepStrictEqual(events[0]?.params, { Order_id: 1, engagement_time_msec: 1 })
    })
  )

  const table: ReadonlyArray<readonly [string, Partial<GA4.Options>, RegExp]> = [
    [
      "an event that the plan does not have",
      { ...fixed, events: { ...fixed.events, other: "x" } },
      /an option names the event "other"/
    ],
    [
      "a key that an event does not have",
      { ...fixed, params: { ...fixed.params, placed: ["Order_x"] } },
      /the option params picks "Order_x", which it does not have/
    ],
    ["no measurement id", { ...fixed, measurementId: "" }, /the measurement id is empty/],
    [
      "an API secret that is not Redacted",
      { ...fixed, apiSecret: "a-secret" as never },
      /pass Redacted.make\(apiSecret\)/
    ],
    ["an empty API secret", { ...fixed, apiSecret: Redacted.make("") }, /the API secret is empty/],
    ["a reserved user property", { ...fixed, userProperties: ["user_id"] }, /the user property "user_id" is reserved/],
    [
      "too many user properties",
      { ...fixed, userProperties: Object.keys(wide).concat("more") },
      /Google takes 25 user properties/
    ],
    [
      "an invalid parameter for the id",
      { ...fixed, messageId: "_id" },
      /the parameter that messageId names has other characters/
    ],
    [
      "a word that is none",
      { ...fixed, delivery: "once" as never, whenOld: "x" as never, whenTooLarge: "y" as never },
      /whenTooLarge is "cut" or "reject"; whenOld is "reject" or "send"; delivery is "atMostOnce" or "atLeastOnce"/
    ],
    ["an invalid endpoint", { ...fixed, endpoint: "google" }, /url|http/i]
  ]
  for (const [what, options, reason] of table) {
    it.effect(`fails with ${what}, and prints no secret`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(against([], { plan, options }))
        assert.strictEqual(error._tag, "Misconfigured")
        assert.match(error.reason, reason)
        assert.notInclude(JSON.stringify(error), secret)
      })
    )
  }

  it("refuses an option that is misspelt", () => {
    assert.throws(() => GA4.sink({ measurementID: "G" } as never), /did you mean measurementId\?/)
  })
})

it.effect("config reads the environment", () =>
  Effect.gen(function* () {
    const server = yield* GA4Server.make({ apiSecret: secret })
    const env = { GA4_MEASUREMENT_ID: "G-TEST", GA4_API_SECRET: secret, GA4_ENDPOINT: server.url }
    const provider = ConfigProvider.fromEnv({ env })
    const sink = yield* Effect.provideService(GA4.config, ConfigProvider.ConfigProvider, provider)
    yield* EventSink.deliver(sink, [track({ Order_id: 1 })])
    assert.strictEqual((yield* server.events)[0]?.name, "order_placed")
  }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
)
