import { execFile } from "node:child_process"
import { globSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
/** The output of a tool if it finds faults in a package, otherwise "". */
const faultsOf = (folder: string, tool: string, ...args: ReadonlyArray<string>) =>
  new Promise<string>((resolve) =>
    execFile(
      join(import.meta.dirname, "../../node_modules/.bin", tool),
      args,
      { cwd: folder },
      (error, stdout, stderr) => resolve(error === null ? "" : stdout + stderr)
    )
  )

describe.each(globSync("packages/*", { cwd: root }).toSorted())("%s, as it is published", (name) => {
  const folder = join(root, name)

  it("has every file that its package.json names", async () => {
    assert.strictEqual(await faultsOf(folder, "publint", "--strict"), "")
  })

  it("is resolved with its types by each of TypeScript's ways", async () => {
    assert.strictEqual(await faultsOf(folder, "attw", "--pack", ".", "--profile", "esm-only"), "")
  })
})
