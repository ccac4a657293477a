/** The declarations that the compiler emits of entities, which grow with the depth of their relations. */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, it } from "vitest"

const fixtures = join(import.meta.dirname, "fixtures")
const tsc = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc")

it("the declaration of a related entity is its name where it is an interface, as docs/compatibility.md shows", async () => {
  const out = await mkdtemp(join(tmpdir(), "declarations-"))
  try {
    await promisify(execFile)(process.execPath, [tsc, "-p", join(fixtures, "declarations.json"), "--outDir", out])
    const text = await readFile(join(out, "test/fixtures/declarations.d.ts"), "utf8")
    const of = (name: string): string =>
      new RegExp(`declare const ${name}: .*?\\n(?=export |declare )`, "s").exec(text)![0]
    assert.include(of("Line"), "Entity.One<Product,")
    assert.notInclude(of("Line"), '"Maker"')
    assert.include(of("Expanded"), '"Maker"')
  } finally {
    await rm(out, { recursive: true })
  }
}, 60_000)
