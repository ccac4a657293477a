import { setImmediate as turn } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { DefinitionError, EventSink, Receipt, TrackedEvent, Tracking } from "../index.ts"

const Seen = TrackedEvent.make("seen")

/** A sink that accepts each batch on demand, and dead letters. */
const makeSink = () => {
  const batches: Array<number> = []
  const letters: Array<string> = []
  const gate = Promise.withResolvers<void>()
  const dead = EventSink.make({
    name: "dead",
    send: async (batch) => {
      for (const { messageId } of batch.messages) letters.push(messageId)
      return batch.all(Receipt.delivered)
    }
  })
  const sink = EventSink.make({
    name: "vendor",
    send: async (batch) => {
      await gate.promise
      batches.push(batch.length)
      return batch.all(Receipt.delivered)
    }
  }).pipe(EventSink.deadLetter(dead))
  return { batches, letters, open: gate.resolve, sink }
}

const make = (options: Partial<Tracking.Options> = {}) => {
  const given: Array<Promise<void>> = []
  const { sink, ...own } = makeSink()
  const waitUntil = (delivered: Promise<void>) => void given.push(delivered)
  return { ...own, given, tracking: Tracking.make({ sinks: sink, waitUntil, log: () => {}, ...options }) }
}

const nameOf = (make: () => unknown): unknown => {
  try {
    return make()
  } catch (error) {
    return error instanceof DefinitionError.DefinitionError ? [error.paths, error.message] : error
  }
}

describe("a tracking for all requests of a worker", () => {
  beforeEach(() => void vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" }))
  afterEach(() => vi.unstubAllGlobals())

  it("sends the messages of a turn together, and waits for no other turn", async () => {
    const { batches, given, open, tracking } = make()
    await tracking.track(Seen, {})
    await tracking.track(Seen, {})
    await tracking.identify({})
    await turn()
    const later = await tracking.track(Seen, {})
    assert.deepStrictEqual([tracking.metrics()[0]?.buffered, new Set(given).size], [4, 2])
    open()
    await Promise.all(given)
    assert.deepStrictEqual(batches.toSorted(), [1, 3])
    assert.deepStrictEqual((await later.receipts)[0]?.outcome, Receipt.delivered)
    assert.deepInclude(tracking.metrics()[0], { sink: "vendor", delivered: 4, buffered: 0, attempts: 4 })
  })

  it("gives messages that are not delivered within closeWithin to the dead letters", async () => {
    const { given, letters, tracking } = make({ closeWithin: 20 })
    const { messageId, receipts } = await tracking.track(Seen, {})
    await Promise.all(given)
    assert.strictEqual((await receipts)[0]?.outcome._tag, "Expired")
    assert.deepStrictEqual(letters, [messageId])
  })

  it("says what a flush left, of all turns", async () => {
    const { open, tracking } = make()
    await tracking.track(Seen, {})
    await turn()
    await tracking.track(Seen, {})
    assert.deepStrictEqual(await tracking.flush({ within: 1 }), { left: 2, sinks: { vendor: 2 }, calls: 0 })
    open()
    assert.deepStrictEqual(await tracking.flush(), { left: 0, sinks: { vendor: 0 }, calls: 0 })
  })

  it("delivers all before it is closed, and takes nothing after", async () => {
    const { batches, open, tracking } = make()
    await tracking.track(Seen, {})
    const closed = tracking.close()
    open()
    await closed
    assert.deepStrictEqual(batches, [1])
    const { receipts } = await tracking.track(Seen, {})
    assert.deepStrictEqual((await receipts)[0]?.outcome, Receipt.dropped("the tracker is closed"))
  })

  it("gives the messages of a request that ended too soon a receipt, and counts them as lost", async () => {
    const now = vi.spyOn(Date, "now")
    try {
      const { tracking } = make({ closeWithin: "5 minutes" })
      const { receipts } = await tracking.track(Seen, {})
      assert.strictEqual((await tracking.flush({ within: 50 })).left, 1)
      now.mockReturnValue(performance.timeOrigin + performance.now() + 400_000)
      await tracking.track(Seen, {})
      assert.strictEqual((await receipts)[0]?.outcome._tag, "Expired")
      assert.deepInclude(tracking.metrics()[0], { expired: 1, buffered: 1 })
    } finally {
      now.mockRestore()
    }
  })

  it("refuses an option that is no function", () => {
    for (const option of ["waitUntil", "activeSpan", "log"] as const) {
      const [paths, message] = nameOf(() => make({ [option]: "yes" as never })) as [Array<string>, string]
      assert.deepStrictEqual(paths, [option])
      assert.include(message, `${option} must be a function, not a value of type string`)
    }
  })

  it("refuses what needs more than one request", async () => {
    const { tracking } = make()
    const [paths, message] = nameOf(() => make({ withoutConsent: { hold: 9 } })) as [Array<string>, string]
    assert.deepStrictEqual(paths, ["withoutConsent"])
    assert.match(message, /remove hold/)
    assert.match(String(nameOf(() => tracking.receipts())), /await those of a call/)
    assert.match(String(await tracking.tracker.catch(String)), /a tracking for each request/)
  })

  it("finds at once a sink that cannot open", () => {
    const sinks = EventSink.make({
      name: "vendor",
      open: () => {
        throw new Error("no key")
      }
    })
    assert.throws(() => Tracking.make({ sinks, waitUntil: () => {}, log: () => {} }))
  })
})

describe("a tracking of one request of a worker", () => {
  beforeEach(() => void vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" }))
  afterEach(() => vi.unstubAllGlobals())

  it("refuses calls of another request, and says what to do", async () => {
    const { batches, open, tracking } = make({ waitUntil: undefined })
    open()
    await tracking.track(Seen, {})
    const clone = vi.spyOn(Response.prototype, "clone").mockImplementation(() => {
      throw new Error("Cannot perform I/O on behalf of a different request.")
    })
    try {
      const calls = [() => tracking.track(Seen, {}), () => tracking.identify({}), () => tracking.flush()]
      for (const call of calls)
        assert.match(String(await call().catch(String)), /needs waitUntil, .*import \{ waitUntil \}/)
    } finally {
      clone.mockRestore()
    }
    await tracking.close()
    assert.deepStrictEqual(batches, [1])
  })

  it("is refused where a module makes it, outside of any request", () => {
    vi.stubGlobal("setTimeout", () => {
      throw new Error("Disallowed operation called within global scope.")
    })
    const [paths, message] = nameOf(() => make({ waitUntil: undefined })) as [Array<string>, string]
    assert.deepStrictEqual(paths, ["waitUntil"])
    assert.match(message, /import \{ waitUntil \} from "cloudflare:workers"/)
  })
})
