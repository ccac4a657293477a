import { assert, describe, it } from "@effect/vitest"
import {
  Actor,
  DefinitionError,
  EventSink,
  HttpTransport,
  type Message,
  Plan,
  Receipt,
  SendError,
  TrackedEvent,
  Tracker
} from "@trackmap/core"
import { Mixpanel } from "@trackmap/mixpanel"
import { Segment } from "@trackmap/segment"
import { Fault, InMemory, MixpanelServer, SegmentServer } from "@trackmap/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import * as Http from "node:http"
import { detailOf, impl, inspected, memory, open, served, until } from "../test/service.ts"
import {
  BasketPlaced,
  OrderLineLost,
  OrderLineUpdated,
  Ping,
  SignedUp,
  Unplanned,
  line,
  properties
} from "../test/wholesale.ts"
import type { EventDetail } from "./internal/protocol.ts"
import * as Inspector from "./Inspector.ts"

const ping = (n: number, options?: Tracker.CallOptions) => Tracker.track(Ping, { properties: { n } }, options)

const detail = (id: string): Effect.Effect<EventDetail, never, Inspector.Inspector> =>
  Effect.flatMap(impl, (inspector) => Effect.map(inspector.event(id), (found) => found!))
const nodesOf = ({ nodes }: EventDetail) => Object.fromEntries(nodes.map((node) => [node.path, node]))
const keysOf = ({ keys }: EventDetail) => Object.fromEntries(keys.map((key) => [key.key, key]))
const statesOf = ({ keys }: EventDetail) => Object.fromEntries(keys.map(({ key, state }) => [key, state]))
const outcomesOf = ({ nodes }: EventDetail) => Object.fromEntries(nodes.map(({ outcome, path }) => [path, outcome]))

