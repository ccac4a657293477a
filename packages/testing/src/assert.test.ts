import { isDeepStrictEqual } from "node:util"
import { Actor, EventSink, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import * as assert from "./assert.ts"
import { InMemory } from "./index.ts"
import { matchers } from "./jest.ts"

const SignedUp = TrackedEvent.make("signedUp", {
  properties: { plan: Schema.String, tags: Schema.Array(Schema.String) }
})
const SignedOut = TrackedEvent.make("signedOut")

const received = async () => {
  const memory = InMemory.makeUnsafe()
  const program = Effect.all([
    Tracker.track(SignedUp, { properties: { plan: "pro", tags: ["a"] } }, { messageId: "m1" }),
    Tracker.track(SignedUp, { properties: { plan: "pro", tags: [] } }, { messageId: "m2" }),
    Tracker.identify({ plan: "pro" }).pipe(Actor.as({ userId: "u1" })),
    Tracker.group("g1", { seats: 3 })
  ])
  await Effect.runPromise(Effect.provide(program, Tracker.layer(memory.sink)))
  return memory
}
const failure = (assertion: () => void): string => {
  try {
    assertion()
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return "it passed"
}

describe("an assertion for any runner", () => {
  it("passes for what the sink received", async () => {
    const memory = await received()
    assert.tracked(memory, SignedUp)
    assert.tracked(memory.sink, SignedUp, { plan: "pro", tags: ["a"] })
    assert.notTracked(memory, SignedUp, { plan: "free" })
    assert.notTracked(memory, SignedOut)
    assert.trackedTimes(memory, SignedUp, 2)
    assert.trackedTimes(memory, SignedUp, 1, { tags: [] })
    assert.identified(memory, "u1", { plan: "pro" })
    assert.grouped(memory, "g1", { seats: 3 })
    // @ts-expect-error: the event has no such key
    assert.notTracked(memory, SignedUp, { plans: "pro" })
  })

  it("fails with what arrived, and how the nearest message differs", async () => {
    const memory = await received()
    expect(failure(() => assert.tracked(memory, SignedUp, { plan: "free", tags: ["a"] }))).toBe(
      `AssertionError: expected the sink to have tracked signedUp with { plan: 'free', tags: [ 'a' ] }
the nearest message, m1, differs in
  plan: expected 'free', got 'pro'
these arrived: signedUp (2 times), identify of u1, group g1`
    )
    expect(failure(() => assert.notTracked(memory, SignedUp, { tags: ["a"] }))).toMatch(
      /^AssertionError: expected the sink not to have tracked signedUp with .*\nbut it has once: .*m1/s
    )
    expect(failure(() => assert.trackedTimes(memory, SignedUp, 3))).toContain("signedUp 3 times\nbut it has 2 times: ")
    expect(failure(() => assert.identified(memory, "u2"))).toContain("to have identified u2")
    expect(failure(() => assert.grouped(memory, "g1", { seats: 4 }))).toContain("seats: expected 4, got 3")
    expect(
      failure(() =>
        assert.tracked(
          EventSink.filter(memory.sink, () => true),
          SignedOut
        )
      )
    ).toContain("needs the result of InMemory.make")
  })
})

describe("Jest's matchers", () => {
  /** Jest's `this`, as far as matchers use it. */
  const context = {
    equals: (a: unknown, b: unknown) => isDeepStrictEqual(a, b),
    utils: { stringify: JSON.stringify, iterableEquality: undefined }
  }

  it("look for the same", async () => {
    const memory = await received()
    const { toHaveGrouped, toHaveIdentified, toHaveTracked, toHaveTrackedTimes } = matchers
    expect(toHaveTracked.call(context, memory, SignedUp, { plan: "pro" }).pass).toBe(true)
    expect(toHaveTrackedTimes.call(context, memory, SignedUp, 2).pass).toBe(true)
    expect(toHaveIdentified.call(context, memory, "u1").pass).toBe(true)
    expect(toHaveGrouped.call(context, memory, "g1", { seats: 3 }).pass).toBe(true)
    const { message, pass } = toHaveTracked.call({ ...context, isNot: true }, memory, SignedUp, { plan: "pro" })
    expect(pass).toBe(true)
    expect(message()).toMatch(/^expected the sink not to have tracked signedUp with {"plan":"pro"}\nbut it has 2 times/)
    expect(toHaveTracked.call(context, memory, SignedUp, { plan: "free" }).message()).toContain(
      `plan: expected "free", got "pro"`
    )
  })
})
