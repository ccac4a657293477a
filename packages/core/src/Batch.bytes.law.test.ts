/**
 * One law: what somebody keeps shows its own message or nothing, however much is tracked meanwhile. Messages lie in memory that is used again,
 * so here others fill it many times over.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { messageOf } from "../test/messageOf.ts"
import { EventSink, HttpSink, HttpTransport, Receipt, Tracker } from "./index.ts"

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
