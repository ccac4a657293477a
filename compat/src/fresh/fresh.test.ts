import { assert, describe, it } from "vitest"
import { fresh } from "./fresh.ts"

describe("a fresh Express service", () => {
  it("tracks its first event, and has a lock file, a diff and a catalogue, by a few commands", async () => {
    const steps = await fresh(() => {})
    const printed = (command: string) => steps.find((step) => step.command.startsWith(command))!.printed
    assert.deepStrictEqual(
      steps.filter(({ code }) => code !== 0).map(({ code, command }) => [command, code]),
      [["npx trackmap diff", 10]]
    )
    assert.match(
      printed("npx trackmap init"),
      /^A service with Express, in JavaScript \(ESM\), with npm and node:test$/m
    )
    assert.match(printed("node --test"), /pass 1\n/)
    assert.match(printed("node order.cjs"), /track {2}orderPlaced {2}user user-1\n/)
    assert.strictEqual(printed("npx trackmap lock"), "trackmap.lock: new, 1 event, 4 keys")
    assert.match(printed("npx trackmap diff"), /became "open" \| "paid" \| "cancelled"/)
    assert.strictEqual(printed("npx trackmap catalog"), "tracking-plan: 3 pages written, 0 removed")
    assert.strictEqual(steps.at(-1)!.printed, "there is a plan already: tracking/plan.js")
  })
})
