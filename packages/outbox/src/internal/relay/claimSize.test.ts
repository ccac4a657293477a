import { assert, describe, it } from "@effect/vitest"
import { ClaimSize } from "./claimSize.ts"

const limits = { batch: 100, limit: 1_000, bytes: 10_000, lease: 30_000 }

describe("the size of claims", () => {
  it("grows while claims come full and go fast, and has about the bytes that it may have", () => {
    const size = new ClaimSize(limits)
    assert.strictEqual(size.next, 100)
    size.add(Array<number>(100).fill(10), 100, 5)
    assert.strictEqual(size.next, 200)
    size.add(Array<number>(200).fill(1_000), 200, 5)
    assert.strictEqual(size.next, 38)
  })

  it("shrinks when a claim takes a good part of its lease", () => {
    const size = new ClaimSize(limits)
    size.add(Array<number>(100).fill(10), 100, 5)
    size.add(Array<number>(200).fill(10), 200, 15_000)
    assert.strictEqual(size.next, 100)
  })

  it("stays as it is after a claim whose messages were all erased", () => {
    const size = new ClaimSize(limits)
    size.add([], 100, 5)
    assert.strictEqual(size.next, 100)
  })
})
