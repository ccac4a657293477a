/**
 * One law: whatever becomes of a request, no byte of it is another message's. Messages lie in memory that is used again, so a vendor here reads
 * a body piece by piece while others are tracked, and goes on reading after it has refused it, timed out, or been interrupted, as a connection
 * may that has the bytes in its queue.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { messageOf } from "../test/messageOf.ts"
import { EventSink, HttpSink, HttpTransport, type Message, Receipt, Tracker } from "./index.ts"

/** How a vendor handles a request: how many pieces it reads before and after it responds. */
const behaviour = fc.record({
  answer: fc.constantFrom<number | "break" | "never">(200, 200, 200, 400, 413, 429, 500, "break", "never"),
  before: fc.nat(10),
  after: fc.nat(60)
})
type Behaviour = typeof behaviour extends fc.Arbitrary<infer A> ? A : never

const pieceBytes = 1_000

/** A body as its connection reads it: some bytes now, some later. */
class Reading {
  readonly #body: ReadonlyArray<Uint8Array>
  readonly #pieces: Array<Buffer> = []
  #chunk = 0
  #at = 0

  constructor(body: ReadonlyArray<Uint8Array>) {
    this.#body = body
  }

  get isOver(): boolean {
    return this.#chunk === this.#body.length
  }

  readPiece(): void {
    const chunk = this.#body[this.#chunk]
    if (chunk === undefined) return
    const piece = Buffer.from(chunk.subarray(this.#at, this.#at + pieceBytes))
    this.#pieces.push(piece)
    this.#at += piece.length
    if (this.#at < chunk.length) return
    this.#chunk++
    this.#at = 0
  }

  /** What it has read. A piece may end within a character. */
  get bytes(): Buffer {
    return Buffer.concat(this.#pieces)
  }
}

/** Vendors that behave as told, one request after the other, and all that their connections have read. */
const vendor = (behaviours: Iterator<Behaviour>) => {
  const requests: Array<{ readonly expected: Buffer; readonly reading: Reading }> = []
  const connections: Array<Fiber.Fiber<void>> = []
  const transport = HttpTransport.make(({ body }) =>
    Effect.gen(function* () {
      const { after, answer, before } = behaviours.next().value as Behaviour
      const reading = new Reading(body)
      requests.push({ expected: Buffer.concat(body), reading })
      const read = (pieces: number) =>
        Effect.repeat(
          Effect.andThen(
            Effect.sync(() => reading.readPiece()),
            Effect.sleep(1)
          ),
          { times: pieces }
        )
      if (answer === 200) {
        yield* read(before)
        while (!reading.isOver) reading.readPiece()
      } else {
        yield* Effect.addFinalizer(() =>
          Effect.map(Effect.forkDetach(read(after)), (fiber) => void connections.push(fiber as Fiber.Fiber<void>))
        )
        yield* read(before)
      }
      if (answer === "never") return yield* Effect.never
      if (answer === "break") return yield* new HttpTransport.ConnectionFailed({ during: "send" })
      return { status: answer, headers: {}, read: () => Effect.void }
    })
  )
  return { requests, connections, transport }
}

const sinkOf = (name: string) => EventSink.make({ name, send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })

const url = "https://warehouse.example/events"

const run = fc.record({
  behaviours: fc.infiniteStream(behaviour),
  sizes: fc.array(fc.oneof(fc.nat(20), fc.nat(4_000)), { minLength: 5, maxLength: 40 }),
  pauses: fc.infiniteStream(fc.nat(3)),
  closeAfter: fc.nat(80),
  encode: fc.constantFrom(undefined, (message: Message.Message) => JSON.stringify(message))
})
type Run = typeof run extends fc.Arbitrary<infer A> ? A : never

describe("a request", () => {
  let count = 0
  it.effect.each([400, 413, 500, "break", "never"] as const)(
    "has its own bytes after %s, while its connection still reads it and many others have been tracked",
    (answer) =>
      Effect.gen(function* () {
        const { requests, transport } = vendor([{ answer, before: 0, after: 0 }].values())
        const sink = HttpSink.make({ name: "warehouse", url, timeout: 20 })
        const tracker = yield* Effect.provideService(Tracker.make(sink), HttpTransport.HttpTransport, transport)
        const { receipts } = yield* tracker.send(messageOf(0, 1_000))
        yield* Effect.forkChild(Effect.forever(Effect.andThen(TestClock.adjust(1), Effect.yieldNow)))
        const [receipt] = yield* receipts
        assert.notStrictEqual(receipt!.outcome._tag, "Delivered")
        const others = yield* Tracker.make(sinkOf("others"))
        // More than all the memory that waits to be used again, after the cases before this one.
        count += 60
        for (let i = 0; i < count; i++) {
          yield* others.send(messageOf(1_000 + i, 4_000))
          if (i % 10 === 9) yield* others.flush
        }
        const [{ expected, reading }] = requests as [(typeof requests)[0]]
        while (!reading.isOver) reading.readPiece()
        assert.isTrue(reading.bytes.equals(expected))
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([])))
  )

  const program = ({ behaviours, closeAfter, encode, pauses, sizes }: Run) =>
    Effect.gen(function* () {
      const { connections, requests, transport } = vendor(behaviours)
      const limits = { bytes: 60_000, messages: 7 }
      const sink = HttpSink.make({ name: "warehouse", url, timeout: 20, limits, encode }).pipe(
        EventSink.retried({ schedule: Schedule.spaced(3), limit: 60 }),
        EventSink.batched({ age: 5 }),
        EventSink.buffered({ concurrency: 2 })
      )
      // Its messages go at once, and leave their memory to those of the other.
      const others = sinkOf("others")
      const clock = yield* Effect.forkChild(Effect.forever(Effect.andThen(TestClock.adjust(1), Effect.yieldNow)))
      const scope = yield* Scope.make()
      const own = yield* Scope.make()
      const other = yield* Effect.provideService(Tracker.make(others), Scope.Scope, scope)
      const tracker = yield* Tracker.make(sink, { closeWithin: closeAfter }).pipe(
        Effect.provideService(HttpTransport.HttpTransport, transport),
        Effect.provideService(Scope.Scope, own)
      )
      const tracked: Array<Tracker.Tracked> = []
      for (const [id, size] of sizes.entries()) {
        tracked.push(yield* tracker.send(messageOf(id, size)))
        for (let i = 0; i < 6; i++) yield* other.send(messageOf(1_000 + i, 4_000))
        yield* Effect.sleep(pauses.next().value as number)
      }
      yield* Scope.close(own, Exit.void)
      for (let i = 0; i < 90; i++) yield* other.send(messageOf(2_000 + i, 1_500))
      yield* Fiber.awaitAll(connections)
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.interrupt(clock)

      const sent = new Set<string>()
      for (const { expected, reading } of requests) {
        const messages = JSON.parse(expected.toString()) as ReadonlyArray<Message.Track>
        for (const message of messages) {
          const id = Number(message.messageId.slice(1))
          assert.deepStrictEqual(message, messageOf(id, sizes[id]!))
          if (reading.isOver) sent.add(message.messageId)
        }
        const { bytes } = reading
        assert.isTrue(expected.subarray(0, bytes.length).equals(bytes))
      }
      for (const { message, messageId, receipts } of tracked) {
        const [{ outcome } = { outcome: Receipt.skipped("no receipt") }] = yield* receipts
        if (outcome._tag === "Delivered") assert.isTrue(sent.has(messageId))
        const id = Number(messageId.slice(1))
        assert.deepStrictEqual(message, messageOf(id, sizes[id]!))
      }
    })

  it("has its own bytes, however early it is answered, cut, retried or split", () =>
    fc.assert(
      fc.asyncProperty(run, (one) =>
        Effect.runPromise(Effect.provide(program(one), [TestClock.layer(), Logger.layer([])]))
      ),
      { numRuns: 50 }
    ))
})