describe("an event that is opened", () => {
  it.live("shows the entity graph of the idea's own example, and where every key came from", () =>
    inspected(
      Effect.gen(function* () {
        const tracked = yield* Effect.forEach(
          [line, { ...line, id: 1002, productId: 124, orderId: 0 }, { ...line, id: 1003, productId: 0 }],
          (orderLine) => Tracker.track(OrderLineUpdated, { orderLine, properties }),
          { concurrency: "unbounded" }
        )
        yield* Tracker.flush
        const [full, bare, lost] = yield* Effect.forEach(tracked, ({ messageId }) => detail(messageId))
        assert.deepStrictEqual(
          full!.nodes.map(({ entity, parent, path, relation, resolver }) => [path, entity, parent, relation, resolver]),
          [
            ["orderLineUpdated.properties", "orderLineUpdated", undefined, undefined, { _tag: "Row" }],
            ["OrderLine", "OrderLine", undefined, undefined, { _tag: "Row" }],
            ["OrderLine.product", "Product", "OrderLine", "product", { _tag: "Loader", loader: "products" }],
            ["OrderLine.order", "Order", "OrderLine", "order", { _tag: "Loader", loader: "orders" }],
            [
              "OrderLine.product.manufacturer",
              "Manufacturer",
              "OrderLine.product",
              "manufacturer",
              { _tag: "Loader", loader: "manufacturers" }
            ]
          ]
        )
        assert.isTrue(full!.keys.every(({ state }) => state === "present"))
        assert.lengthOf(full!.keys, 14)
        const { path: _, ...name } = keysOf(full!)["Manufacturer_name"]!
        assert.deepStrictEqual(name, {
          key: "Manufacturer_name",
          node: "OrderLine.product.manufacturer",
          entity: "Manufacturer",
          attribute: "name",
          kind: "attribute",
          personal: false,
          state: "present",
          value: "Mario Bros Plumbing Supply"
        })
        // Three events asked the loader of products together.
        assert.deepStrictEqual(nodesOf(full!)["OrderLine.product"]!.batch, { keys: 3, callers: 3 })
        assert.isNumber(nodesOf(full!)["OrderLine.product"]!.milliseconds)
        assert.isUndefined(nodesOf(full!)["OrderLine"]!.milliseconds)
        assert.deepStrictEqual(full!.summary.entities, ["OrderLine", "Product", "Order", "Manufacturer"])

        assert.deepStrictEqual(outcomesOf(bare!), {
          "orderLineUpdated.properties": "resolved",
          OrderLine: "resolved",
          "OrderLine.product": "resolved",
          "OrderLine.order": "missing",
          "OrderLine.product.manufacturer": "missing"
        })
        assert.strictEqual(statesOf(bare!)["Order_total"], "missing")
        assert.strictEqual(outcomesOf(lost!)["OrderLine.product.manufacturer"], "unasked")
        assert.strictEqual(statesOf(lost!)["Manufacturer_id"], "missing")

        // What has been loaded once is in the loader's cache.
        const again = yield* Tracker.track(OrderLineUpdated, { orderLine: line, properties })
        const cached = nodesOf(yield* detail(again.messageId))
        assert.isTrue(cached["OrderLine.order"]!.cached)
        assert.isFalse(cached["OrderLine.product"]!.cached)
      })
    )
  )

  it.live("tells what failed from what was refused, and why", () =>
    inspected(
      Effect.gen(function* () {
        const { messageId } = yield* Tracker.track(OrderLineLost, { orderLine: { ...line, qty: "3" as never } })
        const shown = yield* detail(messageId)
        assert.strictEqual(outcomesOf(shown)["OrderLine.order"], "failed")
        assert.include(nodesOf(shown)["OrderLine.order"]!.reason, "Down")
        assert.deepInclude(statesOf(shown), {
          OrderLine_id: "present",
          OrderLine_qty: "refused",
          Order_id: "failed",
          OrderLine_margin: "failed",
          OrderLine_weight: "refused"
        })
        assert.strictEqual(keysOf(shown)["OrderLine_margin"]!.kind, "computed")
        assert.strictEqual(shown.summary.violations, 4)
        assert.lengthOf(shown.violations, 4)
      })
    )
  )

  it.live("tells of a row that is none, and of properties that are none", () =>
    inspected(
      Effect.gen(function* () {
        const none = yield* Tracker.track(OrderLineUpdated, { orderLine: null as never, properties: 3 as never })
        const shown = yield* detail(none.messageId)
        assert.strictEqual(outcomesOf(shown)["orderLineUpdated.properties"], "failed")
        assert.strictEqual(outcomesOf(shown)["OrderLine"], "failed")
        assert.strictEqual(outcomesOf(shown)["OrderLine.product"], "unasked")
        assert.strictEqual(statesOf(shown)["OrderLine_qty"], "failed")
        assert.strictEqual(statesOf(shown)["action"], "failed")
        const throws = Object.defineProperty({ ...line }, "id", {
          get: () => {
            throw new Error("no id")
          }
        })
        const { messageId } = yield* Tracker.track(OrderLineUpdated, { orderLine: throws, properties })
        assert.strictEqual(statesOf(yield* detail(messageId))["OrderLine_id"], "failed")
      })
    )
  )

  it.live("has the rows of lists as nodes of their own, without keys, and what is wrong in one of them", () =>
    inspected(
      Effect.gen(function* () {
        const lines = [line, { ...line, productId: 0 }, { ...line, qty: "many" as never }]
        const { messageId } = yield* Tracker.track(BasketPlaced, { basket: { id: 1, lines } })
        const shown = yield* detail(messageId)
        const nodes = nodesOf(shown)
        assert.strictEqual(nodes["Basket.lines"]!.to, "many")
        assert.strictEqual(nodes["Basket.lines[].product"]!.parent, "Basket.lines")
        assert.strictEqual(nodes["Basket.lines[].product"]!.outcome, "resolved")
        assert.strictEqual(statesOf(shown)["Basket_note"], "absent")
        // The sum is of the rows whose values are some.
        assert.strictEqual(statesOf(shown)[sumKey(shown)], "present")
        assert.deepStrictEqual([...new Set(shown.violations.map(({ path }) => path))], ["Basket.lines[2].qty"])
        const none = yield* detail(
          (yield* Tracker.track(BasketPlaced, { basket: { id: 3, lines: 7 as never } })).messageId
        )
        assert.strictEqual(outcomesOf(none)["Basket.lines"], "failed")
        assert.strictEqual(statesOf(none)[sumKey(none)], "failed")
        const empty = yield* Tracker.track(BasketPlaced, { basket: { id: 2, lines: [] } })
        assert.strictEqual(outcomesOf(yield* detail(empty.messageId))["Basket.lines[].product"], "unasked")
      })
    )
  )

  it.live("shows the keys that its event does not have as they came, and counts those that were left out", () =>
    inspected(
      Effect.gen(function* () {
        const extra = { properties: { n: 1, m: 2 } as { readonly n: number } }
        const stripped = yield* Tracker.track(Ping, extra)
        const shown = yield* detail(stripped.messageId)
        assert.deepStrictEqual(Object.keys(keysOf(shown)), ["n"])
        assert.deepStrictEqual(shown.violations, [
          { path: "ping.properties", expected: "only properties that the event declares", actual: "1 more" }
        ])
      })
    ).pipe(
      Effect.andThen(
        inspected(
          Effect.gen(function* () {
            const { messageId } = yield* Tracker.track(Ping, { properties: { n: "x", m: 2 } as never })
            const shown = yield* detail(messageId)
            assert.deepInclude(keysOf(shown)["m"]!, { kind: "unknown", state: "present", value: 2 })
            assert.deepInclude(keysOf(shown)["n"]!, { kind: "property", state: "refused", value: "x" })
          }),
          { tracker: { validation: "annotate" } }
        )
      )
    )
  )

  it.live("that is no track call, or was made before, shows what there is", () =>
    inspected(
      Effect.gen(function* () {
        const identified = yield* Tracker.identify({ plan: "pro", email: "ada@example.com" })
        const shown = yield* detail(identified.messageId)
        assert.deepStrictEqual(
          shown.nodes.map(({ path }) => path),
          ["identify.traits"]
        )
        assert.deepStrictEqual(
          shown.keys.map(({ key, kind, personal, value }) => [key, kind, personal, value]),
          [
            ["plan", "property", false, "pro"],
            ["email", "property", true, "•••"]
          ]
        )
        const page = yield* Tracker.page("Home", { properties: { path: "/" } })
        assert.strictEqual((yield* detail(page.messageId)).summary.name, "Home")
        const alias = yield* Tracker.alias("old")
        assert.lengthOf((yield* detail(alias.messageId)).keys, 0)

        const made = (messageId: string, event: string, values: Message.Track["properties"]): Message.Track => ({
          type: "track",
          event,
          properties: values,
          messageId,
          timestamp: "2026-01-01T00:00:00.000Z"
        })
        yield* Tracker.send(made("m-1", "orderLineUpdated", { OrderLine_id: 1, Product_id: 2 }))
        const again = yield* detail("m-1")
        assert.deepStrictEqual(outcomesOf(again), {
          "orderLineUpdated.properties": "resolved",
          OrderLine: "resolved",
          "OrderLine.product": "resolved",
          "OrderLine.order": "missing",
          "OrderLine.product.manufacturer": "missing"
        })
        yield* Tracker.send(made("m-2", "elsewhere", { a: 1 }))
        assert.deepStrictEqual(statesOf(yield* detail("m-2")), { a: "present" })
        yield* Tracker.send(made("m-3", "basketPlaced", { Basket_id: 1 }))
        assert.strictEqual(outcomesOf(yield* detail("m-3"))["Basket.lines[].product"], "unasked")
      })
    )
  )

  it.live("shows what each sink made of it, with retries, until a vendor recovers", () =>
    Effect.gen(function* () {
      const segment = yield* SegmentServer.make()
      const mixpanel = yield* MixpanelServer.make()
      yield* segment.misbehave([[Fault.status(503), 2]])
      const http = yield* Layer.build(HttpTransport.layerFetch)
      const sink = EventSink.fanOut(
        Segment.sink({ writeKey: Redacted.make(segment.writeKey), endpoint: segment.url }).pipe(
          EventSink.retried({ schedule: Schedule.spaced(1) })
        ),
        Mixpanel.sink({ token: Redacted.make(mixpanel.token), endpoint: mixpanel.url }),
        memory.pipe(EventSink.filter(() => false))
      )
      yield* served(
        (base) =>
          Effect.gen(function* () {
            const buyer = { id: 1, email: "ada@example.com", city: "London" }
            const tracked = yield* Tracker.track(SignedUp, { buyer, properties: {} }).pipe(Actor.as({ userId: "u-1" }))
            yield* tracked.receipts
            const shown = yield* detailOf(base, tracked.messageId)
            const [ofSegment, ofMixpanel, ofMemory] = shown.sinks
            assert.deepStrictEqual(
              ofSegment!.attempts.map(({ result }) => result),
              ["Unavailable", "Unavailable", "Delivered"]
            )
            assert.include(ofSegment!.attempts[0]!.reason, "503")
            assert.deepInclude(ofSegment!.receipt, { outcome: "Delivered", attempts: 3 })
            assert.strictEqual(ofSegment!.records[0]!.to, "POST /v1/batch")
            const record = ofSegment!.records[0]!.record as { readonly properties: object }
            assert.deepInclude(record.properties, { Buyer_city: "London", Buyer_email: "•••" })
            assert.strictEqual(ofMixpanel!.state, "delivered")
            assert.include(JSON.stringify(ofMixpanel!.records), "•••")
            assert.deepInclude(ofMemory!, { state: "skipped", records: [], attempts: [] })
            assert.notInclude(JSON.stringify(shown), "ada@example.com")
            assert.notInclude(JSON.stringify(ofMixpanel), mixpanel.token)
          }),
        { sink: EventSink.fanOut(sink) as EventSink.EventSink }
      ).pipe(Effect.provide(Layer.succeedContext(http as Context.Context<never>)))
    }).pipe(Effect.scoped)
  )

  it.live("shows no records where a sink cannot say what it sends", () => {
    const send: EventSink.Send = (batch) => Effect.succeed(batch.map(() => Receipt.delivered))
    const boom = (): never => {
      throw new Error("boom")
    }
    return inspected(
      Effect.gen(function* () {
        const { messageId } = yield* ping(1)
        yield* Tracker.flush
        assert.deepStrictEqual(
          (yield* detail(messageId)).sinks.map(({ records, state }) => [records.length, state]),
          [
            [0, "delivered"],
            [0, "delivered"]
          ]
        )
      }),
      {
        sink: EventSink.fanOut(
          EventSink.make({ name: "throws", send, records: boom }),
          EventSink.make({ name: "hangs", send, records: () => Effect.never })
        )
      }
    )
  })

  it.effect("is retrying after an attempt that failed, and buffered before it", () =>
    Effect.gen(function* () {
      const down = EventSink.make({
        name: "down",
        send: () => Effect.fail(new SendError.Unavailable({ reason: "down", retryAfter: 60_000 }))
      }).pipe(EventSink.retried())
      yield* inspected(
        Effect.gen(function* () {
          const { messageId } = yield* ping(1)
          assert.strictEqual((yield* detail(messageId)).sinks[0]!.state, "buffered")
          yield* TestClock.adjust("1 second")
          const [shown] = (yield* detail(messageId)).sinks
          assert.deepInclude(shown, { state: "retrying", receipt: undefined })
          assert.strictEqual(shown!.attempts[0]!.retryAfter, 60_000)
          yield* Effect.forkChild(TestClock.adjust("1 hour"))
        }),
        { sink: down, tracker: { closeWithin: 0 } }
      )
    })
  )

  it.live("may be a megabyte: the list has its start, and the event has no more of a text than anybody reads", () =>
    served((base) =>
      Effect.gen(function* () {
        const note = "x".repeat(1_000_000)
        const buyer = { id: 1, email: "ada@example.com", city: "London" }
        const { messageId } = yield* Tracker.track(SignedUp, { buyer, properties: { note } })
        const tab = yield* open(base)
        yield* until(() => tab.events.has(messageId))
        assert.lengthOf(tab.events.get(messageId)!.text, 1_000)
        const shown = yield* detailOf(base, messageId)
        assert.strictEqual(keysOf(shown)["note"]!.value, `${"x".repeat(100_000)}…`)
      }).pipe(Effect.scoped)
    )
  )
})

