import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const run = promisify(execFile)
const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`

describe("memory in an outage", () => {
  for (const whenFull of ["refuse", "dropOldest"]) {
    it(`stays within the buffer's bound: ${whenFull}`, async () => {
      const { stdout } = await run(process.execPath, [
        "--expose-gc",
        join(import.meta.dirname, "outage.ts"),
        "segment",
        whenFull,
        "110000"
      ])
      const { capacity, early, empty, late, messageBytes, messages, metrics, most } = JSON.parse(stdout)
      assert.strictEqual(metrics.buffered, capacity)
      assert.strictEqual(metrics.dropped, messages - capacity)
      // A message exists as an object and as JSON, and in a batch being sent two more times as text.
      const bound = capacity * messageBytes * 4
      process.stdout.write(
        `${whenFull}: ${messages} messages of ${messageBytes} bytes, a buffer of ${capacity}: the heap was ${megabytes(empty)} ` +
          `at the start, ${megabytes(early)} after ${10 * capacity}, ${megabytes(most)} at most, ${megabytes(late)} at the end; ` +
          `the bound is ${megabytes(empty + bound)}\n`
      )
      assert.isAtMost(most - empty, bound)
      // Memory does not grow, however long the outage lasts.
      assert.isAtMost(late - early, bound / 8)
    })
  }
})
