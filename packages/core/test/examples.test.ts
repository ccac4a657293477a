import { execFile } from "node:child_process"
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const here = import.meta.dirname
const run = promisify(execFile)

/** Examples in doc comments of the source, and those of the README at the top. */
const sources = [
  ...readdirSync(join(here, "../src"))
    .filter((name) => name.endsWith(".ts") && !name.includes(".test"))
    .map((name) => ({ name, text: readFileSync(join(here, "../src", name), "utf8").replaceAll(/^ \* ?/gm, "") })),
  { name: "README.md", text: readFileSync(join(here, "../../../README.md"), "utf8") }
]
const examples = sources.flatMap(({ name, text }) =>
  [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({ name: `${name} ${index + 1}`, code: code! }))
)

/** What an example says it prints: the comments behind and below its console.log. */
const promised = (code: string): string => {
  let printing = false
  const said: Array<string> = []
  for (const line of code.split("\n")) {
    const comment = /(?:^|\s)\/\/ (.*)$/.exec(line)?.[1]
    const statement = line.trim() !== "" && !line.trim().startsWith("//")
    if (statement) printing = line.includes("console.log(") || (printing && comment !== undefined)
    if (printing && comment !== undefined) said.push(comment)
  }
  return said.join(" ")
}
/** The same but for line breaks and the kind of quotes. */
const normal = (text: string): string => text.replaceAll(/[\s]+/g, "").replaceAll(/['`]/g, '"').replaceAll('\\"', '"')

describe("every example", () => {
  const folder = mkdtempSync(join(here, "../.examples-"))
  const file = (index: number): string => join(folder, `example${index}.ts`)

  beforeAll(() => {
    copyFileSync(join(here, "fixtures/database.ts"), join(folder, "database.ts"))
    examples.forEach(({ code }, index) => writeFileSync(file(index), code))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../../tsconfig.base.json",
        compilerOptions: { noEmit: true, types: ["node"], noUnusedLocals: false },
        include: ["*.ts"]
      })
    )
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("compiles", async () => {
    const printed = await run(process.execPath, [
      join(here, "../../../node_modules/typescript/bin/tsc"),
      "-p",
      folder
    ]).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    assert.strictEqual(printed, "")
  })

  it.each(examples.map(({ name }, index) => [name, index] as const))("of %s prints what it says", async (_, index) => {
    const { stderr, stdout } = await run(process.execPath, [file(index)], { env: { ...process.env, NO_COLOR: "1" } })
    assert.strictEqual(stderr, "")
    assert.strictEqual(normal(stdout), normal(promised(examples[index]!.code)))
  })
})
