/**
 * One law: what somebody keeps shows its own message or nothing, however much is tracked meanwhile. Messages lie in memory that is used again,
 * so here others fill it many times over.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as fc from "fast-check"
import { messageOf } from "../test/messageOf.ts"

import { EventSink, HttpSink, HttpTransport, type Message, Receipt, SendError, Tracker } from "./index.ts"

const transport = HttpTransport.make(() => Effect.succeed({ status: 200, headers: {}, read: () => Effect.void }))
const http = (options: Omit<HttpSink.Options, "name" | "url"> = {}) =>
  HttpSink.make({ name: "http", url: "https://warehouse.example/events", limits: { messages: 10 }, ...options })

/** Fills the memory that waits to be used again, through a sink that gives it back. */
const others = (count: number) =>
  Effect.gen(function* () {
    const tracker = yield* Tracker.make(http())
    for (let i = 0; i < count; i++) {
      yield* tracker.send(messageOf(1_000 + i, 4_000))
      if (i % 10 === 9) yield* tracker.flush
    }
    yield* tracker.flush
  })

const run = <A>(program: Effect.Effect<A, any, HttpTransport.HttpTransport | import("effect/Scope").Scope>) =>
  Effect.runPromise(
    Effect.scoped(Effect.provideService(program, HttpTransport.HttpTransport, transport)) as Effect.Effect<A, any>
  )

const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(4_000)), { minLength: 1, maxLength: 10 })
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** The messages of a batch, as one of its faces shows them. */
const seen = (
  batch: EventSink.Batch,
  face: "messages" | "json" | "jsonArray" | "envelopes"
): ReadonlyArray<unknown> => {
  if (face === "messages") return batch.messages
  if (face === "json") return batch.json.map((bytes) => JSON.parse(textOf(bytes)) as unknown)
  if (face === "envelopes") return batch.envelopes.map(({ message }) => message)
  return JSON.parse(batch.jsonArray.map(textOf).join("")) as ReadonlyArray<unknown>
}

describe("a batch", () => {
  it("shows its own messages to a sink that looks at them long after it sent them", () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom("messages", "json", "jsonArray", "envelopes"), (sizes, face) =>
        run(
          Effect.gen(function* () {
            const kept: Array<EventSink.Batch> = []
            const sink = EventSink.make({
              name: "keeps",
              send: (batch) => {
                kept.push(batch)
                return Effect.succeed(batch.all(Receipt.delivered))
              }
            })
            const tracker = yield* Tracker.make(sink)
            for (const [id, size] of sizes.entries()) yield* tracker.send(messageOf(id, size))
            yield* tracker.flush
            yield* others(60)
            assert.deepStrictEqual(
              kept.flatMap((batch) => seen(batch, face)),
              sizes.map((size, id) => messageOf(id, size))
            )
          })
        )
      ),
      { numRuns: 20 }
    ))

  it("shows its own messages in any order, however many of them have been overwritten", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(20), fc.constantFrom("json", "jsonArray"), (between, face) =>
        run(
          Effect.gen(function* () {
            const kept: Array<EventSink.Batch> = []
            const sink = EventSink.make({
              name: "keeps",
              send: (batch) => {
                kept.push(batch)
                assert.lengthOf(batch.messages, 20)
                return Effect.succeed(batch.all(Receipt.delivered))
              }
            })
            const tracker = yield* Tracker.make(sink)
            const messages = Array.from({ length: 20 }, (_, id) => messageOf(id, 4_000))
            for (const message of messages) yield* tracker.send(message)
            yield* tracker.flush
            yield* others(between)
            const backwards = [...messages.keys()].toReversed()
            const found = kept.flatMap((batch) => seen(batch.at(backwards), face))
            assert.deepStrictEqual(found, messages.toReversed())
          })
        )
      ),
      { numRuns: 20 }
    ))

  it("shows its own messages or none, once its request is over", () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom("body", "interpret"), (sizes, by) =>
        run(
          Effect.gen(function* () {
            const kept: Array<EventSink.Batch> = []
            const sink = http(
              by === "body"
                ? { body: (batch) => (kept.push(batch), batch.jsonArray) }
                : { interpret: (_, { batch }) => void kept.push(batch) }
            )
            const tracker = yield* Tracker.make(sink)
            for (const [id, size] of sizes.entries()) yield* tracker.send(messageOf(id, size))
            yield* tracker.flush
            yield* others(60)
            let id = 0
            for (const batch of kept) {
              for (const face of ["jsonArray", "json", "messages"] as const) {
                try {
                  const found = seen(batch, face)
                  assert.deepStrictEqual(
                    found,
                    found.map((_, index) => messageOf(id + index, sizes[id + index]!))
                  )
                } catch (error) {
                  assert.match(String(error), /after its request/)
                }
              }
              id += batch.length
            }
          })
        )
      ),
      { numRuns: 20 }
    ))
})

