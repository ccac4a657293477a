import { AsyncLocalStorage } from "node:async_hooks"
import type { Message } from "@trackmap/core/Message"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Actor, Aggregate, Entity, EventSink, Loader, Receipt, TrackedEvent, Tracking } from "./index.ts"

/** Whose code runs: a caller's, or that of somebody who does something else with the tracking. */
const store = new AsyncLocalStorage<string>()
const who = (): string => store.getStore() ?? "nobody"
const pause = (milliseconds = 0): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds))
const callers = ["a", "b", "c"]

/** What never answers, if anything. */
type Hanging = "line" | "product" | "part" | undefined
interface Row {
  readonly id: number
  readonly hanging: Hanging
}
const never = new Promise<never>(() => {})
const idOf = (row: { readonly id: number }) => row.id

/** Each of its values says who has asked for it. */
const Said = Entity.make("Said", { key: "id", attributes: { id: z.int() } }).pipe(
  Entity.computed("now", z.string(), () => who()),
  Entity.computed("later", z.string(), () => pause().then(who))
)
const Grouped = Entity.make("Grouped", {
  key: "id",
  attributes: { id: z.int(), asked: z.string(), after: z.string() }
})
const grouped = () =>
  Loader.byKey({
    load: async (ids: Array<number>) => {
      const asked = who()
      await pause()
      return ids.map((id) => ({ id, asked, after: who() }))
    },
    keyOf: idOf
  }).pipe(Loader.groupedBy(who))
const deep = (prefix: string) =>
  Said.pipe(Entity.one("grouped", Grouped, Loader.at(grouped(), idOf), { prefix: `${prefix}Grouped` }))

const eventOf = (kept: boolean) => {
  // All share its batches, but each gets its own rows.
  const shared = Loader.byKey({
    load: (ids: Array<number>) => (ids.includes(-1) ? never : pause(2).then(() => ids.map((id) => ({ id })))),
    keyOf: idOf
  })
  const products = kept ? shared.pipe(Loader.cached({ capacity: 100, timeToLive: "1 minute" })) : shared
  const hangs = (what: Hanging) => (row: Row) => (row.hanging === what ? never : null)
  const Part = Said.pipe(
    Entity.one("hanging", Said, hangs("part"), { prefix: "PartHanging" }),
    Entity.one("of", deep("Of"), (row: Row) => pause().then(() => row), { prefix: "Of" })
  )
  const Line = Said.pipe(
    Entity.one("hanging", Said, hangs("line"), { prefix: "Hanging" }),
    Entity.one("own", deep("Own"), (row: Row) => pause().then(() => row), { prefix: "Own" }),
    Entity.one(
      "product",
      deep("Product"),
      Loader.at(products, (row: Row) => (row.hanging === "product" ? -1 : row.id)),
      {
        prefix: "Product"
      }
    ),
    Entity.many(
      "parts",
      Part,
      ({ hanging }: Row) => Promise.resolve([1, 2, 3].map((id) => ({ id, hanging: id === 2 ? hanging : undefined }))),
      Aggregate.list({ max: 3 })
    )
  )
  return TrackedEvent.make("tracked", { entities: { line: Line } })
}

/** A service with its tracking, and who was found where its code ran, by the caller that it ran for. */
const service = (options: Partial<Tracking.Options> = {}, kept = false) => {
  const found: Array<{ readonly of: string | undefined; readonly what: string; readonly who: string }> = []
  const failures: Array<string> = []
  const sends: Array<string> = []
  const Tracked = eventOf(kept)
  const memory = EventSink.make({
    name: "memory",
    send: async (batch) => {
      sends.push(who())
      await pause()
      sends.push(who())
      return batch.map(() => Receipt.delivered)
    }
  }).pipe(
    EventSink.map((message: Message) => {
      found.push({ of: message.userId, what: "map", who: who() })
      return message
    })
  )
  const tracking = store.run("maker", () =>
    Tracking.make({
      sinks: memory,
      flushAtExit: false,
      onError: () => void failures.push(who()),
      log: () => {},
      ...options
    })
  )
  const as = <A>(name: string, f: () => Promise<A>): Promise<A> =>
    store.run(name, () => Actor.run({ userId: name, consent: new Set<string>() }, f))
  const track = async (row: Row): Promise<void> => {
    const of = Actor.current().userId
    const { message, receipts } = await tracking.track(Tracked, { line: row })
    found.push({ of, what: "track", who: who() })
    JSON.stringify(message.properties, (key, value: unknown) => {
      if (/_(?:now|later|asked|after)$/.test(key)) found.push({ of, what: key, who: String(value) })
      return value
    })
    await receipts
    found.push({ of, what: "receipts", who: who() })
  }
  const wrong = () => found.filter((one) => one.of !== one.who)
  return { Tracked, as, failures, found, sends, track, tracking, wrong }
}

