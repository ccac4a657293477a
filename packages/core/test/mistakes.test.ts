/** The first line of what the compiler says of a mistake: it is what an editor underlines, and what a terminal shows last. */
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "vitest"

const fixtures = join(import.meta.dirname, "fixtures")
const tsc = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc")

/** The first lines by the name of the export with the mistake: one each, or the mistake has more than one message. */
const firstLines = async (): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const lines = readFileSync(join(fixtures, "mistakes.ts"), "utf8").split("\n")
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, "-p", join(fixtures, "mistakes.json"), "--pretty", "false"], (_, stdout) =>
      resolve(stdout)
    )
  })
  const found = new Map<string, Array<string>>()
  for (const [, line, text] of output.matchAll(/^[^\s(]*mistakes\.ts\((\d+),\d+\): error TS\d+: (.*)$/gm)) {
    const above = lines.slice(0, Number(line)).findLast((one) => one.startsWith("export const"))
    const name = /^export const (\w+)/.exec(above ?? "")![1]!
    found.set(name, [...(found.get(name) ?? []), text!])
  }
  return found
}

describe("the first line of what the compiler says", () => {
  let found: ReadonlyMap<string, ReadonlyArray<string>>
  beforeAll(async () => {
    found = await firstLines()
  }, 120_000)

  /** In a pipe, where the sentence comes first and no line about the pipe before it. */
  const refused = (sentence: string): RegExp => {
    const escaped = sentence.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    return new RegExp(`^Argument of type 'Refused<"${escaped}">' is not assignable`)
  }
  const notJson = "the output of this schema is not JSON: transform it to a string, a number or other JSON"

  it.each<readonly [name: string, line: RegExp]>([
    ["wrongRow", refused('the rows of this resolver have no fitting \\"name\\", which Product needs')],
    ["wrongRows", refused('the rows of this resolver have no fitting \\"name\\", which Product needs')],
    ["notAnArray", refused("a to-many relation resolves to an array of rows")],
    [
      "mayBeUndefined",
      refused(
        "this resolver can return undefined, which means that the relation was not loaded: return null for no row, or pass { optional: true }"
      )
    ],
    ["notANumber", refused("name of Product is not a number")],
    ["noSuchAttribute", refused("Product has no attribute weight")],
    [
      "noAggregate",
      refused("a to-many relation needs an aggregate: Aggregate.count, Aggregate.list({ max: 10 }) or another")
    ],
    ["notJsonComputed", refused(notJson)],
    ["notJson", new RegExp(`^Type 'ZodDate' is not assignable to type 'ZodDate & "${notJson}"'`)],
    [
      "comesLater",
      /^Argument of type '\{ id: number; \}' is not assignable to parameter of type '"Order has resolvers that do not answer at once: use Entity\.values"'\.$/
    ],
    ["noSuchKey", /^Type '"uuid"' is not assignable to type '"id"'\.$/],
    ["noSuchField", /^Type .* is not assignable to type .*"the schema has no field secret"/],
    ["noSuchName", /^Object literal may only specify known properties, and 'uuid' does not exist in type/],
    ["byName", /^Argument of type 'string' is not assignable to parameter of type 'AnyTrackedEvent'\.$/],
    ["noEvent", /is not assignable to parameter of type 'AnyTrackedEvent'\.$/],
    ["lacksAField", /^Property 'qty' is missing in type '\{ id: number; \}' but required in type/],
    ["lacksARow", /^Property 'line' is missing in type '\{ id: number; products: never\[\]; \}' but required in type/],
    ["lacksRows", /^Type '\{ id: number; \}' is missing the following properties from type .*: line, products$/],
    ["lacksARowOfValues", /^Property 'line' is missing in type '\{ id: number; products: never\[\]; \}'/],
    ["lacksAFieldOfARow", /^Property 'qty' is missing in type '\{ id: number; \}' but required in type 'LineRow'\.$/],
    ["wrongProperty", /^Type '"fax"' is not assignable to type '"phone" \| "shop"'\.$/],
    [
      "traitNotJson",
      /^Type 'Date' is not assignable to type 'Date & "this trait is not JSON: make it a string, a number or other JSON"'/
    ]
  ])("of %s", (name, line) => {
    const [first, ...others] = found.get(name) ?? []
    assert.match(first ?? "", line)
    assert.deepStrictEqual(others, [])
  })

  it("is nothing where there is no mistake", () => {
    for (const name of ["anInterface", "required"]) assert.isUndefined(found.get(name))
  })
})
