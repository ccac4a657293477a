import type { Track } from "@trackmap/core/Message"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Actor, Aggregate, Entity, EventSink, Loader, Receipt, TrackedEvent, Tracking } from "./index.ts"

const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0))

const Part = Entity.make("Part", { key: "id", attributes: { id: Schema.Int, meta: Schema.Json } })
const makers = Loader.byKey({
  load: async (ids: ReadonlyArray<number>) => {
    await pause()
    return ids.map((id) => ({ id, meta: { of: id } }))
  },
  keyOf: (row) => row.id
})

type PartRow = { id: number; meta: { of: number } }
type Row = { id: number; meta: { of: number }; maker: number; part: PartRow; parts: Array<PartRow>; own: number }

const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, meta: Schema.Json } }).pipe(
  Entity.computed("at", Schema.Int, (row: Row) => row.own),
  Entity.computed("later", Schema.Int, (row: Row) => {
    const { own } = row
    return pause().then(() => own)
  }),
  Entity.one("part", Part, (row: Row) => row.part),
  Entity.one(
    "maker",
    Part,
    Loader.at(makers, (row: Row) => row.maker),
    { prefix: "Maker" }
  ),
  Entity.many(
    "parts",
    Part.pipe(
      Entity.one(
        "twin",
        Part,
        Loader.at(makers, (row: PartRow) => row.id),
        { prefix: "Twin" }
      )
    ),
    (row: Row) => row.parts,
    Aggregate.list({ max: 2 }),
    Aggregate.count,
    Aggregate.sum("id")
  )
)
const Seen = TrackedEvent.make("seen", { entities: { line: Line }, properties: { note: Schema.Json } })

const part = fc.record({ id: fc.nat(9), meta: fc.record({ of: fc.nat() }) })
const row = fc.record({
  id: fc.nat(),
  meta: fc.record({ of: fc.nat() }),
  maker: fc.nat(9),
  part,
  parts: fc.array(part, { maxLength: 4 }),
  own: fc.nat()
})

/** Changes everything in a row. */
const spoil = (line: Row): void => {
  for (const one of [line.part, ...line.parts]) {
    one.id++
    one.meta.of++
  }
  line.id++
  line.own++
  line.maker++
  line.meta.of++
  line.parts.push({ id: 77, meta: { of: 77 } })
  line.part = { id: 78, meta: { of: 78 } }
}

const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })

describe("a message", () => {
  it("says what the rows were at the call, however they change while it waits for what comes later", async () => {
    const tracking = Tracking.make({ sinks: memory, flushAtExit: false })
    await fc.assert(
      fc.asyncProperty(row, async (line) => {
        const expected = await Entity.values(Line, structuredClone(line))
        const note = { of: line.id }
        const call = tracking.track(Seen, { line, properties: { note } })
        note.of++
        const calls = new Set([call])
        const over = call.finally(() => calls.clear())
        for (; calls.size > 0; await pause()) spoil(line)
        const { message } = await over
        assert.deepStrictEqual((message as Track).properties, { note: { of: (expected as any).Line_id }, ...expected })
        spoil(line)
        assert.strictEqual((message as Track).properties["Line_id"], (expected as any).Line_id)
        assert.deepStrictEqual((message as Track).properties["Line_meta"], (expected as any).Line_meta)
      }),
      { numRuns: 50 }
    )
    await tracking.close()
  })

  it("has the id and the time of its call, and so sorts by it", async () => {
    const tracking = Tracking.make({ sinks: memory, flushAtExit: false })
    const Now = TrackedEvent.make("now")
    const line = { id: 1, meta: { of: 1 }, maker: 1, part: { id: 1, meta: { of: 1 } }, parts: [], own: 1 }
    const slow = tracking.track(Seen, { line, properties: { note: 1 } })
    await pause()
    const [{ message: first }, { message: second }] = await Promise.all([slow, tracking.track(Now, {})])
    assert.isTrue(first.messageId < second.messageId)
    assert.isAtMost(Date.parse(first.timestamp), Date.parse(second.timestamp))
    await tracking.close()
  })
})

