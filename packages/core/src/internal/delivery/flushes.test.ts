import { assert, describe, it } from "@effect/vitest"
import { Flushes } from "./flushes.ts"

const waiting = (...seqs: ReadonlyArray<number>) => {
  const flushes = new Flushes()
  const resumed: Array<number> = []
  const withdraw = seqs.map((seq) => flushes.add(seq, () => void resumed.push(seq)))
  return { flushes, resumed, withdraw }
}

describe("flushes", () => {
  it("go on once every message up to theirs has its receipt, and not before", () => {
    const { flushes, resumed } = waiting(1, 3, 2)
    flushes.resumeBefore(1)
    assert.deepStrictEqual(resumed, [])
    flushes.resumeBefore(3)
    assert.deepStrictEqual(resumed, [1, 2])
    assert.isFalse(flushes.none)
    flushes.resumeBefore(Number.POSITIVE_INFINITY)
    assert.deepStrictEqual(resumed, [1, 2, 3])
    assert.isTrue(flushes.none)
  })

  it("do not go on once they are withdrawn", () => {
    const { flushes, resumed, withdraw } = waiting(1, 1)
    withdraw[0]!()
    flushes.resumeBefore(2)
    assert.deepStrictEqual(resumed, [1])
  })
})
