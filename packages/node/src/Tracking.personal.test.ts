import { InMemory } from "@trackmap/testing"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { Actor, Entity, EventSink, Pii, Plan, TrackedEvent, Tracking } from "./index.ts"

const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
const SignedUp = TrackedEvent.make("signedUp", { entities: { buyer: Buyer } })
const hash = EventSink.redact({ hash: Redacted.make("key") })

describe("a sink that hashes personal data", () => {
  it("gets every call before close, in order, though nobody awaited one", async () => {
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ sinks: memory.sink.pipe(hash), flushAtExit: false })
    const ids = Array.from({ length: 200 }, (_, id) => id)
    for (const id of ids) void tracking.track(SignedUp, { buyer: { id, email: `${id}@example.com` } })
    await tracking.close()
    assert.deepStrictEqual(
      memory.received.map((message) => message.type === "track" && message.properties["Buyer_id"]),
      ids
    )
    assert.notInclude(JSON.stringify(memory.received), "@example.com")
  })
})

describe("a sink that drops personal data", () => {
  it("gets no traits and no address without a declaration, says so, and gets the rest once the plan declares them", async () => {
    const context = { ip: "10.0.0.7", traits: { email: "peach@example.com" }, locale: "de" }
    const outcomeOf = async (plan: Plan.Plan) => {
      const memory = InMemory.makeUnsafe()
      const tracking = Tracking.make({
        sinks: EventSink.redact(memory.sink, "drop"),
        plan,
        flushAtExit: false,
        log: () => {}
      })
      const call = await Actor.run({ userId: "u-1", context }, () =>
        tracking.identify({ email: "peach@example.com", tier: "pro" })
      )
      await tracking.close()
      return { outcome: (await call.receipts)[0]!.outcome, received: memory.received }
    }
    const undeclared = await outcomeOf(Plan.make(SignedUp))
    assert.deepStrictEqual(undeclared.received, [])
    assert.match(JSON.stringify(undeclared.outcome), /declare it with Plan.calls\(\{ identify: /)

    const traits = { email: Pii.personal(Schema.String), tier: Schema.String }
    const { received } = await outcomeOf(Plan.make(SignedUp).pipe(Plan.calls({ identify: traits })))
    const [message] = received
    assert.deepStrictEqual(message?.type === "identify" && message.traits, { tier: "pro" })
    const { trackingPlan: _, ...known } = message?.context ?? {}
    assert.deepStrictEqual(known, { traits: {}, locale: "de" })
  })
})