const sumKey = ({ keys }: EventDetail): string => keys.find(({ attribute }) => attribute === "sum(qty)")!.key

describe("the stream", () => {
  it.live("tells every tab all events, what changes of them, and ticks", () =>
    served((base) =>
      Effect.gen(function* () {
        const inspector = yield* impl
        const before = yield* ping(0)
        const [a, b] = [yield* open(base), yield* open(base)]
        const after = yield* Effect.forEach([1, 2, 3], (n) => ping(n))
        yield* Tracker.flush
        const ids = [before, ...after].map(({ messageId }) => messageId)
        for (const tab of [a, b]) {
          yield* until(() => ids.every((id) => tab.events.get(id)?.sinks[0]?.state === "delivered"))
          yield* until(() => tab.said.some(({ event }) => event === "tick"))
          yield* until(() => tab.said.some(({ event }) => event === "plan"))
          assert.strictEqual(tab.said[0]!.event, "hello")
          assert.deepStrictEqual([...tab.events.keys()], ids)
        }
        const hello = a.said[0]!.data
        assert.deepInclude(hello, { run: inspector.run, sinks: ["memory"], capacity: 2_000 })
        const tick = a.said.findLast(({ event }) => event === "tick")!.data
        assert.deepInclude(tick, { tracked: 4, notShown: 0 })
      }).pipe(Effect.scoped)
    )
  )

  it.live("goes on after a reload where it was: nothing is lost, and no revision comes twice", () =>
    served((base) =>
      Effect.gen(function* () {
        const ids = new Set<string>()
        const more = Effect.map(
          Effect.forEach(
            Array.from({ length: 300 }, (_, n) => n),
            (n) => ping(n)
          ),
          (tracked) => tracked.forEach(({ messageId }) => ids.add(messageId))
        )
        yield* more
        const first = yield* open(base)
        yield* until(() => first.events.size > 0)
        yield* Effect.promise(() => first.close())
        yield* more
        yield* Tracker.flush
        const second = yield* open(base, { "last-event-id": first.lastId })
        const latest = () => new Map([...first.events, ...second.events])
        yield* until(() => [...ids].every((id) => latest().get(id)?.sinks[0]?.state === "delivered"))
        const revisions = [first, second].flatMap(({ said }) =>
          said.flatMap(({ data, event }) =>
            event === "events" ? data.map(({ messageId, revision }) => `${messageId} ${revision}`) : []
          )
        )
        assert.lengthOf(new Set(revisions), revisions.length)
      }).pipe(Effect.scoped)
    )
  )

  it.live("begins anew for who comes from another run, from the future, or with what is no id", () =>
    served((base) =>
      Effect.gen(function* () {
        const { run } = yield* impl
        const { messageId } = yield* ping(1)
        yield* Tracker.flush
        const other = run.replace(/.$/, (last) => (last === "0" ? "1" : "0"))
        for (const id of [`${other}:999`, `${run}:x`, `${run}:`, "nonsense", "", `${run}:-1`, "x".repeat(2_000)]) {
          const tab = yield* open(base, { "last-event-id": id })
          yield* until(() => tab.events.has(messageId))
          yield* Effect.promise(() => tab.close())
        }
      }).pipe(Effect.scoped)
    )
  )

  it.live("sends much that has come in messages of bounded size", () =>
    served((base) =>
      Effect.gen(function* () {
        yield* Effect.forEach(
          Array.from({ length: 900 }, (_, n) => n),
          (n) => ping(n),
          { discard: true }
        )
        yield* Tracker.flush
        const tab = yield* open(base)
        yield* until(() => tab.events.size === 900)
        for (const { data, event } of tab.said) if (event === "events") assert.isAtMost(data.length, 250)
      }).pipe(Effect.scoped)
    )
  )

  it.live("holds nothing for who does not read, and nothing of who has gone", () =>
    served((base) =>
      Effect.gen(function* () {
        const inspector = yield* impl
        const slow = yield* Effect.promise(() => fetch(`${base}api/stream`))
        const tab = yield* open(base)
        yield* until(() => inspector.connections === 2)
        for (let n = 0; n < 5; n++) {
          yield* Effect.forEach(
            Array.from({ length: 1_000 }, (_, n) => n),
            (n) => ping(n),
            { discard: true }
          )
          yield* Tracker.flush
          inspector.store.refill(1_000)
        }
        assert.strictEqual(inspector.store.size, 2_000)
        yield* Effect.promise(() => slow.body!.cancel())
        yield* Effect.promise(() => tab.close())
        yield* until(() => inspector.connections === 0 && inspector.waiting === 0)
      }).pipe(Effect.scoped)
    )
  )

  it.live("takes twenty at a time, and the next when one has gone", () =>
    served((base) =>
      Effect.gen(function* () {
        const tabs = yield* Effect.forEach(Array.from({ length: 20 }), () => open(base))
        const refused = yield* Effect.promise(() => fetch(`${base}api/stream`))
        assert.strictEqual(refused.status, 503)
        assert.include(yield* Effect.promise(() => refused.text()), "close one of them")
        yield* Effect.promise(() => tabs[0]!.close())
        const { connections } = yield* Effect.map(impl, (inspector) => ({ connections: () => inspector.connections }))
        yield* until(() => connections() === 19)
        yield* open(base)
      }).pipe(Effect.scoped)
    )
  )

  it.live("ends with the service, which does not wait for who looks", () =>
    Effect.gen(function* () {
      let tab: Effect.Success<ReturnType<typeof open>> | undefined
      yield* served((base) =>
        Effect.gen(function* () {
          tab = yield* Effect.scoped(Effect.never).pipe(Effect.race(Effect.promise(() => openOnce(base))))
          yield* until(() => tab!.said.length > 0)
        })
      )
      yield* until(() => tab!.ended)
    })
  )

  it.live("opens no connection where only its headers are asked for", () =>
    served((base) =>
      Effect.gen(function* () {
        const response = yield* Effect.promise(() => fetch(`${base}api/stream`, { method: "HEAD" }))
        assert.strictEqual(response.status, 200)
        assert.strictEqual((yield* impl).connections, 0)
      })
    )
  )
})

