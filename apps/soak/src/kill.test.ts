import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { expect, it } from "vitest"

it("kills services and relays, and finds every committed change at every vendor", () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "kill.ts"), "--rounds", "3", "--seed", "6", "--database", "sqlite"],
    { encoding: "utf8" }
  )
  expect(stdout).toMatch(/[0-9]+ changes were committed, and each has its message\n/)
  expect(stdout).not.toContain("BROKEN")
  expect(status).toBe(0)
})
