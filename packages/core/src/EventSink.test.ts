import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { refusal } from "../test/refusal.ts"
import {
  Aggregate,
  DefinitionError,
  Entity,
  EventSink,
  Message,
  Pii,
  Plan,
  Receipt,
  SendError,
  TrackedEvent,
  Tracker
} from "./index.ts"

const track = (id: string, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  messageId: id,
  timestamp: "2026-01-01T00:00:00.000Z",
  ...more
})
const messages = (count: number) => Array.from({ length: count }, (_, i) => track(`m${i}`))

/** A sink that remembers its batches, and whose answers are given. */
const recorded = (
  answer: (
    batch: ReadonlyArray<Message.Message>,
    call: number
  ) => Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> = (batch) =>
    Effect.succeed(batch.map(() => Receipt.delivered)),
  options?: { readonly name?: string; readonly limits?: Partial<EventSink.Limits> }
) => {
  const batches: Array<ReadonlyArray<Message.Message>> = []
  const sink = EventSink.make({
    name: options?.name ?? "test",
    limits: options?.limits,
    send: (batch) => Effect.suspend(() => answer(batch.messages, batches.push(batch.messages)))
  })
  return { batches, sink, sent: () => batches.flat(), sizes: () => batches.map((batch) => batch.length) }
}
const outcomes = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
const unavailable = (retryAfter?: number) =>
  new SendError.Unavailable({ reason: "down", ...(retryAfter === undefined ? undefined : { retryAfter }) })

describe("a sink", () => {
  it.effect("gives every message one receipt, in order, within its limits", () =>
    Effect.gen(function* () {
      const { batches, sink, sizes } = recorded(undefined, { limits: { messages: 4 } })
      const receipts = yield* EventSink.deliver(sink, messages(10))
      assert.deepStrictEqual(sizes(), [4, 4, 2])
      assert.deepStrictEqual(
        receipts.map((receipt) => receipt.messageId),
        batches.flat().map((message) => message.messageId)
      )
      assert.deepStrictEqual(receipts[0], {
        messageId: "m0",
        sink: "test",
        outcome: Receipt.delivered,
        attempts: 1,
        at: 0
      })
      assert.deepStrictEqual(yield* EventSink.deliver(sink, []), [])
    })
  )

  it.effect("closes a batch on bytes, and rejects a message that is too long for it alone", () =>
    Effect.gen(function* () {
      const bytes = Message.byteLength(track("m0"))
      const { sink, sizes } = recorded(undefined, { limits: { bytes: 3 * bytes + 2, messageBytes: bytes } })
      const long = track("m3", { properties: { Order_id: 357, note: "x" } })
      const receipts = yield* EventSink.deliver(sink, [...messages(3), long, track("m4")])
      assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Delivered", "Delivered", "Rejected", "Delivered"])
      assert.deepInclude(receipts[3]!.outcome, {
        reason: `the message has ${bytes + 11} bytes, and test accepts ${bytes}`
      })
      assert.deepStrictEqual(sizes(), [2, 2])
    })
  )

  it.effect("that throws, dies, or gives the wrong number of outcomes, rejects: nothing is without a receipt", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<readonly [() => any, string]> = [
        [
          () => {
            throw new RangeError("secret")
          },
          "test threw RangeError"
        ],
        [() => Effect.die(new TypeError("secret")), "test threw TypeError"],
        [() => Effect.die("x"), "test threw a string of length 1"],
        [
          () =>
            Effect.die(
              new Proxy(
                {},
                {
                  getPrototypeOf: () => {
                    throw new Error("x")
                  }
                }
              )
            ),
          "test threw an object that throws when it is read"
        ],
        [() => Effect.succeed([Receipt.delivered]), "test returned 1 outcomes for 2 messages"],
        [() => Effect.succeed(undefined), "test returned no outcomes for 2 messages"]
      ]
      for (const [answer, reason] of answers) {
        const receipts = yield* EventSink.deliver(recorded(answer).sink, messages(2))
        assert.deepStrictEqual(
          receipts.map((receipt) => receipt.outcome),
          [Receipt.rejected(reason), Receipt.rejected(reason)]
        )
      }
    })
  )

  it("is refused without a function that sends", () => {
    assert.throws(() => EventSink.make({ name: "x" } as never), DefinitionError.DefinitionError, "send, or open")
  })

  it("refuses limits that are none, when it is made", () => {
    for (const limits of [{ messages: 0 }, { bytes: -1 }, { messageBytes: 1.5 }, { messages: Number.NaN }]) {
      assert.throws(
        () => recorded(undefined, { limits }),
        DefinitionError.DefinitionError,
        "must be a whole number of at least 1"
      )
    }
    assert.throws(() => EventSink.batched(recorded().sink, { messages: 0 }), DefinitionError.DefinitionError)
    assert.throws(() => EventSink.sample(recorded().sink, 1.1), DefinitionError.DefinitionError, "from 0 to 1")
    assert.isTrue(EventSink.isEventSink(recorded().sink))
    assert.isFalse(EventSink.isEventSink({}))
  })

  it.effect("is opened once, with the plan, and closed with the scope", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const plan = Plan.make(TrackedEvent.make("orderPlaced"))
      const sink = EventSink.make({
        name: "opened",
        open: (given) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              log.push(`open ${Object.keys(given!.events)}`)
              return (batch: EventSink.Batch) => Effect.succeed(batch.map(() => Receipt.delivered))
            }),
            () => Effect.sync(() => log.push("close"))
          )
      })
      yield* Effect.scoped(EventSink.deliver(sink, messages(2), { plan }))
      assert.deepStrictEqual(log, ["open orderPlaced", "close"])
    })
  )
})

describe("fanOut", () => {
  it.effect("gives every message to every destination, and one that fails holds up no other", () =>
    Effect.gen(function* () {
      const good = recorded(undefined, { name: "good" })
      const bad = recorded(() => Effect.fail(new SendError.Misconfigured({ reason: "no such key" })), { name: "bad" })
      const both = EventSink.fanOut(good.sink, bad.sink)
      assert.deepStrictEqual(both.names, ["good", "bad"])
      const receipts = yield* EventSink.deliver(both, messages(2))
      assert.deepStrictEqual(
        receipts.map(({ outcome, sink }) => [sink, outcome._tag]),
        [
          ["good", "Delivered"],
          ["good", "Delivered"],
          ["bad", "Rejected"],
          ["bad", "Rejected"]
        ]
      )
    })
  )

  it("refuses two destinations of one name", () => {
    assert.throws(
      () => EventSink.fanOut(recorded().sink, recorded().sink),
      DefinitionError.DefinitionError,
      "two sinks have this name"
    )
  })
})

