import { assert, describe, it } from "@effect/vitest"
import { runUnknown } from "../../core/test/simulation/seeds.ts"
import { openModel } from "./simulation/databases.ts"
import { generate } from "./simulation/generate.ts"
import { outbox } from "./simulation/outbox.ts"
import { run } from "./simulation/world.ts"

/** So many reach each state that is counted below. `npm run simulate:outbox` runs any number. */
const programs = 200

describe("the simulation of the outbox", () => {
  it("runs a seed the same way again", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const program = { ...generate(seed), database: "memory" } as const
      const [first, second] = [run(program, openModel), run(program, openModel)].map(
        ({ claims, logged, receipts, sent, turns }) => ({
          turns,
          logged,
          sent: sent.map(({ at, process, sink, taken }) => [at, process.name, sink, taken]),
          claims: claims.map(({ at, claim, completed, process }) => [at, process.name, claim.sink, claim.n, completed]),
          receipts: receipts.map(({ process, receipt, turn }) => [
            process.name,
            turn,
            receipt.messageId,
            receipt.outcome
          ])
        })
      )
      assert.deepStrictEqual(first, second)
    }
  })

  it(`finds no law broken in ${programs} programs that nobody has run before`, { timeout: 300_000 }, async () => {
    const reached = await runUnknown(outbox, programs, "npm run simulate:outbox")
    for (const [name, count] of Object.entries(reached)) assert.isAbove(count, 0, name)
  })
})