describe("code that concerns a call runs in the asynchronous context of that call", () => {
  it.each([
    ["without a cache", false],
    ["with one", true]
  ])("where its relations answer, %s", async (_, kept) => {
    const { as, sends, found, track, tracking, wrong } = service({}, kept)
    const ofAll = () => Promise.all(callers.map((name) => as(name, () => track({ id: 1, hanging: undefined }))))
    // The second request is for a key that is already loading.
    await Promise.all([ofAll(), pause(1).then(ofAll)])
    await as("closer", () => tracking.close())
    assert.deepStrictEqual(wrong(), [])
    assert.lengthOf(found, 6 * 31)
    assert.deepStrictEqual(new Set(sends), new Set(["maker"]))
  })

  it.each(["line", "product", "part"] as const)(
    "where a relation of the %s is given up at its limit",
    async (hanging) => {
      const { as, failures, track, tracking, wrong } = service({ resolveWithin: 100 })
      await Promise.all(callers.map((name) => as(name, () => track({ id: 1, hanging }))))
      await as("closer", () => tracking.close())
      assert.deepStrictEqual(wrong(), [])
      assert.deepStrictEqual(new Set(failures), new Set(callers))
    }
  )

  it.each(["line", "product", "part"] as const)(
    "where a relation of the %s is given up by closing",
    async (hanging) => {
      const { as, failures, track, tracking, wrong } = service({ closeWithin: 100 })
      const tracked = callers.map((name) => as(name, () => track({ id: 1, hanging })))
      await as("closer", () => tracking.close())
      await Promise.all(tracked)
      assert.deepStrictEqual(wrong(), [])
      assert.deepStrictEqual(new Set(failures), new Set(callers))
    }
  )

  it("where its sinks open later, whoever opens them", async () => {
    const opened = Promise.withResolvers<void>()
    const opening = EventSink.make({
      name: "opening",
      open: async () => {
        await opened.promise
        return async (batch) => batch.map(() => Receipt.delivered)
      }
    })
    const { as, track, tracking, wrong } = service({ sinks: opening })
    const tracked = callers.map((name) => as(name, () => track({ id: 1, hanging: undefined })))
    await as("opener", async () => opened.resolve())
    await Promise.all(tracked)
    await as("closer", () => tracking.close())
    assert.deepStrictEqual(wrong(), [])
  })

  it("where it waits for room that others make", async () => {
    const { as, track, tracking, wrong } = service({ capacity: 1, waitWithin: Number.POSITIVE_INFINITY })
    const tracked = callers.map((name) => as(name, () => track({ id: 1, hanging: undefined })))
    await as("flusher", () => tracking.flush({ within: Number.POSITIVE_INFINITY }))
    await Promise.all(tracked)
    await as("closer", () => tracking.close())
    assert.deepStrictEqual(wrong(), [])
  })

  it("where there are so many rows that it has to let others in between", async () => {
    const { Tracked } = service()
    const rows = Array.from({ length: 150 }, (_, id): Row => ({ id, hanging: undefined }))
    const Line = Tracked.entities.line
    const values = await Promise.all(callers.map((name) => store.run(name, () => Entity.valuesAll(Line, rows))))
    for (const [index, all] of values.entries()) {
      const said = new Set(JSON.stringify(all).match(/(?<=_(?:now|later|asked|after)":)"[^"]*"/g))
      assert.deepStrictEqual(said, new Set([JSON.stringify(callers[index])]))
    }
  })
})

it("the code of a sink runs in the context in which its tracking was made, whoever fills its batches", async () => {
  const { as, sends, track, tracking } = service({ resolveWithin: 100 })
  await Promise.all(callers.map((name) => as(name, () => track({ id: 1, hanging: undefined }))))
  await as("a", () => track({ id: 1, hanging: "line" }))
  await as("closer", () => tracking.close())
  assert.deepStrictEqual(new Set(sends), new Set(["maker"]))
})