describe("what goes to a sink", () => {
  const through = Effect.fnUntraced(function* (
    compose: (sink: EventSink.EventSink) => EventSink.EventSink,
    given: ReadonlyArray<Message.Message>,
    options?: Parameters<typeof EventSink.deliver>[2]
  ) {
    const { sent, sink } = recorded()
    const receipts = yield* EventSink.deliver(compose(sink), given, options)
    return { sent: sent() as ReadonlyArray<Message.Track>, receipts }
  })

  it.effect("is filtered, and what is left out is skipped", () =>
    Effect.gen(function* () {
      const { receipts, sent } = yield* through(
        EventSink.filter((message) => message.messageId !== "m1"),
        messages(3)
      )
      assert.deepStrictEqual(
        sent.map((message) => message.messageId),
        ["m0", "m2"]
      )
      assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Skipped", "Delivered"])
    })
  )

  it.effect("is changed by a function, which cannot change the id, and rejects where it throws", () =>
    Effect.gen(function* () {
      const { receipts, sent } = yield* through(
        EventSink.map((message) => {
          if (message.messageId === "m1") throw new Error("x")
          return { ...message, messageId: "other", userId: "u" }
        }),
        messages(2)
      )
      assert.deepStrictEqual(
        sent.map(({ messageId, userId }) => [messageId, userId]),
        [["m0", "u"]]
      )
      assert.deepStrictEqual(receipts[1]!.outcome, Receipt.rejected("map threw Error"))
    })
  )

  it.effect(
    "reaches its sink where a function leaves it without JSON, unless the sink has limits: then its letter is as it was",
    () =>
      Effect.gen(function* () {
        const cycle: Record<string, any> = {}
        cycle["self"] = cycle
        const tracked = Effect.fnUntraced(function* (limits: Partial<EventSink.Limits>) {
          const [own, letters] = [recorded(undefined, { limits }), recorded()]
          const deepened = own.sink.pipe(
            EventSink.map((message) => ({ ...message, context: { cycle } })),
            EventSink.deadLetter(letters.sink)
          )
          const receipts = yield* Effect.gen(function* () {
            const { receipts } = yield* Tracker.track(TrackedEvent.make("ping"), {})
            yield* Tracker.flush
            return yield* receipts
          }).pipe(Effect.provide(Tracker.layer(deepened)))
          return { outcome: receipts[0]!.outcome, sent: own.sent(), letters: letters.sent() }
        })
        const free = yield* tracked({})
        assert.deepStrictEqual([free.outcome, free.sent.length, free.letters], [Receipt.delivered, 1, []])
        for (const limits of [{ bytes: 1_000 }, { messageBytes: 500 }]) {
          const limited = yield* tracked(limits)
          assert.deepStrictEqual(limited.outcome, Receipt.rejected("the message has no JSON: TypeError"))
          assert.deepStrictEqual([limited.sent, limited.letters.map(({ context }) => context)], [[], [undefined]])
        }
      })
  )

  it.effect("is renamed by a table or a function", () =>
    Effect.gen(function* () {
      const table = yield* through(EventSink.rename({ orderPlaced: "Order Placed" }), [
        track("a"),
        track("b", { event: "constructor" })
      ])
      assert.deepStrictEqual(
        table.sent.map(({ event }) => event),
        ["Order Placed", "constructor"]
      )
      const page: Message.Page = { type: "page", name: "home", properties: {}, messageId: "p", timestamp: "t" }
      const shouted = yield* through(
        EventSink.rename((name) => name.toUpperCase()),
        [page, { ...page, messageId: "q" }]
      )
      assert.deepStrictEqual(
        shouted.sent.map((message: any) => message.name),
        ["HOME", "HOME"]
      )
    })
  )

  it.effect("is written in another case: names, keys or both", () =>
    Effect.gen(function* () {
      const message = track("a", { event: "orderLineUpdated", properties: { OrderLine_id: 1, "total-HTTPCode": 2 } })
      const identify: Message.Identify = {
        type: "identify",
        traits: { firstName: "x" },
        messageId: "i",
        timestamp: "t"
      }
      const alias: Message.Alias = { type: "alias", previousId: "p", messageId: "j", timestamp: "t" }
      const title = yield* through(EventSink.recase("Title Case"), [message, identify, alias])
      assert.deepStrictEqual(
        title.sent.map(({ event, properties, traits }: any) => [event, properties ?? traits]),
        [
          ["Order Line Updated", { "Order Line Id": 1, "Total Http Code": 2 }],
          [undefined, { "First Name": "x" }],
          [undefined, undefined]
        ]
      )
      const snake = yield* through(EventSink.recase({ keys: "snake_case" }), [message])
      assert.deepStrictEqual(
        [snake.sent[0]!.event, snake.sent[0]!.properties],
        ["orderLineUpdated", { order_line_id: 1, total_http_code: 2 }]
      )
      const camel = yield* through(EventSink.recase({ names: "camelCase" }), [track("a", { event: "Order Placed" })])
      assert.strictEqual(camel.sent[0]!.event, "orderPlaced")
      const clash = yield* through(EventSink.recase("snake_case"), [track("a", { properties: { a_b: 1, aB: 2 } })])
      assert.deepStrictEqual(clash.receipts[0]!.outcome, Receipt.rejected("two keys become a_b in snake_case"))
    })
  )

  it.effect("is sampled by user: always the same ones, about as many as were asked for", () =>
    Effect.gen(function* () {
      const given = Array.from({ length: 4000 }, (_, i) => track(`m${i}`, { userId: `user-${i % 2000}` }))
      const first = yield* through(EventSink.sample(0.25), given)
      const again = yield* through(EventSink.sample(0.25), given)
      assert.deepStrictEqual(first.sent, again.sent)
      const users = new Set(first.sent.map((message) => message.userId))
      assert.strictEqual(first.sent.length, users.size * 2)
      assert.approximately(users.size / 2000, 0.25, 0.04)
      assert.strictEqual((yield* through(EventSink.sample(0), given)).sent.length, 0)
      assert.strictEqual((yield* through(EventSink.sample(1), given)).sent.length, 4000)
    })
  )

  it.effect("needs the actor's consent to every purpose", () =>
    Effect.gen(function* () {
      const asked = EventSink.consented("analytics", "marketing")
      const consenting = (...purposes: ReadonlyArray<string>) =>
        through(asked, messages(1), { consent: new Set(purposes) })
      assert.deepStrictEqual(
        (yield* consenting("analytics")).receipts[0]!.outcome,
        Receipt.skipped("no consent to marketing")
      )
      assert.deepStrictEqual(outcomes((yield* consenting("analytics", "marketing", "more")).receipts), ["Delivered"])
      assert.deepStrictEqual(outcomes((yield* through(asked, messages(1))).receipts), ["Delivered"])
    })
  )

  it.effect("has its personal data dropped or hashed, whatever names and keys become later", () =>
    Effect.gen(function* () {
      const Invited = TrackedEvent.make("invited", {
        properties: { email: Pii.personal(Schema.String), channel: Schema.String }
      })
      const traits = { email: Pii.personal(Schema.String), plan: Schema.String }
      const options = { plan: Plan.make(Invited).pipe(Plan.calls({ identify: traits })) }
      const invited = track("a", { event: "invited", properties: { email: "luigi@example.com", channel: "mail" } })
      const identify: Message.Identify = {
        type: "identify",
        traits: { email: "x", plan: "a" },
        messageId: "i",
        timestamp: "t"
      }
      const dropped = yield* through(
        (sink) =>
          sink.pipe(EventSink.rename({ invited: "Invited" }), EventSink.redact("drop"), EventSink.recase("Title Case")),
        [invited, identify],
        options
      )
      assert.deepStrictEqual(
        dropped.sent.map(({ properties, traits }: any) => properties ?? traits),
        [{ Channel: "mail" }, { Plan: "a" }]
      )
      const key = Redacted.make("key")
      const hashed = yield* through(EventSink.redact({ hash: key }), [invited], options)
      assert.deepStrictEqual(hashed.sent[0]!.properties, {
        email: createHmac("sha256", "key").update("luigi@example.com").digest("hex"),
        channel: "mail"
      })
    })
  )
})