const openOnce = async (base: string) => {
  const { Tab } = await import("../test/service.ts")
  return Tab.open(base)
}

describe("the plan", () => {
  it.effect("is shown beside what comes: events seen and not planned, keys that it does not know", () =>
    inspected(
      Effect.gen(function* () {
        const inspector = yield* impl
        yield* Tracker.track(Ping, { properties: { n: 1, m: 2 } as never })
        yield* Tracker.track(Unplanned, { properties: { n: 1 } })
        yield* ping(1)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(inspector.drift.state, {
          seen: [
            { event: "ping", count: 2, planned: true },
            { event: "unplanned", count: 1, planned: false }
          ],
          unknownKeys: [{ event: "ping", key: "m", count: 1 }]
        })
        const { revision } = inspector.drift
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(inspector.drift.revision, revision)
        const { entities, keys } = inspector.hello.plan!.find(({ name }) => name === "orderLineUpdated")!
        assert.deepStrictEqual(entities, ["OrderLine", "Product", "Order", "Manufacturer"])
        assert.deepStrictEqual(
          keys.map(({ key }) => key),
          [...TrackedEvent.keys(OrderLineUpdated)]
        )
        const qty = { key: "OrderLine_qty", type: "integer", optional: false, personal: false, description: undefined }
        assert.deepInclude(keys, qty)
        for (let n = 0; n < 1_500; n++) {
          inspector.store.refill(1_000)
          yield* Tracker.track(Ping, { properties: { n: 1, [`key${n}`]: 2, m: 1 } as never })
        }
        yield* TestClock.adjust("1 second")
        assert.lengthOf(inspector.drift.state.unknownKeys, 1_000)
      }),
      { tracker: { validation: "annotate" } }
    )
  )

  it.effect("has the descriptions of events and keys, and what replaces the deprecated", () => {
    const Seen = TrackedEvent.make("seen", {
      properties: { n: Schema.Int.annotate({ description: "How often" }) }
    }).pipe(
      TrackedEvent.annotate({
        description: "A person saw it",
        deprecated: { replacedBy: "watched", reason: "clearer" }
      })
    )
    const Gone = TrackedEvent.annotate(TrackedEvent.make("gone"), { deprecated: true })
    return inspected(
      Effect.gen(function* () {
        const [seen, gone] = (yield* impl).hello.plan!
        assert.deepInclude(seen!, { description: "A person saw it", deprecated: "use watched: clearer" })
        assert.strictEqual(seen!.keys[0]!.description, "How often")
        assert.deepInclude(gone!, { description: undefined, deprecated: "" })
      }),
      { options: { plan: Plan.make(Seen, Gone) } }
    )
  })

  it.effect("is none where the inspector is told none", () =>
    inspected(
      Effect.gen(function* () {
        const inspector = yield* impl
        assert.isUndefined(inspector.hello.plan)
        const { messageId } = yield* ping(1)
        assert.strictEqual(statesOf(yield* detail(messageId))["n"], "present")
      }),
      { options: { plan: undefined } }
    )
  )
})

