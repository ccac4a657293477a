import { execFile } from "node:child_process"
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const here = import.meta.dirname
const root = join(here, "../../..")
const run = promisify(execFile)

/** Examples in doc comments of the packages' public modules, and those of the READMEs. */
const sources = [
  ...globSync("packages/*/src/*.ts", { cwd: root }).filter((name) => !name.includes(".test")),
  ...globSync("packages/*/README.md", { cwd: root }),
  "README.md"
].toSorted()
const examples = sources.flatMap((name) => {
  const text = readFileSync(join(root, name), "utf8").replaceAll(/^ \* ?/gm, "")
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code], index) => ({
    name: `${relative("packages", name)} ${index + 1}`,
    code: code!
  }))
})

/** What an example says it prints: the comments behind and below its console.log. */
const promised = (code: string): string => {
  let printing = false
  const said: Array<string> = []
  for (const line of code.split("\n")) {
    const comment = /(?:^|\s)\/\/ (.*)$/.exec(line)?.[1]
    const statement = line.trim() !== "" && !line.trim().startsWith("//")
    if (statement) {
      printing = line.includes("console.log(") || line.includes("Console.sink(") || (printing && comment !== undefined)
    }
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
    copyFileSync(join(here, "database.ts"), join(folder, "database.ts"))
    examples.forEach(({ code }, index) => writeFileSync(file(index), code))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../../tsconfig.base.json",
        compilerOptions: {
          noEmit: true,
          declaration: false,
          declarationMap: false,
          types: ["node"],
          noUnusedLocals: false,
          allowImportingTsExtensions: true
        },
        include: ["*.ts"]
      })
    )
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("compiles", async () => {
    const printed = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    assert.strictEqual(printed, "")
  })

  it.each(examples.flatMap(({ code, name }, index) => (code.includes("vitest") ? [] : [[name, index] as const])))(
    "of %s prints what it says",
    async (_, index) => {
      const { stderr, stdout } = await run(process.execPath, [file(index)], { env: { ...process.env, NO_COLOR: "1" } })
      assert.strictEqual(stderr, "")
      assert.strictEqual(normal(stdout), normal(promised(examples[index]!.code)))
    }
  )
})
