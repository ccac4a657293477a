import { existsSync, globSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import type { BuildOptions } from "esbuild"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import type { Running } from "../../../apps/examples/src/test/suite.ts"
import { run } from "../run.ts"
import { bundleWith, serve } from "../worker/workerd.ts"
import type { Results } from "./vitest.ts"

const node = join(import.meta.dirname, "../../../packages/node")
const vitest = join(import.meta.dirname, "../../../node_modules/vitest/vitest.mjs")

/** The files that workerd cannot run, and why. */
const withoutFiles: Readonly<Record<string, string>> = {
  "src/DeadLetterFile.test.ts": "keeps files, and a worker has none that outlive a request",
  "src/HttpTransport.test.ts": "starts servers, and a worker listens on no port of its own",
  "src/Tracking.ends.test.ts": "starts processes",
  "src/Tracking.exit.test.ts": "starts processes",
  "src/Tracking.frozen.test.ts": "starts processes",
  "src/copies.test.ts": "installs copies of the packages, and a worker loads nothing later",
  "src/internal/exit.test.ts": "sends signals, and a worker gets none",
  "src/internal/http.test.ts": "starts servers, and a worker listens on no port of its own",
  "src/internal/turns.test.ts": "loads its module again for other platforms, and a worker loads nothing later",
  "test/types.test.ts": "asks TypeScript's language server, which is a process"
}

/** Parts of the titles of other tests that workerd cannot run, and why. */
const withoutTests: Readonly<Record<string, string>> = {
  "a sink with promises, when ": "starts servers",
  "rejects an event that is made to fail, with an error": "compares what Node prints of an error",
  "under fake timers": "has the fake timers of vitest",
  "sleeps as long as it is told": "has the fake timers of vitest",
  "the platform's own Temporal": "has a Temporal, and workerd has none",
  "keeps no process alive": "starts processes",
  "once a process has nothing else to do": "sends what Node sends a process that ends"
}

const files = globSync("{src,test}/**/*.test.ts", { cwd: node }).filter((file) => !(file in withoutFiles))
const without = Object.keys(withoutTests)
const isLeftOut = (title: string): boolean => without.some((part) => title.includes(part))

/** The titles of a file's tests, as vitest finds them. */
const listed = async (): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const { printed } = await run(process.execPath, [vitest, "list", ...files, "--no-static-parse", "--json"], {
    cwd: node
  })
  const tests: ReadonlyArray<{ readonly name: string; readonly file: string }> = JSON.parse(printed)
  const titles = Map.groupBy(tests, ({ file }) => relative(node, file))
  return new Map([...titles].map(([file, all]) => [file, all.map(({ name }) => name)]))
}

/** A worker that evaluates a file and runs its tests in a request. */
const worker = `
import { run } from ${JSON.stringify(join(import.meta.dirname, "vitest.ts"))}
const files = {
  ${files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(node, file))})`).join(",\n  ")}
}
export default {
  fetch: async (request) => {
    const { file, without } = await request.json()
    return Response.json(await run(files[file], (title) => without.some((part) => title.includes(part))))
  }
}`

describe("the promise face's own tests, in workerd,", () => {
  let folder: string
  let running: Running
  let all: ReadonlyMap<string, ReadonlyArray<string>>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trackmap-workerd-"))
    const options: BuildOptions = {
      stdin: { contents: worker, resolveDir: import.meta.dirname },
      alias: { vitest: join(import.meta.dirname, "vitest.ts") },
      // Tests that do not run still read these when the file is evaluated.
      define: { "import.meta.url": '"file:///worker.js"', "import.meta.dirname": '"/"' },
      external: ["node:*"]
    }
    await bundleWith(options, "nodejs_compat", folder)
    running = await serve(folder, {})
    all = await listed()
  })
  afterAll(async () => {
    await running?.close()
    await rm(folder, { recursive: true })
  })

  it("leave out only what vitest finds", () => {
    const titles = [...all.values()].flat()
    assert.deepStrictEqual(
      without.filter((part) => !titles.some((title) => title.includes(part))),
      []
    )
    assert.deepStrictEqual(
      Object.keys(withoutFiles).filter((file) => !existsSync(join(node, file))),
      []
    )
  })

  it.each(files)("hold in %s", async (file) => {
    const answer = await fetch(running.url, { method: "POST", body: JSON.stringify({ file, without }) })
    assert.strictEqual(answer.status, 200, await answer.clone().text())
    const { failed, passed } = (await answer.json()) as Results
    assert.deepStrictEqual(failed, [])
    assert.lengthOf(passed, all.get(file)!.filter((title) => !isLeftOut(title)).length)
  })
})