describe("ticks", () => {
  it.effect("come once a second, and are kept for two minutes, with what sinks do and how long it takes", () =>
    inspected(
      Effect.gen(function* () {
        const inspector = yield* impl
        yield* ping(1)
        yield* ping(2)
        yield* TestClock.adjust("1 second")
        const [tick] = inspector.ticks.all
        assert.deepInclude(tick!, { tracked: 2, notShown: 0 })
        assert.deepInclude(tick!.sinks[0]!, { sink: "memory", delivered: 2, attempts: 2, buffered: 0 })
        assert.deepStrictEqual(tick!.sinks[0]!.latency, { p50: 100, p99: 100 })
        yield* TestClock.adjust("1 second")
        assert.isUndefined(inspector.ticks.all[1]!.sinks[0]!.latency)
        yield* TestClock.adjust("5 minutes")
        assert.lengthOf(inspector.ticks.all, 120)
        assert.strictEqual(inspector.ticks.count, 302)
        assert.lengthOf(inspector.ticks.after(300), 2)
      }),
      { sink: EventSink.fanOut(memory, InMemory.makeUnsafe({ name: "none" }).sink.pipe(EventSink.filter(() => false))) }
    )
  )
})

const security = [
  "content-security-policy",
  "x-content-type-options",
  "referrer-policy",
  "cross-origin-resource-policy",
  "cross-origin-opener-policy",
  "cache-control"
]