describe("any of the six calls", () => {
  const common = { messageId: "m", timestamp: "t" }
  const values = { email: "x", seat_no: null, plan: { tier: "a" } }
  const calls: ReadonlyArray<Message.Message> = [
    { type: "track", event: "not in the plan", properties: values, anonymousId: "a", ...common },
    { type: "identify", traits: values, ...common },
    { type: "group", groupId: "g", traits: values, ...common },
    { type: "alias", previousId: "p", userId: "u", ...common },
    { type: "page", properties: values, ...common },
    { type: "screen", name: "_", properties: values, ...common }
  ]
  const declared = {
    email: Pii.personal(Schema.String),
    seat_no: Pii.personal(Schema.Int),
    plan: Pii.personal(Schema.Json)
  }
  const options = {
    plan: Plan.make(TrackedEvent.make("other", { properties: declared })).pipe(
      Plan.calls({ identify: declared, group: declared, page: declared, screen: declared })
    )
  }
  const valuesOf = (message: any): unknown => message.properties ?? message.traits

  it.effect("loses what the plan declares as personal", () =>
    Effect.gen(function* () {
      const { sent, sink } = recorded()
      yield* EventSink.deliver(EventSink.redact(sink, "drop"), calls.slice(1), options)
      assert.deepStrictEqual(sent().map(valuesOf), [{}, {}, undefined, {}, {}])
      const hashed = recorded()
      yield* EventSink.deliver(EventSink.redact(hashed.sink, { hash: Redacted.make("k") }), calls.slice(1), options)
      const hash = (text: string) => createHmac("sha256", "k").update(text).digest("hex")
      assert.deepStrictEqual(valuesOf(hashed.sent()[0]), {
        email: hash("x"),
        seat_no: null,
        plan: hash('{"tier":"a"}')
      })
      const masked = recorded()
      yield* EventSink.deliver(EventSink.redact(masked.sink, { mask: "•" }), calls.slice(1), options)
      assert.deepStrictEqual(valuesOf(masked.sent()[0]), { email: "•", seat_no: null, plan: "•" })
    })
  )

  it.effect("is refused by a sink that redacts if no definition says what is personal, with the remedy", () =>
    Effect.gen(function* () {
      const { sent, sink } = recorded()
      const redacting = EventSink.redact(sink, "drop")
      const reasons = (yield* EventSink.deliver(redacting, calls)).map(({ outcome }) =>
        "reason" in outcome ? outcome.reason : outcome._tag
      )
      assert.match(reasons[0]!, /no definition says which parts of this event are personal: add the event to the plan/)
      assert.match(
        reasons[1]!,
        /does not say which values of identify are personal: declare it with Plan.calls\(\{ identify: /
      )
      assert.match(reasons[4]!, /Plan.calls\(\{ page: /)
      assert.strictEqual(reasons[3], "Delivered")
      assert.deepStrictEqual(
        sent().map(({ type }) => type),
        ["alias"]
      )
      // The remedies, followed.
      const event = TrackedEvent.make("not in the plan", { properties: declared })
      const plan = Plan.make(event).pipe(
        Plan.calls({ identify: declared, group: declared, page: declared, screen: declared })
      )
      const receipts = yield* EventSink.deliver(redacting, calls, { plan })
      assert.deepStrictEqual(new Set(receipts.map(({ outcome }) => outcome._tag)), new Set(["Delivered"]))
      assert.deepStrictEqual(sent().map(valuesOf).slice(1), [{}, {}, {}, undefined, {}, {}])
    })
  )

  it.effect("keeps a key that is called like a prototype", () =>
    Effect.gen(function* () {
      const properties = JSON.parse('{"__proto__":1,"constructor":2}')
      const { sent, sink } = recorded()
      yield* EventSink.deliver(sink.pipe(EventSink.redact({ mask: "•" }), EventSink.recase({ names: "snake_case" })), [
        track("m", { properties })
      ])
      assert.strictEqual(JSON.stringify(valuesOf(sent()[0])), '{"__proto__":1,"constructor":2}')
    })
  )

  it.effect("is renamed, recased and sampled", () =>
    Effect.gen(function* () {
      const { sent, sink } = recorded()
      const composed = sink.pipe(
        EventSink.recase({ keys: "camelCase" }),
        EventSink.rename({ _: "Home" }),
        EventSink.sample(1)
      )
      yield* EventSink.deliver(composed, calls)
      const cased = { email: "x", seatNo: null, plan: { tier: "a" } }
      assert.deepStrictEqual(sent().map(valuesOf), [cased, cased, cased, undefined, cased, cased])
      assert.deepStrictEqual((sent()[5] as Message.Screen).name, "Home")
    })
  )

  it.effect("is recased wherever Trackmap has made its keys, and nowhere else", () =>
    Effect.gen(function* () {
      const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, extra: Schema.Json } })
      const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.many(
          "lines",
          Line,
          (row: { readonly lines: ReadonlyArray<Entity.Row<typeof Line>> }) => row.lines,
          Aggregate.list({ max: 9 }),
          Aggregate.first
        )
      )
      const Placed = TrackedEvent.make("order placed", { entities: { order: Order } })
      const { sent, sink } = recorded()
      const line = { OrderLine_id: 1, OrderLine_extra: { Own_key: 1 } }
      const properties = { Order_id: 1, Order_lines: [line], Order_lines_truncated: false, Order_lines_first: line }
      const recased = { order_line_id: 1, order_line_extra: { Own_key: 1 } }
      // The second case finds the keys that the first has written.
      const composed = sink.pipe(EventSink.recase({ keys: "camelCase" }), EventSink.recase("snake_case"))
      yield* EventSink.deliver(composed, [track("m", { event: "order placed", properties })], {
        plan: Plan.make(Placed)
      })
      assert.deepStrictEqual(valuesOf(sent()[0]), {
        order_id: 1,
        order_lines: [recased],
        order_lines_truncated: false,
        order_lines_first: recased
      })
    })
  )

  it.effect("reaches a fallback that redacts, whatever its keys have become", () =>
    Effect.gen(function* () {
      const Invited = TrackedEvent.make("invited", {
        properties: { e_mail: Pii.personal(Schema.String), channel: Schema.String }
      })
      const { sent, sink } = recorded()
      const down = EventSink.make({ name: "down", send: (batch) => Effect.succeed(batch.all(Receipt.rejected("no"))) })
      const composed = down.pipe(EventSink.recase("camelCase"), EventSink.orElse(EventSink.redact(sink, "drop")))
      const message = track("m", { event: "invited", properties: { e_mail: "luigi@example.com", channel: "mail" } })
      yield* EventSink.deliver(composed, [message], { plan: Plan.make(Invited) })
      assert.deepStrictEqual(valuesOf(sent()[0]), { channel: "mail" })
    })
  )

  it.effect("is hashed once, and dropped by a fallback that drops", () =>
    Effect.gen(function* () {
      const plan = Plan.make(TrackedEvent.make("invited", { properties: { email: Pii.personal(Schema.String) } }))
      const once = createHmac("sha256", "k").update("luigi@example.com").digest("hex")
      const hash = EventSink.redact({ hash: Redacted.make("k") })
      const message = track("m", { event: "invited", properties: { email: "luigi@example.com" } })
      for (const [redact, expected] of [
        [hash, { email: once }],
        [EventSink.redact("drop"), {}]
      ] as const) {
        const { sent, sink } = recorded()
        const down = EventSink.make({
          name: "down",
          send: (batch) => Effect.succeed(batch.all(Receipt.rejected("no")))
        })
        yield* EventSink.deliver(down.pipe(hash, EventSink.deadLetter(redact(sink))), [message], { plan })
        assert.deepStrictEqual(valuesOf(sent()[0]), expected)
      }
    })
  )

  it("is hidden by no key that is missing", () => {
    const { sink } = recorded()
    const refused = (redaction: unknown) => refusal(() => EventSink.redact(sink, redaction as never)).detail
    assert.match(
      refused({ hash: Redacted.make(undefined) }),
      /hash must be a Redacted of your hash key, .*, not a Redacted of undefined/
    )
    assert.match(refused({ hash: Redacted.make("") }), /not a Redacted of a string of length 0/)
    assert.match(refused({ hash: "secret" }), /not a string of length 6/)
    assert.match(refused("hash"), /redact takes "drop", \{ hash \} or \{ mask \}, not a string of length 4/)
  })

  it.effect("keeps a name that has no words, and names without number are written as well", () =>
    Effect.gen(function* () {
      const { sent, sink } = recorded(undefined, { limits: { messages: 20_000 } })
      const given = Array.from({ length: 10_010 }, (_, i) => track(`m${i}`, { event: `event${i}X` }))
      yield* EventSink.deliver(EventSink.recase(sink, "snake_case"), [track("_", { event: "_" }), ...given])
      const events = sent().map((message: any) => message.event)
      assert.deepStrictEqual([events[0], events.at(-1)], ["_", "event10009_x"])
    })
  )
})

