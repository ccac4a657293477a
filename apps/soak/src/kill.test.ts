import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, it } from "vitest"

const kill = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [join(import.meta.dirname, "kill.ts"), ...args, "--database", "sqlite"], {
    encoding: "utf8"
  })

it("kills services and relays, and finds every committed change at every vendor", () => {
  const { status, stdout } = kill("--rounds", "3", "--seed", "6")
  expect(stdout).toMatch(/[0-9]+ changes were committed, and each has its message\n/)
  expect(stdout).not.toContain("BROKEN")
  expect(status).toBe(0)
})

it("runs the scenarios that you name, and counts what arrives", () => {
  const { status, stdout } = kill("faults", "--only", "unreadable")
  expect(stdout).toMatch(/unreadable on sqlite: .*\n {4}[0-9]+ committed, 0 missing\n/)
  expect(stdout).toContain("5 × dead letters of each sink")
  expect(status).toBe(0)
})