describe("what a sink writes when a message is tracked", () => {
  const idOf = ({ messageId }: { readonly messageId: string }) => messageId
  const record = (message: Message.Message) => `[${JSON.stringify(idOf(message))},${JSON.stringify(message)}]`
  const read = (batch: EventSink.Batch) => JSON.parse(batch.encodedArray.map(textOf).join("")) as ReadonlyArray<unknown>

  it("is there for each attempt, beside the messages that it writes later, and then is the same or no more", () =>
    fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        fc.nat(60),
        (sizes, now, between) =>
          run(
            Effect.gen(function* () {
              const messages = sizes.map((size, id) => messageOf(id, size))
              const written = new Set(messages.filter((_, index) => now[index]).map(idOf))
              const sent: Array<unknown> = []
              const kept: Array<{ readonly batch: EventSink.Batch; readonly early: ReadonlyArray<unknown> }> = []
              let attempts = 0
              const sink = EventSink.make({
                name: "writes",
                encode: (message) => (written.has(idOf(message)) ? record(message) : undefined),
                send: Effect.fnUntraced(function* (batch: EventSink.Batch) {
                  yield* Effect.orDie(others(between))
                  const early = new Set(batch.encoded)
                  const own = early.size === 0 ? [] : read(batch.at(batch.encoded))
                  kept.push({ batch, early: own })
                  const rest = [...batch.messages.keys()].filter((place) => !early.has(place))
                  const all = [
                    ...own,
                    ...(rest.length === 0
                      ? []
                      : batch.at(rest).map((message) => JSON.parse(record(message)) as unknown))
                  ]
                  assert.deepStrictEqual(
                    batch.encoded.map((place) => idOf(batch.messages[place]!)),
                    batch.map(idOf).filter((id) => written.has(id))
                  )
                  if (attempts++ === 0) return yield* Effect.fail(new SendError.Unavailable({ reason: "away" }))
                  sent.push(...all)
                  return batch.all(Receipt.delivered)
                })
              }).pipe(EventSink.retried({ schedule: Schedule.recurs(3) }))
              const tracker = yield* Tracker.make(sink)
              for (const message of messages) yield* tracker.send(message)
              yield* tracker.flush
              assert.deepStrictEqual(
                new Set(sent.map((one) => JSON.stringify(one))),
                new Set(messages.map((message) => record(message)))
              )
              yield* others(60)
              for (const { batch, early } of kept) {
                try {
                  assert.deepStrictEqual(read(batch), early)
                } catch (error) {
                  assert.match(String(error), /after its request/)
                }
              }
            })
          )
      ),
      { numRuns: 20 }
    ))

  it("is there for a sink that cannot be interrupted when its tracker closes", () =>
    run(
      Effect.gen(function* () {
        const closed = yield* Deferred.make<void>()
        const sent = yield* Deferred.make<unknown, unknown>()
        const sink = EventSink.make({
          name: "slow",
          encode: record,
          send: (batch) =>
            Deferred.await(closed).pipe(
              Effect.andThen(
                Deferred.complete(sent, Effect.try({ try: () => read(batch), catch: (thrown) => thrown }))
              ),
              Effect.as(batch.all(Receipt.delivered)),
              Effect.uninterruptible
            )
        })
        const message = messageOf(1, 14_000)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const tracker = yield* Tracker.make(sink, { closeWithin: 0 })
            yield* tracker.send(message)
            yield* Effect.forkChild(tracker.flush)
            yield* Effect.sleep(1)
          })
        )
        yield* others(60)
        yield* Deferred.succeed(closed, undefined)
        assert.deepStrictEqual(yield* Deferred.await(sent), [[message.messageId, message]])
      })
    ))

  it("is there without a tracker, too", () =>
    run(
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        const sink = EventSink.make({
          name: "writes",
          encode: (message) => (message.messageId === "m1" ? undefined : record(message)),
          send: (batch) => {
            seen.push(batch.encoded, ...read(batch))
            return Effect.succeed(batch.all(Receipt.delivered))
          }
        })
        const messages = [0, 1, 2].map((id) => messageOf(id, 40_000))
        yield* EventSink.deliver(sink, messages)
        assert.deepStrictEqual(seen, [[0, 2], ...[messages[0]!, messages[2]!].map((one) => [one.messageId, one])])
      })
    ))

  it("is written by a function", () => {
    const make = () =>
      EventSink.make({ name: "text", encode: "record" as never, send: () => Effect.die("nothing to send") })
    assert.throws(make, "text: encode must be a function")
  })

  it("is the outcome of a message that the sink does not send", () =>
    run(
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        const sink = EventSink.make({
          name: "chooses",
          encode: (message) => (message.messageId === "m1" ? Receipt.skipped("not for it") : record(message)),
          send: (batch) => {
            seen.push(read(batch))
            return Effect.succeed(batch.all(Receipt.delivered))
          }
        })
        const messages = [0, 1, 2].map((id) => messageOf(id, 1))
        const tracker = yield* Tracker.make(sink)
        const tracked = yield* Effect.forEach(messages, (message) => tracker.send(message))
        yield* tracker.flush
        const receipts = (yield* Effect.forEach(tracked, (one) => one.receipts)).flat()
        for (const each of [receipts, yield* EventSink.deliver(sink, messages)]) {
          const outcomes = each.map(({ outcome }) => outcome)
          assert.deepStrictEqual(outcomes, [Receipt.delivered, Receipt.skipped("not for it"), Receipt.delivered])
        }
        const sent = [messages[0]!, messages[2]!].map((one) => [one.messageId, one])
        assert.deepStrictEqual(seen, [sent, sent])
      })
    ))

  it("makes the sink reject a message if writing throws or returns anything but a text", () =>
    run(
      Effect.gen(function* () {
        const texts: Readonly<Record<string, () => unknown>> = {
          m1: () => "",
          m2: () => 7,
          m3: () => Promise.reject(new Error("nobody awaits it"))
        }
        const sink = EventSink.make({
          name: "throws",
          encode: ({ messageId }) => {
            if (messageId === "m0") throw new TypeError(messageId)
            return texts[messageId]!() as string
          },
          send: () => Effect.die("nothing to send")
        })
        const messages = [0, 1, 2, 3].map((id) => messageOf(id, 1))
        const tracker = yield* Tracker.make(sink)
        const tracked = yield* Effect.forEach(messages, (message) => tracker.send(message))
        const receipts = (yield* Effect.forEach(tracked, (one) => one.receipts)).flat()
        const unbuffered = yield* EventSink.deliver(sink, messages)
        for (const each of [receipts, unbuffered]) {
          assert.deepStrictEqual(
            each.map(({ outcome }) => outcome),
            [
              "threw TypeError",
              "returned an empty string",
              "returned an integer",
              "returned a promise or an Effect"
            ].map((what) => Receipt.rejected(`throws: encode ${what}`))
          )
        }
      })
    ))
})

