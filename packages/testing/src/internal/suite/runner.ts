import type { Runner } from "../../Runner.ts"

/** A test's time limit in milliseconds: the slowest takes a few seconds on an idle machine. */
const timeout = 60_000

/** Registers tests with a runner, all with the same limit. */
export interface Suite {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, body: () => Promise<void>) => void
}

/** The runner that you pass, or the one with global functions. */
export const suiteOf = (caller: string, given: Runner | undefined): Suite => {
  const { describe, it }: Partial<Runner> = given ?? (globalThis as Partial<Runner>)
  if (typeof describe !== "function" || typeof it !== "function") {
    throw new TypeError(
      given === undefined
        ? `${caller} found no test runner: there are no global functions "describe" and "it". Pass your runner's as an option, runner: { describe, it }, with import { describe, it } from "vitest", or from "node:test".`
        : `${caller} needs "describe" and "it" of your test runner, both functions, in its option "runner".`
    )
  }
  return {
    describe: (name, body) => void describe(name, body),
    it: (name, body) => void it(name, body, timeout)
  }
}