describe("a function of a row that gives a promise", () => {
  it("is called once for each row", async () => {
    const tracking = Tracking.make({ sinks: memory, flushAtExit: false })
    const asked: Array<number> = []
    const One = Entity.make("One", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.computed("later", Schema.Int, (row: { readonly id: number }) => {
        asked.push(row.id)
        // At first it answers at once.
        return row.id === 1 ? (1 as never) : (Promise.resolve(row.id) as Promise<number>)
      })
    )
    const Event = TrackedEvent.make("event", { entities: { one: One } })
    for (const id of [1, 2, 3]) await tracking.track(Event, { one: { id } })
    await Entity.values(One, { id: 4 })
    assert.deepStrictEqual(asked, [1, 2, 3, 4])
    await tracking.close()
  })
})

const Noted = TrackedEvent.make("noted", { properties: { values: Schema.Json } })

/** A tracking whose sink opens on demand. */
const gated = () => {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const sink = EventSink.make({
    name: "gated",
    open: () => promise.then(() => async (batch: EventSink.Batch) => batch.all(Receipt.delivered))
  })
  return { open, tracking: Tracking.make({ sinks: sink, flushAtExit: false }) }
}

describe("a call before the sinks are open", () => {
  it("has the time, the actor and the values of the call", async () => {
    const { open, tracking } = gated()
    const traits = { plan: "a" }
    const actor = { userId: "u-1", context: { page: { path: "/a" } } }
    const call = Actor.run(actor, () => tracking.identify(traits))
    const until = Date.now()
    traits.plan = "later"
    actor.context.page.path = "/later"
    while (Date.now() === until) await pause()
    const second = tracking.identify({})
    open()
    const [{ message }, { message: next }] = await Promise.all([call, second])
    assert.isAtMost(Date.parse(message.timestamp), until)
    assert.isBelow(Number.parseInt(message.messageId.replace("-", "").slice(0, 12), 16), until + 1)
    assert.isTrue(message.messageId < next.messageId)
    assert.deepInclude(message, { userId: "u-1", traits: { plan: "a" }, context: { page: { path: "/a" } } } as never)
    await tracking.close()
  })

  const made: Readonly<Record<string, (tracking: Tracking.Tracking, values: any, options: any) => Promise<any>>> = {
    track: (tracking, values, options) => tracking.track(Noted, { properties: { values } }, options),
    identify: (tracking, values, options) => tracking.identify({ values }, options),
    group: (tracking, values, options) => tracking.group("g-1", { values }, options),
    alias: (tracking, _, options) => tracking.alias("a-1", options),
    page: (tracking, values, options) => tracking.page("home", { properties: { values } }, options),
    screen: (tracking, values, options) => tracking.screen("home", { properties: { values } }, options)
  }
  for (const [type, call] of Object.entries(made)) {
    it(`has what ${type} was given, and by whom, as they were`, async () => {
      const { open, tracking } = gated()
      const values = { n: 1 }
      const context = { app: { name: "shop" } }
      const actor = { userId: "u-1", context: { page: { path: "/a" } } }
      const tracked = Actor.run(actor, () => call(tracking, values, { context }))
      const until = Date.now()
      values.n = 2
      context.app.name = "later"
      actor.context.page.path = "/later"
      while (Date.now() === until) await pause()
      open()
      const { message } = await tracked
      assert.isAtMost(Date.parse(message.timestamp), until)
      assert.strictEqual(message.userId, "u-1")
      assert.deepStrictEqual(message.context, { app: { name: "shop" }, page: { path: "/a" } })
      if (type !== "alias") assert.deepStrictEqual((message.traits ?? message.properties).values, { n: 1 })
      await tracking.close()
    })
  }

  it("is the message that was sent, as it was", async () => {
    const { open, tracking } = gated()
    const message = {
      type: "identify" as const,
      messageId: "m-1",
      timestamp: "2026-01-01T00:00:00.000Z",
      traits: { deep: { n: 1 } }
    }
    const sent = tracking.send(message)
    message.traits.deep.n = 2
    open()
    assert.deepStrictEqual((await sent).message, { ...message, traits: { deep: { n: 1 } } })
    await tracking.close()
  })
})
