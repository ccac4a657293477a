import { execFile } from "node:child_process"
import { once } from "node:events"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import { Worker } from "node:worker_threads"
import { build } from "esbuild"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Example, examplesOf, normal, promised } from "./examples.ts"

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

/**
 * What is bundled with the examples, which share it: most of the time that an example takes is Node's for finding and reading its modules.
 * @trackmap/duckdb starts a file of its own.
 */
const bundled = /^(?:#|effect\/|@effect\/|@trackmap\/(?!duckdb))/

/**
 * What a program prints. It runs in a thread with modules, an environment and an exit of its own, as in a process, of which Node would take
 * twice as long to start each. Threads share the compiled code of what is bundled.
 */
const outputOf = async (program: string, cache: string): Promise<string> => {
  const env = { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: cache }
  const worker = new Worker(program, { env, execArgv: [], stderr: true, stdout: true })
  const [stdout, stderr, [code]] = await Promise.all([text(worker.stdout), text(worker.stderr), once(worker, "exit")])
  assert.strictEqual(code, 0, stderr)
  return `${stdout}\n${stderr}`
}

/** What vitest says of the files that it has run. */
interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{ readonly failureMessages: ReadonlyArray<string> }>
  }>
}

describe("every example", () => {
  const all = mkdtempSync(join(here, "../.examples-"))

  beforeAll(async () => {
    for (const { code, file, folder } of examples) {
      mkdirSync(join(all, folder), { recursive: true })
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
    await build({
      entryPoints: printing.map(({ file, folder }) => join(all, folder, file)),
      outbase: all,
      outdir: join(all, "built"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      keepNames: true,
      logLevel: "error",
      plugins: [
        {
          name: "externals",
          setup: ({ onResolve }) =>
            onResolve({ filter: /^[^./]/ }, ({ path }) => (bundled.test(path) ? undefined : { external: true }))
        }
      ]
    })
  })
  afterAll(() => rmSync(all, { recursive: true, force: true }))

  it("compiles", async () => {
    const printed = await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", all]).then(
      () => "",
      (error: { readonly stdout: string }) => error.stdout
    )
    assert.strictEqual(printed, "")
  })

  let reported: Promise<Report> | undefined
  /** Runs all of the tests at once. */
  const report = async (): Promise<Report> => {
    const vitest = join(root, "node_modules/vitest/vitest.mjs")
    const file = join(all, "report.json")
    const files = tests.map((example) => join(example.folder, example.file))
    // The files share the modules that they load.
    const options = ["--root", all, "--no-isolate", "--testTimeout=120000", "--reporter=json", "--outputFile", file]
    await run(process.execPath, [vitest, "run", ...options, ...files], {
      env: { ...process.env, NO_COLOR: "1" }
    }).catch(() => {})
    return JSON.parse(readFileSync(file, "utf8"))
  }

  const kinds = {
    "prints what it says": async (example: Example) => {
      const { code, file, folder } = example
      // One that looks for a file beside its own is run where that is.
      const program = code.includes("import.meta")
        ? join(all, folder, file)
        : join(all, "built", folder, file.replace(/ts$/, "js"))
      assert.strictEqual(normal(await outputOf(program, join(all, "cache"))), normal(promised(example)))
    },
    "passes as a test": async ({ file, folder }: Example) => {
      const { testResults } = await (reported ??= report())
      const result = testResults.find(({ name }) => name === join(all, folder, file))
      assert.isDefined(result)
      const { assertionResults, message, status } = result
      const failures = assertionResults.flatMap(({ failureMessages }) => failureMessages)
      assert.strictEqual(status, "passed", [message, ...failures].join("\n"))
      assert.isNotEmpty(assertionResults)
    }
  }
  const prints = printing.map((example) => [example.name, "prints what it says", example] as const)
  const [first, ...others] = tests.map((example) => [example.name, "passes as a test", example] as const)

  // The tests wait for servers most of the time, while the others run.
  it.concurrent.each([first!, ...prints, ...others])("of %s %s", (_, kind, example) => kinds[kind](example), 300_000)
})