describe("why a batch was not taken", () => {
  it("is said in its message", () => {
    const reasons = [
      new SendError.Unavailable({ reason: "timeout" }),
      new SendError.TooLarge({ reason: "413" }),
      new SendError.Refused({ reason: "400" }),
      new SendError.Misconfigured({ reason: "401" })
    ]
    assert.deepStrictEqual(
      reasons.map((error) => error.message),
      ["timeout", "413", "400", "401"]
    )
  })
})

describe("what an HTTP answer says of a batch", () => {
  const now = Date.parse("2026-01-01T00:00:00Z")
  const failure = (status: number, headers: SendError.HttpResponse["headers"] = {}) =>
    SendError.fromResponse({ status, headers }, now)

  it("is nothing for a success, and of all else whether to try again, to split, to halve or to mend the sink", () => {
    const tags = new Map<string | undefined, Array<number>>()
    for (const status of [
      0, 200, 204, 301, 307, 400, 401, 403, 404, 405, 408, 410, 413, 415, 422, 425, 429, 500, 503, 511
    ]) {
      const tag = failure(status)?._tag
      tags.set(tag, [...(tags.get(tag) ?? []), status])
    }
    assert.deepStrictEqual(Object.fromEntries(tags), {
      undefined: [200, 204],
      Unavailable: [0, 301, 307, 408, 425, 429, 500, 503, 511],
      Refused: [400, 422],
      Misconfigured: [401, 403, 404, 405, 410, 415],
      TooLarge: [413]
    })
  })

  it.each([
    ["7", 7_000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    // Times since 1970 in seconds and in milliseconds.
    [String(Math.round(Date.parse("2026-01-01T00:01:00Z") / 1_000)), 60_000],
    [String(Date.parse("2026-01-01T00:01:00Z")), 60_000],
    [String(Date.parse("2025-01-01T00:01:00Z")), 0],
    ["soon", undefined],
    ["-1", undefined],
    ["9".repeat(14), undefined],
    ["9".repeat(300), undefined],
    ["9".repeat(400), undefined],
    ["Fri, 31 Dec 9999 23:59:59 GMT", undefined],
    ["", undefined]
  ])("says when to come back, in headers of fetch as in plain ones: %s", (value, retryAfter) => {
    for (const headers of [new Headers({ "Retry-After": value }), { "retry-after": value }]) {
      const error = failure(503, headers)
      assert.deepStrictEqual(error?._tag === "Unavailable" ? error.retryAfter : "another", retryAfter)
    }
  })

  it("says it without headers, too, and one of them may be called get", () => {
    assert.strictEqual(failure(429)?.reason, "status 429")
    assert.deepInclude(failure(429, { get: "x", "retry-after": "1" }), { retryAfter: 1_000 })
  })
})

describe("retried", () => {
  const schedule = Schedule.spaced("1 second")

  it.effect("tries a batch again while its destination does not answer, and says how often", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded((batch, call) =>
        call < 3 ? Effect.fail(unavailable()) : Effect.succeed(batch.map(() => Receipt.delivered))
      )
      const fiber = yield* Effect.forkChild(EventSink.deliver(sink.pipe(EventSink.retried({ schedule })), messages(2)))
      yield* TestClock.adjust("1 minute")
      const receipts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(sizes(), [2, 2, 2])
      assert.deepStrictEqual(
        receipts.map(({ attempts, outcome }) => [attempts, outcome._tag]),
        [
          [3, "Delivered"],
          [3, "Delivered"]
        ]
      )
    })
  )

  it.effect("waits as long as the destination asks, and gives up where that is beyond the limit", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() => Effect.fail(unavailable(30_000)))
      const fiber = yield* Effect.forkChild(
        EventSink.deliver(sink.pipe(EventSink.retried({ schedule, limit: "1 minute" })), messages(1))
      )
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(sizes(), [1])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(sizes(), [1, 1])
      yield* TestClock.adjust("30 seconds")
      const [receipt] = yield* Fiber.join(fiber)
      assert.deepStrictEqual([receipt!.outcome, receipt!.attempts, receipt!.at], [Receipt.expired("down"), 3, 60_000])
    })
  )

  it.effect("sends a batch once more at the limit where the destination asks for a longer wait", () =>
    Effect.gen(function* () {
      const at: Array<number> = []
      const { sink } = recorded((batch) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          at.push(now)
          return at.length < 4
            ? Effect.fail(unavailable(3_600_000))
            : Effect.succeed(batch.map(() => Receipt.delivered))
        })
      )
      const deliver = Effect.suspend(() =>
        EventSink.deliver(sink.pipe(EventSink.retried({ limit: "1 minute" })), messages(1))
      )
      for (const [outcome, attempts] of [
        ["Expired", [0, 60_000]],
        ["Delivered", [3_660_000, 3_720_000]]
      ] satisfies ReadonlyArray<[string, Array<number>]>) {
        const fiber = yield* Effect.forkChild(deliver)
        yield* TestClock.adjust("61 minutes")
        assert.deepStrictEqual(outcomes(yield* Fiber.join(fiber)), [outcome])
        assert.deepStrictEqual(at.slice(-2), attempts)
      }
    })
  )

  it.effect("follows its schedule where a destination asks for a wait that is none", () =>
    Effect.gen(function* () {
      for (const retryAfter of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) {
        const { sink, sizes } = recorded((batch, call) =>
          call === 1
            ? Effect.fail({ _tag: "Unavailable", reason: "down", retryAfter } as never)
            : Effect.succeed(batch.map(() => Receipt.delivered))
        )
        const fiber = yield* Effect.forkChild(
          EventSink.deliver(sink.pipe(EventSink.retried({ schedule })), messages(1))
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(outcomes(yield* Fiber.join(fiber)), ["Delivered"])
        assert.deepStrictEqual(sizes(), [1, 1])
      }
    })
  )

  it.effect("sends a destination that refuses everything about one request for each message, not two", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() => Effect.fail(new SendError.Refused({ reason: "no" })))
      const receipts = yield* EventSink.deliver(EventSink.retried(sink), messages(64))
      assert.isTrue(outcomes(receipts).every((outcome) => outcome === "Rejected"))
      assert.strictEqual(sizes().length, 64 + 6)
    })
  )

  it.effect("stops sending parts of a refused batch at the limit, and rejects what is left", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() =>
        Effect.andThen(Effect.sleep("1 second"), Effect.fail(new SendError.Refused({ reason: "no" })))
      )
      const fiber = yield* Effect.forkChild(
        EventSink.deliver(EventSink.retried(sink, { limit: "3 seconds" }), messages(64))
      )
      yield* TestClock.adjust("1 hour")
      const receipts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(new Set(outcomes(receipts)), new Set(["Rejected"]))
      assert.deepStrictEqual(
        receipts[0]!.outcome,
        Receipt.rejected("no; no time was left to send its messages one by one")
      )
      // The parts that were on their way are each sent once.
      assert.deepStrictEqual(sizes(), [64, 32, 16, 16, 32])
    })
  )

  it.effect("keeps a vendor's text on one line in a receipt's reason, without control characters", () =>
    Effect.gen(function* () {
      const said = "bad\r\nall is well\u001b[31m\u202e"
      const answers = [
        () => Effect.succeed([Receipt.rejected(said)]),
        () => Effect.fail(new SendError.Refused({ reason: said })),
        () => Effect.fail(new SendError.Unavailable({ reason: said })),
        () => Effect.fail(new SendError.Unavailable({ reason: "down", outcomes: [Receipt.rejected(said)] }))
      ]
      for (const answer of answers) {
        const [receipt] = yield* EventSink.deliver(recorded(answer).sink, messages(1))
        const { outcome } = receipt!
        assert.strictEqual("reason" in outcome && outcome.reason, "bad all is well [31m")
      }
      const [long] = yield* EventSink.deliver(
        recorded(() => Effect.succeed([Receipt.rejected("x".repeat(100_000))])).sink,
        messages(1)
      )
      assert.strictEqual("reason" in long!.outcome && long!.outcome.reason.length, 501)
    })
  )

  it.effect("halves a batch that is refused until the bad messages stand alone, and the others arrive", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 40 }),
          fc.array(fc.nat(39), { maxLength: 4 }),
          fc.boolean(),
          async (count, poison, large) => {
            const bad = new Set(poison.map((index) => `m${index}`))
            const { sink } = recorded((batch) => {
              const hit = batch.some((message) => bad.has(message.messageId))
              if (large && batch.length > 7) return Effect.fail(new SendError.TooLarge({ reason: "too large" }))
              return hit
                ? Effect.fail(new SendError.Refused({ reason: "poison" }))
                : Effect.succeed(batch.map(() => Receipt.delivered))
            })
            const given = messages(count)
            const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(EventSink.retried(sink), given)))
            assert.deepStrictEqual(
              receipts.map(({ messageId, outcome }) => [messageId, outcome._tag]),
              given.map(({ messageId }) => [messageId, bad.has(messageId) ? "Rejected" : "Delivered"])
            )
          }
        ),
        { numRuns: 100 }
      )
    )
  )

  it.effect("rejects at once what no retry mends", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() => Effect.fail(new SendError.Misconfigured({ reason: "401" })))
      const receipts = yield* EventSink.deliver(EventSink.retried(sink), messages(3))
      assert.deepStrictEqual([sizes(), outcomes(receipts)], [[3], ["Rejected", "Rejected", "Rejected"]])
    })
  )

  it.effect("backs off up to a minute by default", () =>
    Effect.gen(function* () {
      const { sink } = recorded(() => Effect.fail(unavailable()))
      const fiber = yield* Effect.forkChild(EventSink.deliver(EventSink.retried(sink), messages(1)))
      yield* TestClock.adjust(Duration.minutes(11))
      const [receipt] = yield* Fiber.join(fiber)
      assert.strictEqual(receipt!.outcome._tag, "Expired")
      assert.isAbove(receipt!.attempts, 10)
      assert.isAtMost(receipt!.at, 600_000)
    })
  )
})