describe("the routes", () => {
  it.live("serve the page, with headers that forbid what it does not need", () =>
    served((base) =>
      Effect.promise(async () => {
        const page = await fetch(base)
        assert.strictEqual(page.status, 200)
        assert.include(page.headers.get("content-type"), "text/html")
        assert.include(page.headers.get("content-security-policy"), "default-src 'none'")
        assert.strictEqual(page.headers.get("cache-control"), "no-store")
        const html = await page.text()
        const assets = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name]) => name!)
        assert.isNotEmpty(assets)
        for (const name of assets) {
          const zipped = await fetch(base + name)
          const plain = await fetch(base + name, { headers: { "accept-encoding": "gzip;q=0" } })
          assert.strictEqual(zipped.headers.get("content-encoding"), "gzip")
          assert.isNull(plain.headers.get("content-encoding"))
          assert.strictEqual(await zipped.text(), await plain.text())
          assert.include(plain.headers.get("cache-control"), "immutable")
          assert.match(plain.headers.get("content-type")!, /javascript|css/)
        }
      })
    )
  )

  it.live("answer what is not there, not meant and not understood, each with the same headers", () =>
    served((base) =>
      Effect.promise(async () => {
        const cases: ReadonlyArray<readonly [number, string, RequestInit?]> = [
          [404, "api/events/none"],
          [404, "api/events/"],
          [404, "api/events/%"],
          [404, "api/events/%E0%A4%A"],
          [404, `api/events/${"x".repeat(5_000)}`],
          [404, "api/events/a/b"],
          [404, "api/other"],
          [404, "constructor"],
          [404, "__proto__"],
          [404, "assets/..%2F..%2Fpackage.json"],
          [405, "", { method: "POST" }],
          [405, "api/stream", { method: "DELETE" }],
          [405, "api/stream", { method: "OPTIONS" }],
          [403, "", { headers: { origin: "http://evil.example" } }]
        ]
        for (const [status, path, init] of cases) {
          const response = await fetch(base + path, init)
          assert.strictEqual(response.status, status, path)
          // The router itself answers what is too long for it, or cannot be decoded.
          if (path.length > 1_000 || path.includes("%E0") || path.endsWith("%")) continue
          for (const header of security) assert.isNotNull(response.headers.get(header), `${path} ${header}`)
          assert.isString(((await response.json()) as { error: string }).error)
          if (status === 405) assert.strictEqual(response.headers.get("allow"), "GET, HEAD")
        }
        const head = await fetch(base, { method: "HEAD" })
        assert.deepStrictEqual([head.status, await head.text()], [200, ""])
      })
    )
  )

  it.live("lead from the path to the page, and nowhere else", () =>
    served((base) =>
      Effect.promise(async () => {
        const bare = base.slice(0, -1)
        for (const path of [bare, `${bare}?x=//evil.example`, bare.replace("/inspector", "//inspector")]) {
          const response = await fetch(path, { redirect: "manual" })
          assert.strictEqual(response.status, 307)
          assert.strictEqual(response.headers.get("location"), "./inspector/")
        }
        assert.strictEqual((await fetch(bare)).url, base)
      })
    )
  )

  it.live("ask for the token where there is one, but for the page", () =>
    served(
      (base) =>
        Effect.promise(async () => {
          assert.strictEqual((await fetch(base)).status, 200)
          const refused = await fetch(`${base}api/events/x`)
          assert.strictEqual(refused.status, 401)
          assert.strictEqual(refused.headers.get("www-authenticate"), "Bearer")
          const allowed = await fetch(`${base}api/events/x`, { headers: { authorization: "Bearer t0ken" } })
          assert.strictEqual(allowed.status, 404)
        }),
      { serve: { token: Redacted.make("t0ken") } }
    )
  )

  it.live("may be at the root", () =>
    served(
      (base) =>
        Effect.promise(async () => {
          const root = base.replace("inspector/", "")
          assert.strictEqual((await fetch(root)).status, 200)
          assert.strictEqual((await fetch(`${root}api/events/x`)).status, 404)
          assert.strictEqual((await fetch(`${root}nothing`)).status, 404)
        }),
      { serve: { path: "/" } }
    )
  )

  const raw = (base: string, path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(base)
      const request = Http.request({ hostname, port, path, headers, agent: false }, (response) => {
        response.destroy()
        resolve(response.statusCode!)
      })
      request.on("error", reject)
      request.end()
    })

  it.live("break of nothing that anybody sends", () =>
    served((base) =>
      Effect.promise(async () => {
        const character = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
        const text = fc.string({ unit: character, maxLength: 60 })
        const name = fc.constantFrom(
          "host",
          "origin",
          "last-event-id",
          "accept-encoding",
          "authorization",
          "sec-fetch-site"
        )
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom("/inspector/", "/inspector/api/events/", "/inspector/api/stream", "/inspector"),
            text,
            fc.dictionary(name, text, { maxKeys: 3 }),
            async (prefix, rest, headers) => {
              const status = await raw(base, prefix + rest, { ...headers, connection: "close" })
              assert.isTrue(status >= 200 && status < 500, `${status} ${prefix}${rest} ${JSON.stringify(headers)}`)
            }
          ),
          { numRuns: 300, seed: 42 }
        )
        assert.strictEqual(await raw(base, "/inspector/", { host: "evil.example" }), 403)
        assert.strictEqual(await raw(base, "http://evil.example/inspector/", {}), 403)
        assert.strictEqual(await raw(base, "/inspector/", {}), 200)
      })
    )
  )

  it.live("show events under any id, with hostile values as they are", () =>
    served((base) =>
      Effect.gen(function* () {
        const evil = `</script><img src=x onerror=alert(1)>\u2028\n\ndata: x\nevent: hello`
        const ids = ["a b/c?d#e;f", "..", "%2e%2e", "\uD800", "x".repeat(500), "__proto__", evil.slice(0, 20)]
        const tab = yield* open(base)
        for (const messageId of ids) {
          yield* Tracker.page(evil, { properties: { [evil]: evil } }, { messageId })
        }
        yield* until(() => tab.events.size === ids.length)
        for (const summary of tab.events.values()) {
          const shown = yield* detailOf(base, summary.messageId)
          assert.deepStrictEqual((shown.message as { properties: unknown }).properties, { [evil]: evil })
        }
      }).pipe(Effect.scoped)
    )
  )
})

