import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const folder = fileURLToPath(new URL(".", import.meta.url))
const bin = (name: string, path: string): string =>
  createRequire(import.meta.url)
    .resolve(`${name}/package.json`)
    .replace("package.json", path)

/** One test of each suite. The others are slower and use the runner in the same way. */
const tests = "returns one receipt per message, in order|503, and then recovers"

const runners: Readonly<Record<string, ReadonlyArray<string>>> = {
  "node --test": ["--test", "--test-reporter=spec", `--test-name-pattern=/${tests}/`, `${folder}node.mjs`],
  jest: [
    "--experimental-vm-modules",
    bin("jest", "bin/jest.js"),
    `--config=${JSON.stringify({ rootDir: folder, testMatch: ["**/jest.mjs"], transform: {} })}`,
    `--testNamePattern=${tests}`
  ]
}

const run = (runner: string, sink: "broken" | "whole") =>
  new Promise<{ readonly code: number | null; readonly printed: string }>((resolve) => {
    const env = { ...process.env, SINK: sink, FORCE_COLOR: "0", NO_COLOR: "1" }
    const child = spawn(process.execPath, runners[runner]!, { env, cwd: folder })
    let printed = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (printed += text))
    child.once("close", (code) => resolve({ code, printed }))
  })

for (const runner of Object.keys(runners)) {
  describe(`under ${runner}`, () => {
    it("the suites pass for a sink that keeps the laws", async () => {
      const { code, printed } = await run(runner, "whole")
      expect([code, printed]).toEqual([0, expect.stringMatching(/\b2 passed|\bpass 2\b/)])
    })

    it("the suites fail for one that breaks them, and print which messages are wrong", async () => {
      const { code, printed } = await run(runner, "broken")
      expect([code, printed]).toEqual([1, expect.stringMatching(/\b2 failed|\bfail 2\b/)])
      expect(printed).toContain("10 of 30 messages did not arrive, although their receipts say that they did:")
      expect(printed).toMatch(/\n +[0-9a-f-]{36}: Delivered by "memory" after 1 attempt\n/)
      expect(printed).toContain("… and 5 more")
      expect(printed).toContain("Expected 20 Delivered of 20 receipts, and got 10 Rejected and 10 Delivered:")
      expect(printed).toMatch(/\n +[0-9a-f-]{36}: Rejected by "http" after 1 attempt: status 503\n/)
    })
  })
}