describe("an error with outcomes", () => {
  const known = (...tags: ReadonlyArray<"d" | "r" | undefined>) =>
    tags.map((tag) => (tag === undefined ? undefined : tag === "d" ? Receipt.delivered : Receipt.rejected("bad")))

  it.effect("has only the others sent again, and counts for each how often it was sent", () =>
    Effect.gen(function* () {
      const { batches, sink } = recorded((batch, call) =>
        call === 1
          ? Effect.fail(new SendError.Unavailable({ reason: "down", outcomes: known("d", undefined, "r", undefined) }))
          : call === 2
            ? Effect.fail(new SendError.Unavailable({ reason: "down", outcomes: known(undefined, "d") }))
            : Effect.succeed(batch.map(() => Receipt.delivered))
      )
      const fiber = yield* Effect.forkChild(EventSink.deliver(EventSink.retried(sink), messages(4)))
      yield* TestClock.adjust("2 minutes")
      const receipts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        batches.map((batch) => batch.map(({ messageId }) => messageId)),
        [["m0", "m1", "m2", "m3"], ["m1", "m3"], ["m1"]]
      )
      assert.deepStrictEqual(
        receipts.map(({ attempts, outcome }) => [outcome._tag, attempts]),
        [
          ["Delivered", 1],
          ["Delivered", 3],
          ["Rejected", 1],
          ["Delivered", 2]
        ]
      )
    })
  )

  it.effect("has no one sent again where it tells of all", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() =>
        Effect.fail(new SendError.Refused({ reason: "no", outcomes: known("d", "r") }))
      )
      const receipts = yield* EventSink.deliver(EventSink.retried(sink), messages(2))
      assert.deepStrictEqual([sizes(), outcomes(receipts)], [[2], ["Delivered", "Rejected"]])
    })
  )

  it.effect("has only the others expire, and go to another sink", () =>
    Effect.gen(function* () {
      const { sink } = recorded(() =>
        Effect.fail(new SendError.Unavailable({ reason: "down", outcomes: known("d", undefined) }))
      )
      const other = recorded()
      assert.deepStrictEqual(outcomes(yield* EventSink.deliver(sink, messages(2))), ["Delivered", "Expired"])
      const receipts = yield* EventSink.deliver(EventSink.orElse(sink, other.sink), messages(2))
      assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Delivered"])
      assert.deepStrictEqual(
        other.sent().map(({ messageId }) => messageId),
        ["m1"]
      )
    })
  )

  it.effect("counts for a circuit breaker as what it is", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() =>
        Effect.fail(new SendError.Unavailable({ reason: "down", outcomes: known("d", undefined) }))
      )
      const broken = EventSink.circuitBroken(sink, {
        tripPolicy: CircuitBreaker.consecutive(1),
        openDuration: "1 hour"
      })
      const receipts = yield* EventSink.deliver(EventSink.batched(broken, { messages: 2 }), messages(4))
      assert.deepStrictEqual([sizes(), outcomes(receipts)], [[2], ["Delivered", "Expired", "Expired", "Expired"]])
    })
  )

  it.effect("is taken for one without, and logged, where they are not its batch's", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(...[message].flat()))])
      const other = { _tag: "Unavailable", reason: "down", outcomes: [undefined, { _tag: "Lost" }] }
      for (const error of [new SendError.Unavailable({ reason: "down", outcomes: known("d") }), other as never]) {
        const { sink } = recorded(() => Effect.fail(error))
        const receipts = yield* Effect.provide(EventSink.deliver(sink, messages(2)), logger)
        assert.deepStrictEqual(outcomes(receipts), ["Expired", "Expired"])
      }
      assert.deepStrictEqual(logged, [
        "test failed with outcomes that do not fit its 2 messages",
        "test failed with outcomes that do not fit its 2 messages"
      ])
    })
  )

  it.effect("never has a message sent again that has its outcome, whatever fails, and each has one receipt", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 30 }),
          fc.array(
            fc.record({
              as: fc.constantFrom("Unavailable", "TooLarge", "Refused", "answer"),
              tells: fc.array(fc.constantFrom("d", "r", undefined), { minLength: 1, maxLength: 8 })
            }),
            { maxLength: 12 }
          ),
          async (count, failures) => {
            const told = new Map<string, string>()
            const sent = new Map<string, number>()
            const { sink } = recorded((batch, call) => {
              const { as, tells } = failures[call - 1] ?? { as: "answer", tells: ["d"] }
              const all = batch.map(({ messageId }, index) => {
                assert.isUndefined(told.get(messageId))
                sent.set(messageId, (sent.get(messageId) ?? 0) + 1)
                const [outcome] = known(as === "answer" ? "d" : (tells[index % tells.length] as "d"))
                if (outcome !== undefined) told.set(messageId, outcome._tag)
                return outcome
              })
              switch (as) {
                case "Unavailable":
                  return Effect.fail(new SendError.Unavailable({ reason: as, outcomes: all }))
                case "TooLarge":
                  return Effect.fail(new SendError.TooLarge({ reason: as, outcomes: all }))
                case "Refused":
                  return Effect.fail(new SendError.Refused({ reason: as, outcomes: all }))
                default:
                  return Effect.succeed(all as ReadonlyArray<Receipt.Outcome>)
              }
            })
            const given = messages(count)
            const retried = EventSink.retried(sink, { schedule: Schedule.forever })
            const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(retried, given)))
            assert.deepStrictEqual(
              receipts.map(({ attempts, messageId, outcome }) => [messageId, outcome._tag, attempts]),
              // What stands alone and is refused has its outcome from that.
              given.map(({ messageId }) => [messageId, told.get(messageId) ?? "Rejected", sent.get(messageId)])
            )
          }
        ),
        { numRuns: 300 }
      )
    )
  )
})

