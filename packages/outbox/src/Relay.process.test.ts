import { assert, describe, it } from "@effect/vitest"
import * as Envelope from "@trackmap/core/Envelope"
import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { vi } from "vitest"
import { OutboxError, OutboxStore, Relay, SqliteClient, SqliteStore } from "./index.ts"

/** A store in memory that already has messages. */
const storeOf = (...ids: ReadonlyArray<string>) =>
  Layer.effect(
    OutboxStore.OutboxStore,
    Effect.gen(function* () {
      const store = yield* SqliteStore.make()
      yield* store.migrate
      yield* store.insert(
        ids.map((id) => ({
          id,
          body: Envelope.toJson({
            format: 1,
            message: {
              type: "alias",
              previousId: "a",
              userId: "b",
              messageId: id,
              timestamp: "2026-01-01T00:00:00.000Z"
            },
            purposes: [],
            consent: "all",
            personal: [],
            violations: []
          })
        }))
      )
      return store
    })
  ).pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" })))

const delivered: Array<string> = []
/** Resolves when somebody reads the receipts. */
const reading = Promise.withResolvers<void>()
const vendor = EventSink.make({
  name: "vendor",
  send: async (batch) => {
    await reading.promise
    delivered.push(...batch.map(({ messageId }) => messageId))
    return batch.all(Receipt.delivered)
  }
})

class Address extends Context.Service<Address, string>()("test/Address") {}

