import { execFileSync, spawnSync } from "node:child_process"
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { installed } from "../../../scripts/installed.ts"

const script = join(import.meta.dirname, "../../../scripts/installed.ts")
const folder = mkdtempSync(join(tmpdir(), "trackmap-installed-"))
const write = (file: string, megabytes: number): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), Buffer.alloc(megabytes * 1e6))
}

beforeAll(() => {
  write("large/dist/index.js", 3)
  write("large/node_modules/nested/index.js", 2)
  write("@scope/small/index.js", 1)
  mkdirSync(join(folder, ".bin"))
  symlinkSync("../large/dist/index.js", join(folder, ".bin/large"))
  linkSync(join(folder, "large/dist/index.js"), join(folder, "large/copy.js"))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("the size of what is installed", () => {
  it("is counted by package, with its nested packages, and each file once", () => {
    assert.deepStrictEqual(Object.fromEntries(installed(folder)), { ".bin": 0, large: 5e6, "@scope/small": 1e6 })
  })

  it("is printed with the largest packages first", () => {
    const printed = execFileSync(process.execPath, [script, folder, "6"], { encoding: "utf8" })
    assert.strictEqual(
      printed,
      "node_modules has 6 MB, of 6 MB at most. The largest: large 5, @scope/small 1, .bin 0\n"
    )
  })

  it("fails above the limit, and says what to do", () => {
    const { status, stdout } = spawnSync(process.execPath, [script, folder, "5"], { encoding: "utf8" })
    assert.strictEqual(status, 1)
    assert.include(stdout, "compat/package.json")
  })
})