describe("a message that is sent again", () => {
  it("keeps its own bytes for as long as it waits", () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.nat(60), fc.nat(60), (sizes, before, after) =>
        run(
          Effect.gen(function* () {
            const messages = sizes.map((size, id) => messageOf(id, size))
            const first = yield* Tracker.make(http())
            const tracked = yield* Effect.forEach(messages, (message) => first.send(message))
            yield* first.flush
            yield* others(before)
            const bodies: Array<unknown> = []
            const second = yield* Tracker.make(
              http({
                body: ({ jsonArray }) => {
                  bodies.push(...(JSON.parse(jsonArray.map(textOf).join("")) as ReadonlyArray<unknown>))
                  return jsonArray
                }
              }).pipe(EventSink.batched({ age: "1 hour" }))
            )
            for (const { message } of tracked) yield* second.send(message)
            yield* others(after)
            yield* second.flush
            assert.deepStrictEqual(bodies, messages)
          })
        )
      ),
      { numRuns: 25 }
    ))
})

describe("few messages that wait among many that do not", () => {
  const collect = (): void => {
    setFlagsFromString("--expose-gc")
    ;(runInNewContext("gc") as () => void)()
  }
  const rare = 300
  const each = 50

  it("keep their own bytes, and not the memory of the others", () =>
    run(
      Effect.gen(function* () {
        let isAway = true
        const bodies: Array<unknown> = []
        const busy = http({ limits: { messages: 1_000 } })
        const away = HttpSink.make({
          name: "away",
          url: "https://warehouse.example/rare",
          limits: { messages: 20 },
          body: ({ jsonArray }) => {
            if (!isAway) bodies.push(...(JSON.parse(jsonArray.map(textOf).join("")) as ReadonlyArray<unknown>))
            return jsonArray
          },
          interpret: () => (isAway ? new SendError.Unavailable({ reason: "away" }) : undefined)
        }).pipe(
          EventSink.retried({ schedule: Schedule.spaced(20) }),
          EventSink.filter(({ messageId }) => Number(messageId.slice(1)) % each === 0)
        )
        const tracker = yield* Tracker.make(EventSink.fanOut(busy, away))
        const before = process.memoryUsage().arrayBuffers
        for (let id = 0; id < rare * each; id++) {
          yield* tracker.send(messageOf(id, 200))
          if (id % 1_000 === 999) yield* Effect.sleep(1)
        }
        collect()
        // In slabs, they would take 300 times 64 KB.
        assert.isBelow(process.memoryUsage().arrayBuffers - before, 12_000_000)
        isAway = false
        yield* tracker.flush
        assert.deepStrictEqual(
          bodies,
          Array.from({ length: rare }, (_, index) => messageOf(index * each, 200))
        )
      })
    ))
})