describe("a relay with promises", () => {
  it("delivers, reports, and closes", async () => {
    const lines: Array<Relay.LogEntry> = []
    await using relay = await Relay.start({
      store: storeOf("m1", "m2"),
      sinks: vendor,
      from: "beginning",
      log: (entry) => void lines.push(entry)
    })
    const receipts = relay.receipts()[Symbol.asyncIterator]()
    const next = [receipts.next(), receipts.next()]
    reading.resolve()
    assert.deepStrictEqual(
      (await Promise.all(next)).map(({ value }) => [value?.messageId, value?.outcome._tag]),
      [
        ["m1", "Delivered"],
        ["m2", "Delivered"]
      ]
    )
    assert.deepStrictEqual(relay.sinks, ["vendor"])
    assert.deepStrictEqual(relay.metrics()[0]?.delivered, 2)
    assert.deepStrictEqual(Effect.runSync(relay.relay.metrics), relay.metrics())
    assert.deepStrictEqual((await relay.status())[0]?.depth, 0)
    assert.deepStrictEqual(lines, [
      { level: "info", message: "vendor: a new sink of the outbox, which starts with all messages of the outbox" }
    ])
    await relay.close()
    await relay.close()
  })

  it("gives sinks their services", async () => {
    const seen: Array<string> = []
    const sink = EventSink.make({
      name: "addressed",
      send: (batch) =>
        Effect.map(Address, (address) => {
          seen.push(address)
          return batch.all(Receipt.delivered)
        })
    })
    await using relay = await Relay.start({
      store: storeOf("m1"),
      sinks: sink,
      services: Layer.succeed(Address, "berlin"),
      from: "beginning",
      log: () => {}
    })
    while (relay.metrics()[0]?.delivered !== 1) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.deepStrictEqual(seen, ["berlin"])
  })

  it("has the outbox: shows its dead letters, sends them again, and deletes", async () => {
    const seen: Array<string> = []
    let accepts = false
    const sink = EventSink.make({
      name: "picky",
      send: async (batch) => {
        seen.push(...batch.map(({ messageId }) => messageId))
        return batch.all(accepts ? Receipt.delivered : Receipt.rejected("an alias"))
      }
    })
    const start = { store: storeOf("m1", "m2"), sinks: sink, from: "beginning", poll: 1, log: () => {} } as const
    await using relay = await Relay.start(start)
    const { outbox } = relay
    const until = async (dead: number) => {
      while ((await outbox.stats())[0]!.dead !== dead) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(2)
    assert.deepStrictEqual(
      (await outbox.letters({ limit: 1 })).map(({ event, outcome }) => [event, outcome]),
      [["alias", { _tag: "Rejected", reason: "an alias" }]]
    )
    assert.strictEqual((await outbox.letter("picky", "m2"))?.attempts, 1)
    assert.isUndefined(await outbox.letter("picky", "m3"))
    accepts = true
    assert.strictEqual(await outbox.replay({ of: "letters", sink: "picky", ids: ["m2"] }), 1)
    await until(1)
    while (relay.metrics()[0]!.delivered === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.deepStrictEqual(seen, ["m1", "m2", "m2"])
    assert.strictEqual(await outbox.sweep({ letters: "1 day" }), 0)
    assert.isAtLeast(await outbox.erase("b"), 1)
    assert.deepStrictEqual(await outbox.letters(), [])
    const error: unknown = await outbox.replay({ of: "letters", sink: "none" }).catch((failed: unknown) => failed)
    assert.instanceOf(error, OutboxError.OutboxError)
  })

  it("rejects with the error of a sink that cannot open", async () => {
    const sink = EventSink.make({
      name: "vendor",
      open: () => Effect.fail(new SendError.Misconfigured({ reason: "an empty write key" }))
    })
    const error: unknown = await Relay.start({ store: storeOf(), sinks: sink, from: "now" }).then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    assert.strictEqual(String((error as Error).message), "vendor: an empty write key")
  })

  it("logs to the console", async () => {
    const lines: Array<string> = []
    const spies = (["info", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(`${level} ${String(line)}`))
    )
    const answers = [
      new SendError.Unavailable({ reason: "status 503" }),
      new SendError.Misconfigured({ reason: "status 401" })
    ]
    const sink = EventSink.make({
      name: "vendor",
      send: async (batch) => {
        const failure = answers.shift()
        if (failure !== undefined) throw failure
        return batch.all(Receipt.delivered)
      }
    }).pipe(EventSink.retried({ schedule: Schedule.spaced(1) }))
    const relay = await Relay.start({ store: storeOf("m1"), sinks: sink, from: "beginning" })
    while (relay.metrics()[0]?.delivered !== 1) await new Promise((resolve) => setTimeout(resolve, 1))
    await relay.close()
    for (const spy of spies) spy.mockRestore()
    assert.deepStrictEqual(lines, [
      "info trackmap: vendor: a new sink of the outbox, which starts with all messages of the outbox",
      "warn trackmap: vendor: status 503; its messages wait and will be retried",
      "error trackmap: vendor: status 401; its messages wait until you fix its key or address",
      "info trackmap: vendor: it accepts messages again"
    ])
  })

  it("goes on if the function that it logs to throws or rejects", async () => {
    const rejects = async () => {
      throw new Error("the log is away")
    }
    const throws = () => {
      throw new Error("the log is away")
    }
    for (const log of [rejects, throws]) {
      await using relay = await Relay.start({ store: storeOf("m1"), sinks: vendor, from: "beginning", log })
      while (relay.metrics()[0]?.delivered !== 1) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })

  it("rejects what it cannot follow, and leaves no listener of signals behind", async () => {
    const given = { store: storeOf(), sinks: vendor, from: "now" }
    const refusals: ReadonlyArray<readonly [unknown, string]> = [
      [undefined, "it takes an object with its options, not undefined"],
      [{ ...given, store: undefined }, "store must be a layer, not undefined"],
      [{ ...given, services: null }, "services must be a layer, not null"],
      [{ ...given, sinks: undefined }, "sinks must be a sink, or EventSink.fanOut of several, not undefined"],
      [{ ...given, log: "console" }, 'log must be a function, not "console"'],
      [{ ...given, lgo: () => {} }, 'it has no option "lgo": did you mean log?']
    ]
    const before = process.listenerCount("SIGTERM")
    for (const [options, message] of refusals) {
      const error = await Relay.run(options as Relay.StartOptions).catch((thrown: unknown) => thrown)
      assert.strictEqual((error as Error).message, `Relay.start: ${message}`)
    }
    assert.strictEqual(process.listenerCount("SIGTERM"), before)
  })

  it("ends the process at once at a second signal", async () => {
    const exits: Array<unknown> = []
    const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
      exits.push(code)
      return undefined as never
    })
    const sink = EventSink.make({ name: "slow", send: () => Effect.never })
    const running = Relay.run({ store: storeOf("m1"), sinks: sink, from: "beginning", log: () => {}, closeWithin: 50 })
    process.emit("SIGTERM")
    process.emit("SIGINT")
    assert.deepStrictEqual(exits, [130])
    await running
    exit.mockRestore()
  })

  it("runs until a signal, and leaves no listener behind", async () => {
    const listeners = () => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT")
    const before = listeners()
    delivered.length = 0
    const running = Relay.run({ store: storeOf("m3"), sinks: vendor, from: "beginning", log: () => {} })
    assert.strictEqual(listeners(), before + 2)
    while (delivered.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    process.emit("SIGTERM")
    await running
    assert.deepStrictEqual(delivered, ["m3"])
    assert.strictEqual(listeners(), before)
  })
})
