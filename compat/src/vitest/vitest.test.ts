import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { run } from "../run.ts"

const vitest = join(import.meta.dirname, "../../../node_modules/vitest/vitest.mjs")

const tests = (pool: string, env: Readonly<Record<string, string>> = {}) =>
  run(process.execPath, [vitest, "run", `--pool=${pool}`], {
    cwd: import.meta.dirname,
    env: { ...env, NO_COLOR: "1", FORCE_COLOR: "0" }
  })

describe("a service's own tests with vitest", () => {
  it.each(["forks", "threads", "vmThreads"])("pass with the pool %s", async (pool) => {
    const { code, printed } = await tests(pool)
    assert.match(printed, /Tests +2 passed \(2\)/)
    assert.strictEqual(code, 0)
  })

  it("fail for what was not tracked, and print how the nearest message differs", async () => {
    const { code, printed } = await tests("forks", { EXPECTED_QTY: "6" })
    assert.match(printed, /Tests +1 failed \| 1 passed \(2\)/)
    assert.match(printed, /the nearest message, [0-9a-f-]{36}, differs in\n +OrderLine_qty: expected 6, got 5\n/)
    assert.strictEqual(code, 1)
  })
})
