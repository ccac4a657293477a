/**
 * The test runner that `SinkConformance.suite` and `SinkFaults.suite` run in: vitest, node:test, Jest, or any other with `describe`
 * and `it`.
 *
 * @module
 */

/**
 * The two functions of your runner. By default the suites use global functions, which Jest has. With vitest (without its setting `globals`) and
 * node:test, import them.
 *
 * @example
 * ```ts
 * import { InMemory } from "@trackmap/testing"
 * import * as SinkConformance from "@trackmap/testing/SinkConformance"
 * import { describe, it } from "node:test" // or from "vitest", or "@jest/globals"
 *
 * export const run = () =>
 *   SinkConformance.suite("the in-memory sink", {
 *     runner: { describe, it },
 *     make: () => {
 *       const memory = InMemory.makeUnsafe()
 *       return { sink: memory.sink, received: () => memory.received.map(({ messageId }) => messageId) }
 *     }
 *   })
 * ```
 */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  /** `timeout` is in milliseconds. A runner without timeouts, such as node:test, ignores it. */
  readonly it: (name: string, body: () => Promise<void>, timeout: number) => unknown
}
