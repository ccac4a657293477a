import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"

const modules = join(import.meta.dirname, "../../node_modules")
const node = join(import.meta.dirname, "../../../packages/node")
const vitest = join(import.meta.dirname, "../../../node_modules/vitest/vitest.mjs")

/** The files that run on runtimes other than Node.js. The others start processes. */
const everywhere = [
  "Actor",
  "asyncContext",
  "EventSink",
  "HttpTransport",
  "Loader",
  "Tracking",
  "Tracking.temporal",
  "values"
].map((name) => `src/${name}.test.ts`)

/** These compare stacks and messages of Node, which other runtimes word differently. */
const wordsOfNode = ["rejects an event that is made to fail, with an error", "cannot be opened throws where"]
const without = (titles: ReadonlyArray<string>) => ["-t", `^(?!.*(${titles.join("|")})).*$`]

/** Deno behaves differently here, as the page on compatibility documents. */
const waysOfDeno = [
  "a transport on fetch.*reads a response that is compressed in an older way",
  // Deno reads the rest of a body (of a copy) to keep the connection.
  "a transport on fetch.*reads no byte of the body once a post has ended by a (?:refusal|success)$",
  // Deno resends the request by itself on another connection.
  "fails as the connection does if the server closes a kept connection"
]

const runtimes = [
  {
    name: "Node.js 22",
    program: "node-22/bin/node",
    // Proxies from the environment need Node.js 24.5, and `await using`, which one file's processes use, needs 24.
    args: [
      vitest,
      "run",
      "--exclude=src/Tracking.ends.test.ts",
      ...without(["goes through the proxy of an environment"])
    ]
  },
  { name: "Node.js 24", program: "node-24/bin/node", args: [vitest, "run"] },
  {
    name: "Bun",
    program: "@oven/bun-linux-x64/bin/bun",
    args: ["--bun", vitest, "run", "--pool=threads", ...without(wordsOfNode), ...everywhere]
  },
  {
    name: "Deno",
    program: "@deno/linux-x64-glibc/deno",
    args: ["run", "-A", vitest, "run", ...without([...wordsOfNode, ...waysOfDeno]), ...everywhere]
  }
]

/** The tests of `@trackmap/node` itself. */
describe("the promise face's own tests", () => {
  for (const { args, name, program: path } of runtimes) {
    const program = join(modules, path)
    const isThere = existsSync(program)
    const title = isThere ? `hold on ${name}` : `hold on ${name} (skipped: there is no ${name} for this platform)`
    it.skipIf(!isThere)(title, { timeout: 600_000 }, async () => {
      const failed = await new Promise<string>((resolve) =>
        execFile(program, args, { cwd: node, maxBuffer: 100_000_000 }, (error, stdout, stderr) =>
          resolve(error === null ? "" : stdout + stderr)
        )
      )
      assert.strictEqual(failed, "")
    })
  }
})
