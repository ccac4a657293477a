import { assert, describe, it } from "@effect/vitest"
import { DefinitionError, Delivery, type Envelope, EventSink, type Message, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { impl, inspected } from "../test/service.ts"
import { plan, SignedUp } from "../test/wholesale.ts"
import * as Inspector from "./Inspector.ts"

const buyer = { id: 1, email: "ada@example.com", city: "London" }

const stored = (message: Message.Message): Delivery.Stored => {
  const envelope: Envelope.Envelope = { format: 1, message, purposes: [], consent: "all", personal: [], violations: [] }
  return { envelope, at: 0 }
}

/** Refuses the first attempt. */
const vendor = () => {
  let attempts = 0
  return EventSink.make({
    name: "segment",
    send: (batch) =>
      Effect.succeed(batch.all(attempts++ === 0 ? Receipt.rejected("ada@example.com?") : Receipt.delivered)),
    records: (message) => Effect.succeed([{ to: "POST /v1/batch", record: { ...message } }])
  })
}

describe("a relay that is observed, too", () => {
  it.effect("adds to each event what its sinks make of it, and each receipt", () =>
    Effect.gen(function* () {
      const relay = yield* Delivery.make(vendor(), { plan })
      const { deliver } = relay.sinks[0]!
      yield* inspected(
        Effect.gen(function* () {
          const inspector = yield* impl
          assert.deepStrictEqual(inspector.hello.sinks, ["memory", "segment"])
          const { message } = yield* Tracker.track(SignedUp, { buyer, properties: {} })
          yield* Tracker.flush
          const shown = () => Effect.map(inspector.event(message.messageId), (event) => event!.sinks[1]!)
          assert.deepInclude(yield* shown(), { sink: "segment", state: "buffered", receipt: undefined })

          yield* deliver([stored(message), stored({ ...message, messageId: "of another process" })])
          const refused = yield* shown()
          assert.deepInclude(refused, { state: "rejected" })
          assert.strictEqual(refused.receipt!.reason, "•••?")
          assert.strictEqual(refused.records[0]!.to, "POST /v1/batch")
          assert.include(JSON.stringify(refused.records), "London")
          assert.notInclude(JSON.stringify(refused), "ada@")

          yield* deliver([stored(message)])
          const delivered = yield* shown()
          assert.deepStrictEqual([delivered.state, delivered.attempts.length], ["delivered", 2])
          assert.strictEqual(inspector.store.size, 1)

          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(
            inspector.ticks.all[0]!.sinks.map(({ delivered, rejected, sink }) => [sink, delivered, rejected]),
            [
              ["memory", 1, 0],
              ["segment", 1, 2]
            ]
          )
        }),
        { options: { relay } }
      )
    }).pipe(Effect.scoped)
  )

  it.effect("is not asked to observe while the inspector keeps no event", () =>
    Effect.gen(function* () {
      const relay = yield* Delivery.make(vendor(), { plan })
      yield* inspected(
        Effect.gen(function* () {
          const { store } = yield* impl
          assert.isUndefined(store.relayed.observe({ type: "track", event: undefined }))
          yield* Tracker.page("Home")
          assert.isDefined(store.relayed.observe({ type: "track", event: undefined }))
        }),
        { options: { relay } }
      )
    }).pipe(Effect.scoped)
  )

  it("is refused when the inspector is made, if it is none", () => {
    for (const relay of [null, {}, { metrics: () => [], observe: () => {} }]) {
      assert.throws(
        () => Inspector.layer({ relay: relay as never }),
        DefinitionError.DefinitionError,
        "metrics and observe"
      )
    }
  })
})
