import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const page = readFileSync(join(root, "docs/your-orm.md"), "utf8")
const blocks = [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, file = "", code = ""]) => ({ file, code }))

/** A text without whitespace, which a formatter may change. */
const condensed = (text: string): string => text.replaceAll(/\s/g, "")

describe("the page of ORMs", () => {
  it("has no block of code that is not a part of these suites", () => {
    assert.isNotEmpty(blocks)
    assert.strictEqual(page.split("```ts").length - 1, blocks.length)
  })

  it.each(blocks.map(({ code, file }, index) => [index + 1, file, code] as const))(
    "quotes in block %i what %s has",
    (_, file, code) => {
      assert.include(condensed(readFileSync(join(root, file), "utf8")), condensed(code))
    }
  )
})