describe("the handler", () => {
  const local = { remoteAddress: "127.0.0.1" }
  const at = (path: string, headers: Record<string, string> = {}) =>
    new Request(`http://localhost:3000${path}`, { headers })

  it.live("answers this machine alone, if it is told so, or who has the token", () =>
    inspected(
      Effect.gen(function* () {
        const handler = yield* Inspector.handler()
        const locked = yield* Inspector.handler({ token: Redacted.make("t0ken") })
        yield* Effect.promise(async () => {
          const statuses = [
            await handler(at("/inspector/")),
            await handler(at("/inspector/"), { remoteAddress: "203.0.113.9" }),
            await handler(at("/inspector/"), local),
            await handler(at("/inspector/", { host: "evil.example" }), local),
            await handler(at("/inspector"), local),
            await handler(at("/elsewhere"), local),
            await handler(at("/inspectors/"), local),
            await locked(at("/inspector/")),
            await locked(at("/inspector/api/stream")),
            await locked(at("/inspector/api/events/x", { authorization: "Bearer t0ken" }))
          ].map(({ status }) => status)
          assert.deepStrictEqual(statuses, [403, 403, 200, 403, 307, 404, 404, 200, 401, 404])
          assert.include(await (await handler(at("/inspector/"))).text(), "token")
        })
      })
    )
  )

  it.live("streams, and its connections end with who reads and with the inspector", () =>
    Effect.gen(function* () {
      let kept: ReadableStreamDefaultReader<Uint8Array> | undefined
      let asked: Inspector.Handler | undefined
      yield* inspected(
        Effect.gen(function* () {
          const handler = yield* Inspector.handler({ path: "/" })
          const inspector = yield* impl
          asked = handler
          const [first, second] = yield* Effect.promise(() =>
            Promise.all([handler(at("/api/stream"), local), handler(at("/api/stream"), local)])
          )
          assert.strictEqual(inspector.connections, 2)
          const reader = first.body!.getReader()
          const { value } = yield* Effect.promise(() => reader.read())
          assert.include(new TextDecoder().decode(value), "event: hello")
          yield* Effect.promise(() => reader.cancel())
          yield* until(() => inspector.connections === 1)
          kept = second.body!.getReader()
        })
      )
      yield* Effect.promise(async () => {
        while (!(await kept!.read()).done);
        assert.strictEqual((await asked!(at("/api/stream"), local)).status, 503)
      })
    })
  )
})