describe("a batch", () => {
  const decoder = new TextDecoder()
  const read = (chunks: ReadonlyArray<Uint8Array>): unknown => {
    const bytes = Buffer.concat(chunks)
    return JSON.parse(decoder.decode(bytes))
  }

  it.effect("has its messages' JSON as bytes, one by one and as an array, in every part of it", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 8 }),
          fc.infiniteStream(fc.nat(7)),
          async (texts, picks) => {
            const given = texts.map((text, index) => track(`m${index}`, { properties: { text } }))
            const check = (batch: EventSink.Batch) => {
              assert.deepStrictEqual(
                batch.json.map((json) => decoder.decode(json)),
                batch.map(Message.toJson)
              )
              assert.deepStrictEqual<unknown>(read(batch.jsonArray), [...batch])
              assert.strictEqual(JSON.stringify(batch), JSON.stringify([...batch]))
            }
            const sink = EventSink.make({
              name: "bytes",
              send: (batch) => {
                const places = [...picks.take(batch.length)].map((place) => place % batch.length)
                check(batch.at(places))
                check(batch)
                const part = batch.at(places)
                check(part)
                check(batch.at([...batch.messages.keys()].slice(batch.length >> 1)))
                check(batch.at([]))
                return Effect.succeed(batch.map(() => Receipt.delivered))
              }
            })
            const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(sink, given)))
            assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))
          }
        ),
        { numRuns: 25 }
      )
    )
  )
})

