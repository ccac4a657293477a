import { execFile } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { examplesOf, normal, promised } from "./examples.ts"

const here = import.meta.dirname
const root = join(here, "../../..")
const run = promisify(execFile)

/** The doc comments of the packages' public modules, the READMEs, and the documentation. */
const sources = [
  ...globSync("packages/*/src/*.ts", { cwd: root }).filter((name) => !name.includes(".test")),
  ...globSync("packages/*/README.md", { cwd: root }),
  ...globSync("docs/**/*.md", { cwd: root }),
  "README.md"
].toSorted()
const examples = sources.flatMap((name) =>
  examplesOf(name, readFileSync(join(root, name), "utf8").replaceAll(/^ \* ?/gm, ""))
)
const printing = examples.filter(({ runs }) => runs)
const tests = examples.filter(({ file }) => file.endsWith(".test.ts"))

describe("every example", () => {
  const all = mkdtempSync(join(here, "../.examples-"))

  beforeAll(() => {
    for (const { code, file, folder } of examples) {
      mkdirSync(join(all, folder), { recursive: true })
      // Two blocks of one text that have one name are one too many.
      writeFileSync(join(all, folder, file), code, { flag: "wx" })
      if (code.includes(`"./database.ts"`)) {
        const database = relative(join(all, folder), join(here, "database.ts"))
        writeFileSync(join(all, folder, "database.ts"), `export * from "${database}"\n`)
      }
    }
    writeFileSync(
      join(all, "tsconfig.json"),
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
        include: ["**/*.ts"]
      })
    )
  })
  afterAll(() => rmSync(all, { recursive: true, force: true }))

  it("compiles", async () => {
    const printed = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", all]).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    assert.strictEqual(printed, "")
  })

  it.concurrent.each(printing.map((example) => [example.name, example] as const))(
    "of %s prints what it says",
    async (_, example) => {
      const { stderr, stdout } = await run(process.execPath, [join(all, example.folder, example.file)], {
        env: { ...process.env, NO_COLOR: "1" }
      })
      assert.strictEqual(normal(`${stdout}\n${stderr}`), normal(promised(example)))
    }
  )

  it.each(tests.map((example) => [example.name, example] as const))(
    "of %s passes as a test",
    async (_, { file, folder }) => {
      const vitest = join(root, "node_modules/vitest/vitest.mjs")
      await run(process.execPath, [vitest, "run", "--root", join(all, folder), file], {
        env: { ...process.env, NO_COLOR: "1" }
      }).catch((error: { readonly stdout: string; readonly stderr: string }) =>
        assert.fail(error.stdout + error.stderr)
      )
    }
  )
})