describe("an inspector of a service that is written with promises", () => {
  it("looks on at its tracking, and serves the page until it is closed", async () => {
    const scope = Scope.makeUnsafe()
    const sink = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
    const tracker = await Effect.runPromise(Scope.provide(Tracker.make(sink), scope))
    const inspector = await Inspector.attach({ tracker: Promise.resolve(tracker) }, { path: "/look" })
    const local = { remoteAddress: "127.0.0.1" }
    await Effect.runPromise(tracker.track(TrackedEvent.make("signedOut"), {}))
    const stream = await inspector.handler(new Request("http://localhost/look/api/stream"), local)
    assert.strictEqual(stream.status, 200)
    await inspector.close()
    assert.include(await stream.text(), "signedOut")
    await Effect.runPromise(Scope.close(scope, Exit.void))
  })

  it("rejects with what is no setting, and where the tracking has no tracker", async () => {
    const rejected = (attached: Promise<unknown>) =>
      attached.then(
        () => assert.fail("it does not reject"),
        (error: unknown) => error
      )
    for (const wrong of [{ capacity: 0 }, { path: "inspector" }, { hosts: ["http://a"] }]) {
      const attached = Inspector.attach({ tracker: new Promise(() => {}) }, wrong)
      assert.instanceOf(await rejected(attached), DefinitionError.DefinitionError)
    }
    const down = new Error("no sink")
    assert.strictEqual(await rejected(Inspector.attach({ tracker: Promise.reject(down) })), down)
  })
})

describe("what is no setting", () => {
  it("is refused when it is given", () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => Inspector.layer({ capacity: wrong }), /whole number/)
      assert.throws(() => Inspector.layer({ rate: wrong }), /whole number/)
    }
    for (const path of ["", "inspector", "/inspector/", "//evil.example", "/a/../b", "/:id", "/*", "/a b", "/é"]) {
      assert.throws(() => Inspector.routes({ path }), /inspector.s path/)
    }
    assert.throws(() => Inspector.routes({ token: Redacted.make("") }))
    assert.throws(() => Inspector.handler({ hosts: ["http://a"] }))
  })
})

describe("an inspector", () => {
  it.live("looks on while it lives, and keeps what is bounded", () =>
    inspected(
      Effect.gen(function* () {
        const inspector = yield* impl
        for (let n = 0; n < 3_000; n++) yield* ping(n)
        yield* Tracker.flush
        assert.deepStrictEqual([inspector.store.size, inspector.store.tracked], [100, 3_000])
        assert.isAtLeast(inspector.store.notShown, 1_000)
      }),
      { options: { capacity: 100, rate: 100 } }
    )
  )

  it.live("is another run each time", () =>
    Effect.gen(function* () {
      const runs = yield* Effect.forEach([1, 2], () => inspected(Effect.map(impl, ({ run }) => run)))
      assert.notStrictEqual(runs[0], runs[1])
    })
  )
})

it("an option that is misspelt is refused where the inspector, its routes or its handler are made", async () => {
  assert.throws(
    () => Inspector.layer({ capcity: 1 } as object),
    /Inspector\.layer: it has no option "capcity": did you mean capacity\?/
  )
  assert.throws(() => Inspector.routes({ capacity: 1 } as object), /Inspector\.routes: it has no option "capacity"/)
  assert.throws(() => Inspector.handler({ tokn: "a" } as object), /did you mean token\?/)
  const attached: unknown = await Inspector.attach(
    { tracker: Promise.reject(new Error("no")).catch(() => ({}) as never) },
    {
      hots: []
    } as object
  ).catch((thrown: unknown) => thrown)
  assert.match(String(attached), /Inspector\.attach: it has no option "hots": did you mean hosts\?/)
})