describe("around a destination", () => {
  it.effect("rateLimited sends no more batches in a window than it is told", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(undefined, { limits: { messages: 1 } })
      const limited = EventSink.rateLimited({ limit: 2, window: "1 second" })
      // The first sink with a limit loads the limiter, which takes time that the test's clock does not have.
      yield* Effect.scoped(EventSink.deliver(limited(recorded().sink), messages(1)))
      const fiber = yield* Effect.forkChild(Effect.scoped(EventSink.deliver(limited(sink), messages(5))))
      yield* TestClock.adjust("1 millis")
      assert.isAtMost(sizes().length, 2)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).length, 5)
      assert.strictEqual(sizes().length, 5)
    })
  )

  it.effect("circuitBroken does not ask a destination that has failed again and again", () =>
    Effect.gen(function* () {
      const { sink, sizes } = recorded(() => Effect.fail(unavailable()), { limits: { messages: 1 } })
      const broken = sink.pipe(
        EventSink.circuitBroken({ tripPolicy: CircuitBreaker.consecutive(2), openDuration: "1 minute" })
      )
      const receipts = yield* EventSink.deliver(broken, messages(5))
      assert.strictEqual(sizes().length, 2)
      assert.deepStrictEqual(
        receipts[4]!.outcome,
        Receipt.expired("test has failed too often and is paused for a while")
      )
      const answering = recorded(() => Effect.fail(new SendError.Refused({ reason: "no" })), {
        limits: { messages: 1 }
      })
      yield* EventSink.deliver(
        answering.sink.pipe(
          EventSink.circuitBroken({ tripPolicy: CircuitBreaker.consecutive(2), openDuration: "1 minute" })
        ),
        messages(5)
      )
      assert.strictEqual(answering.sizes().length, 5)
    })
  )

  it.effect("orElse gives another sink what the first could not deliver, and its receipt", () =>
    Effect.gen(function* () {
      const first = recorded((batch) =>
        Effect.succeed(batch.map(({ messageId }) => (messageId === "m1" ? Receipt.rejected("no") : Receipt.delivered)))
      )
      const second = recorded(undefined, { name: "second" })
      const receipts = yield* EventSink.deliver(first.sink.pipe(EventSink.orElse(second.sink)), messages(3))
      assert.deepStrictEqual(
        second.sent().map(({ messageId }) => messageId),
        ["m1"]
      )
      assert.deepStrictEqual(
        receipts.map(({ attempts, outcome, sink }) => [sink, outcome._tag, attempts]),
        [
          ["test", "Delivered", 1],
          ["test", "Delivered", 2],
          ["test", "Delivered", 1]
        ]
      )
    })
  )

  it.effect("deadLetter keeps what is lost, and not what is skipped", () =>
    Effect.gen(function* () {
      const letters = recorded(undefined, { name: "letters" })
      const { sink } = recorded(() => Effect.fail(unavailable()))
      const receipts = yield* EventSink.deliver(
        sink.pipe(
          EventSink.filter((message) => message.messageId !== "m0"),
          EventSink.deadLetter(letters.sink)
        ),
        messages(3)
      )
      assert.deepStrictEqual(
        letters.sent().map(({ messageId }) => messageId),
        ["m1", "m2"]
      )
      assert.deepStrictEqual(outcomes(receipts), ["Skipped", "Expired", "Expired"])
    })
  )

  it.live("does not wait for a function that returns a promise, whose rejection ends no process", () =>
    Effect.gen(function* () {
      const sink = EventSink.make({ name: "sent", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
      const found: Array<unknown> = []
      for (const later of [() => Promise.reject(new Error("late")), () => Effect.succeed(true)]) {
        const f = later as never
        for (const way of [EventSink.filter(f), EventSink.map(f), EventSink.mapReceipt(f)]) {
          const [receipt] = yield* EventSink.deliver(way(sink), [track("m1")])
          found.push(receipt!.outcome)
        }
      }
      yield* Effect.sleep(1)
      const each = ["filter", "map"].map((what) => Receipt.rejected(`${what} returned a promise or an Effect`))
      assert.deepStrictEqual(found, [...each, Receipt.delivered, ...each, Receipt.delivered])
    })
  )

  it.effect("tap and mapReceipt see each receipt, and what they throw changes nothing", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { sink } = recorded(() => Effect.fail(unavailable()))
      const receipts = yield* EventSink.deliver(
        sink.pipe(
          EventSink.mapReceipt((receipt) => ({ ...receipt, outcome: Receipt.skipped("expected"), messageId: "other" })),
          EventSink.tap((message, receipt) =>
            Effect.sync(() => seen.push(`${message.messageId} ${receipt.outcome._tag}`))
          ),
          EventSink.tap((): Effect.Effect<void> => {
            throw new Error("x")
          }),
          EventSink.mapReceipt(() => {
            throw new Error("x")
          })
        ),
        messages(2)
      )
      assert.deepStrictEqual(seen, ["m0 Skipped", "m1 Skipped"])
      assert.deepStrictEqual(
        receipts.map(({ messageId, outcome }) => [messageId, outcome._tag]),
        [
          ["m0", "Skipped"],
          ["m1", "Skipped"]
        ]
      )
    })
  )
})

