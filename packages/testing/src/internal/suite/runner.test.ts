import { afterEach, describe, expect, it, vi } from "vitest"
import type { Runner } from "../../Runner.ts"
import { suiteOf } from "./runner.ts"

const recording = () => {
  const calls: Array<string> = []
  const runner: Runner = {
    describe: (name, body) => {
      calls.push(`describe ${name}`)
      body()
    },
    it: (name, _, timeout) => calls.push(`it ${name} within ${timeout}`)
  }
  const register = (given?: Runner) => {
    const suite = suiteOf("SinkConformance.suite", given)
    suite.describe("a sink", () => suite.it("delivers", async () => {}))
    return calls
  }
  return { calls, register, runner }
}
const registered = ["describe a sink", "it delivers within 60000"]

describe("the runner of a suite", () => {
  afterEach(() => void vi.unstubAllGlobals())

  it("is the one that is given", () => {
    const { register, runner } = recording()
    expect(register(runner)).toEqual(registered)
  })

  it("is the global one by default", () => {
    const { register, runner } = recording()
    vi.stubGlobal("describe", runner.describe)
    vi.stubGlobal("it", runner.it)
    expect(register()).toEqual(registered)
  })

  it("is asked for if there is none", () => {
    expect(() => recording().register()).toThrow(
      `SinkConformance.suite found no test runner: there are no global functions "describe" and "it". Pass your runner's as an option, runner: { describe, it }, with import { describe, it } from "vitest", or from "node:test".`
    )
    const { describe } = recording().runner
    expect(() => recording().register({ describe } as unknown as Runner)).toThrow(
      `SinkConformance.suite needs "describe" and "it" of your test runner, both functions, in its option "runner".`
    )
  })
})
