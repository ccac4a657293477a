import { assert, describe, it } from "@effect/vitest"
import { generate } from "./simulation/generate.ts"
import { runUnknown } from "./simulation/seeds.ts"
import { tracker } from "./simulation/tracker.ts"
import { run } from "./simulation/world.ts"

/** So many reach each state that is counted below. `npm run simulate` runs any number. */
const programs = 750

describe("the simulation", () => {
  it("runs a seed the same way again", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const program = generate(seed)
      const [first, second] = [run(program), run(program)].map(({ receipts, sent, turns }) => ({
        turns,
        sent: sent.map(({ began, ended, sink }) => ({ began, ended, sink })),
        receipts: receipts.map(({ at, receipt, turn }) => ({ at, turn, sink: receipt.sink, outcome: receipt.outcome }))
      }))
      assert.deepStrictEqual(first, second)
    }
  })

  it(`finds no law broken in ${programs} programs that nobody has run before`, { timeout: 300_000 }, async () => {
    const reached = await runUnknown(tracker, programs, "npm run simulate")
    for (const [name, count] of Object.entries(reached)) assert.isAbove(count, 0, name)
  })
})