describe("what a sink's code answers", () => {
  it.effect("is an outcome, or a rejection that says that it is none", () =>
    Effect.gen(function* () {
      const answers = [Receipt.delivered, undefined, null, 7, { _tag: "Sent" }]
      const sink = EventSink.make({ name: "odd", send: () => Effect.succeed(answers as any) })
      const given = answers.map((_, index) => track(`m-${index}`))
      const receipts = yield* Effect.scoped(EventSink.deliver(sink, given))
      assert.deepStrictEqual(
        receipts.map(({ outcome }) => outcome._tag),
        ["Delivered", "Rejected", "Rejected", "Rejected", "Rejected"]
      )
    })
  )
})

describe("a sink whose code gives promises", () => {
  it.effect("is named where it is not configured, by whichever copy of the package", () =>
    Effect.gen(function* () {
      for (const misconfigured of [
        new SendError.Misconfigured({ reason: "no key" }),
        { _tag: "Misconfigured", reason: "no key" }
      ]) {
        const sink = EventSink.make({ name: "async", open: () => Promise.reject(misconfigured) })
        assert.strictEqual(
          String(yield* Effect.flip(EventSink.deliver(sink, messages(1)))).includes("async: no key"),
          true
        )
      }
    })
  )

  const deliver = (sink: EventSink.EventSink, count: number) =>
    Effect.map(EventSink.deliver(sink, messages(count)), (receipts) => receipts.map(({ outcome }) => outcome))

  it.effect("delivers, opened later and with its records later", () =>
    Effect.gen(function* () {
      const received: Array<string> = []
      const sink = EventSink.make({
        name: "async",
        records: async (message) => [{ to: "file", record: message.messageId }],
        open: async () => async (batch) => {
          received.push(...batch.map(({ messageId }) => messageId))
          return batch.map(() => Receipt.delivered)
        }
      })
      assert.deepStrictEqual(yield* deliver(sink, 2), [Receipt.delivered, Receipt.delivered])
      assert.deepStrictEqual(received, ["m0", "m1"])
    })
  )

  it.effect(
    "rejects with a SendError, of this copy of the package or of another, which says what becomes of the batch",
    () =>
      Effect.gen(function* () {
        const refusing = (refused: unknown) =>
          EventSink.make({
            name: "async",
            send: async (batch) => {
              if (batch.length > 1) throw refused
              return batch.map(() => Receipt.delivered)
            }
          }).pipe(EventSink.retried())
        for (const refused of [new SendError.TooLarge({ reason: "" }), { _tag: "Refused", reason: "" }]) {
          assert.deepStrictEqual(yield* deliver(refusing(refused), 2), [Receipt.delivered, Receipt.delivered])
        }
      })
  )

  it.effect("rejects with something else, as a connection that failed: it is tried again", () =>
    Effect.gen(function* () {
      const elsewhere = { _tag: "Unavailable", reason: "of another copy of the package" }
      const unreadable = new Proxy({}, { get: () => assert.fail() })
      const nearly = [{ _tag: "Refused" }, { _tag: "Unavailable", reason: "busy", retryAfter: "10 seconds" }]
      for (const cause of [new TypeError("fetch failed"), undefined, unreadable, elsewhere, ...nearly]) {
        let calls = 0
        const flaky = EventSink.make({
          name: "async",
          send: async (batch) => {
            if (++calls === 1) throw cause
            return batch.map(() => Receipt.delivered)
          }
        })
        const [once] = yield* deliver(flaky, 1)
        assert.strictEqual(once?._tag, "Expired")
        calls = 0
        const retried = EventSink.retried(flaky, { schedule: Schedule.recurs(2) })
        assert.deepStrictEqual(yield* deliver(retried, 1), [Receipt.delivered])
      }
    })
  )

  it.effect("looks at receipts as it likes, and what it rejects with changes nothing", () =>
    Effect.gen(function* () {
      const looked: Array<string> = []
      const { sink } = recorded()
      const tapped = sink.pipe(
        EventSink.tap(async ({ messageId }) => void looked.push(messageId)),
        EventSink.tap(() => Promise.reject(new Error("no"))),
        EventSink.tap(({ messageId }) => void looked.push(messageId))
      )
      assert.deepStrictEqual(yield* deliver(tapped, 1), [Receipt.delivered])
      assert.deepStrictEqual(looked, ["m0", "m0"])
    })
  )
})

describe("sinks from the configuration", () => {
  const named = (name: string): EventSink.EventSink =>
    EventSink.make({ name, send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
  const sinks = EventSink.config({
    console: Config.succeed(named("console")),
    segment: Config.map(Config.Redacted("SEGMENT_WRITE_KEY"), () => named("segment"))
  })
  const parse = (env: Record<string, string>, config: Effect.Effect<EventSink.EventSink, Config.ConfigError> = sinks) =>
    Effect.match(Effect.provideService(config, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })), {
      onFailure: (error) => error.message,
      onSuccess: ({ names }) => names
    })

  it.effect("are those that are named, each once, in their order", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* parse({ TRACKING_SINKS: "console" }), ["console"])
      const both = { TRACKING_SINKS: " segment,console ,segment,", SEGMENT_WRITE_KEY: "key" }
      assert.deepStrictEqual(yield* parse(both), ["segment", "console"])
      const other = EventSink.config({ console: Config.succeed(named("console")) }, "SINKS")
      assert.deepStrictEqual(yield* parse({ SINKS: "console" }, other), ["console"])
    })
  )

  it.effect("are refused with what is missing, or what there is to choose from", () =>
    Effect.gen(function* () {
      for (const [env, said] of [
        [{}, "TRACKING_SINKS names no sink. Use some of: console, segment"],
        [{ TRACKING_SINKS: " , " }, "TRACKING_SINKS names no sink. Use some of: console, segment"],
        [{ TRACKING_SINKS: "console,kafka" }, `TRACKING_SINKS names "kafka", which is not one of the sinks`],
        [{ TRACKING_SINKS: "toString" }, `TRACKING_SINKS names "toString", which is not one of the sinks`],
        [{ TRACKING_SINKS: "console,segment" }, "SEGMENT_WRITE_KEY"]
      ] as const) {
        assert.include(yield* parse(env), said)
      }
    })
  )
})
