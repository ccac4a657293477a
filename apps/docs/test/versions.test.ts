import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "versions-"))
})
afterEach(() => rmSync(root, { recursive: true }))

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const run = () =>
  spawnSync(process.execPath, [join(import.meta.dirname, "../../../scripts/versions.ts"), root], { encoding: "utf8" })

describe("the versions of packages", () => {
  it("are written into the sources of each package that says its own", () => {
    write("packages/segment/package.json", `{ "version": "1.2.0" }`)
    write("packages/segment/src/internal/version.ts", `/** Its version. */\nexport const version = "0.0.0"\n`)
    write("packages/copied/package.json", `{ "version": "0.3.1-next.0" }`)
    write("packages/copied/src/version.ts", `export const version = "1.1.0"\n`)
    write("packages/silent/package.json", `{ "version": "2.0.0" }`)
    assert.strictEqual(run().stderr, "")
    assert.strictEqual(
      read("packages/segment/src/internal/version.ts"),
      `/** Its version. */\nexport const version = "1.2.0"\n`
    )
    assert.strictEqual(read("packages/copied/src/version.ts"), `export const version = "0.3.1-next.0"\n`)
  })

  it("end the release where a source has no place for it", () => {
    write("packages/copied/package.json", `{ "version": "1.2.0" }`)
    write("packages/copied/src/version.ts", `export const release = "0.0.0"\n`)
    const { status, stderr } = run()
    assert.strictEqual(status, 1)
    assert.include(stderr, join("packages/copied/src/version.ts has no line `version ="))
  })
})
