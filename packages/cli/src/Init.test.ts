import { execFile } from "node:child_process"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { project } from "../test/project.ts"
import { Check, Init, PlanModule } from "./index.ts"
import { supporting } from "./internal/export/formats.ts"
import { sinkNames } from "./internal/init/sinks.ts"

const root = join(import.meta.dirname, "../../..")
const bin = (...parts: ReadonlyArray<string>) => join(root, "node_modules", ...parts)

/** Runs a Node program to its end. */
const run = (cwd: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly code: unknown; readonly printed: string }>((resolve) =>
        execFile(
          process.execPath,
          args,
          { cwd, env: { ...process.env, NO_COLOR: "1", PATH: [bin(".bin"), process.env["PATH"]].join(delimiter) } },
          (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, printed: stdout + stderr })
        )
      )
  )

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

interface Given {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly type?: string
  readonly files?: Readonly<Record<string, string>>
}

const filesOf = ({ files = {}, ...manifest }: Given) => ({
  "package.json": json({ name: "shop", ...manifest }),
  ...files
})

/** What a service is, of which the files are given. */
const inspected = Effect.fnUntraced(function* (given: Given) {
  const folder = yield* project(filesOf(given))
  return yield* Init.inspect(folder)
})

describe("a service", () => {
  const packages = { express: "^5", fastify: "^5", hono: "^4", next: "^16", effect: "^4.1.0", "@nestjs/core": "^12" }

  it.effect("has the framework of its dependencies", () =>
    Effect.gen(function* () {
      const framework = Effect.fnUntraced(function* (given: Given) {
        return (yield* inspected(given)).framework
      })
      const of = (name: keyof typeof packages) => ({ [name]: packages[name] })
      const ts = { "tsconfig.json": "{}" }
      assert.strictEqual(yield* framework({ dependencies: of("express") }), "express")
      assert.strictEqual(yield* framework({ devDependencies: of("fastify") }), "fastify")
      assert.strictEqual(yield* framework({ dependencies: of("hono") }), "hono")
      assert.strictEqual(yield* framework({ dependencies: of("next"), files: { "src/app/page.js": "" } }), "next")
      assert.strictEqual(yield* framework({ dependencies: of("next"), files: { "pages/index.js": "" } }), "node")
      assert.strictEqual(yield* framework({ dependencies: of("@nestjs/core"), files: ts }), "nest")
      assert.strictEqual(yield* framework({ dependencies: of("@nestjs/core") }), "node")
      assert.strictEqual(yield* framework({ dependencies: of("effect") }), "effect")
      assert.strictEqual(yield* framework({ dependencies: { effect: "^3.10.0" } }), "node")
      assert.strictEqual(yield* framework({ devDependencies: of("effect") }), "node")
      assert.strictEqual(yield* framework({}), "node")
      assert.strictEqual(yield* framework({ dependencies: { ...of("effect"), ...of("hono") } }), "hono")
    })
  )

  it.effect("has the test runner of its dependencies, or Node's own", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* inspected({ devDependencies: { vitest: "^5", jest: "^30" } })).runner, "vitest")
      assert.strictEqual((yield* inspected({ devDependencies: { jest: "^30" } })).runner, "jest")
      assert.strictEqual((yield* inspected({})).runner, "node:test")
    })
  )

  it.effect("has the package manager of its package.json or of its lock file, or of the folders around it", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "package.json": json({ packageManager: "pnpm@11.0.0" }),
        "yarn.lock": "",
        "own/package.json": "{}",
        "own/bun.lock": "",
        "own/src/deep/index.js": "",
        "other/package.json": "{}",
        "named/package.json": json({ packageManager: "yarn@4.0.0" }),
        "named/package-lock.json": "{}"
      })
      const manager = (name: string) => Effect.map(Init.inspect(join(folder, name)), ({ manager }) => manager)
      assert.strictEqual(yield* manager("."), "pnpm")
      assert.strictEqual(yield* manager("own"), "bun")
      assert.strictEqual(yield* manager("other"), "pnpm")
      assert.strictEqual(yield* manager("named"), "yarn")
      // The closest package.json is the service's.
      assert.strictEqual((yield* Init.inspect(join(folder, "own/src/deep"))).folder, join(folder, "own"))
    })
  )

  it.effect("has the tools of its workspace", () =>
    Effect.gen(function* () {
      const root = { devDependencies: { vitest: "^5", typescript: "~5.9.0", "@trackmap/cli": "*" } }
      const service = { "tsconfig.json": "{}", "package.json": "{}" }
      const packages = ["apps/one", "tools/two"].flatMap((name) =>
        Object.entries(service).map(([file, text]) => [`${name}/${file}`, text] as const)
      )
      const inWorkspace = Effect.fnUntraced(function* (name: string, manifest: object, files: Given["files"] = {}) {
        const folder = yield* project({
          ...files,
          "package.json": json({ ...root, ...manifest }),
          ...Object.fromEntries(packages)
        })
        const found = yield* Init.inspect(join(folder, name))
        const { devDependencies } = yield* Init.scaffold(found)
        return [found.runner, found.hasNodeTypes, devDependencies.has("@trackmap/cli")]
      })
      const own = ["vitest", true, false]
      const none = ["node:test", false, true]
      assert.deepStrictEqual(yield* inWorkspace("apps/one", { workspaces: ["apps/*"] }), own)
      assert.deepStrictEqual(yield* inWorkspace("tools/two", { workspaces: ["apps/*", "!apps/three"] }), none)
      assert.deepStrictEqual(yield* inWorkspace("tools/two", { workspaces: { packages: ["tools/two"] } }), own)
      const pnpm = { "pnpm-workspace.yaml": "packages:\n  - apps/*\n" }
      assert.deepStrictEqual(yield* inWorkspace("apps/one", {}, pnpm), own)
      assert.deepStrictEqual(yield* inWorkspace("apps/one", {}, { "pnpm-workspace.yaml": "" }), none)
      assert.deepStrictEqual(yield* inWorkspace("apps/one", {}, { "pnpm-workspace.yaml": "a: [" }), none)
      assert.deepStrictEqual(yield* inWorkspace("apps/one", {}), none)
    })
  )

  it.effect("is in TypeScript or JavaScript, as its files are", () =>
    Effect.gen(function* () {
      const language = (given: Given) => Effect.map(inspected(given), ({ language }) => language)
      assert.strictEqual(yield* language({ files: { "tsconfig.json": "{}" } }), "TypeScript")
      assert.strictEqual(yield* language({ devDependencies: { typescript: "^7" } }), "TypeScript")
      assert.strictEqual(yield* language({ files: { "src/index.ts": "" } }), "TypeScript")
      assert.strictEqual(yield* language({ files: { "index.js": "", "vitest.config.ts": "" } }), "JavaScript")
    })
  )

  it.effect("has the modules of its package.json, or those that JavaScript without a type is written in", () =>
    Effect.gen(function* () {
      const modules = (given: Given) => Effect.map(inspected(given), ({ modules }) => modules)
      assert.strictEqual(yield* modules({ type: "module" }), "ESM")
      assert.strictEqual(yield* modules({ type: "module", files: { "a.ts": "" } }), "ESM")
      assert.strictEqual(yield* modules({ files: { "a.ts": "export const a = 1" } }), "CommonJS")
      assert.strictEqual(yield* modules({}), "CommonJS")
      assert.strictEqual(yield* modules({ files: { "a.js": `import a from "a"` } }), "ESM")
      assert.strictEqual(yield* modules({ type: "commonjs", files: { "a.js": `import a from "a"` } }), "CommonJS")
      assert.strictEqual(yield* modules({ files: { "a.js": "export {}", "b.js": `require("c")` } }), "CommonJS")
    })
  )

  it.effect("names its files in imports as its own imports do, or as its tsconfig.json takes them", () =>
    Effect.gen(function* () {
      const imports = (files: Given["files"]) => Effect.map(inspected({ files: files! }), ({ imports }) => imports)
      const options = (compilerOptions: object) => ({ "tsconfig.json": json({ compilerOptions }) })
      const two = `import { a } from "./a.js"\nimport b from "../b"\nexport { c } from "./c.js"\nimport d from "d"\n`
      assert.strictEqual(yield* imports({ "a.ts": two }), ".js")
      assert.strictEqual(yield* imports({ "a.ts": `import { a } from "./a.ts"`, ...options({}) }), ".ts")
      assert.strictEqual(yield* imports({ "a.ts": `import { a } from "./a"` }), "")
      assert.strictEqual(yield* imports({ "a.ts": "" }), ".ts")
      assert.strictEqual(yield* imports(options({ allowImportingTsExtensions: true })), ".ts")
      assert.strictEqual(yield* imports(options({ rewriteRelativeImportExtensions: true })), ".ts")
      assert.strictEqual(yield* imports(options({ module: "NodeNext" })), ".js")
      assert.strictEqual(yield* imports(options({ module: "esnext", moduleResolution: "bundler" })), "")
      const base = `{ // the settings of all\n "compilerOptions": { "module": "node20", }, }`
      assert.strictEqual(
        yield* imports({ "tsconfig.json": json({ extends: "./base.json" }), "base.json": base }),
        ".js"
      )
      assert.strictEqual(yield* imports({ "tsconfig.json": json({ extends: ["./base"] }), "base.json": base }), ".js")
      assert.strictEqual(yield* imports({ "tsconfig.json": json({ extends: "@acme/tsconfig" }) }), "")
      assert.strictEqual((yield* inspected({})).imports, ".js")
    })
  )

  it.effect("has Node's types in every file, or must ask for them, as TypeScript 6 and later do without `types`", () =>
    Effect.gen(function* () {
      const asks = Effect.fnUntraced(function* (compilerOptions: object | undefined, typescript: string) {
        const files = compilerOptions === undefined ? { "a.ts": "" } : { "tsconfig.json": json({ compilerOptions }) }
        const service = yield* inspected({ files, devDependencies: { typescript } })
        const { files: written } = yield* Init.scaffold(service, { sink: "segment" })
        const [of, ...others] = new Set(
          ["sink", "tracking", "plan.test"].map((name) =>
            written.get(`tracking/${name}.ts`)!.startsWith(`/// <reference types="node" />\nimport `)
          )
        )
        assert.deepStrictEqual(others, [])
        return of
      })
      assert.isFalse(yield* asks(undefined, "^7.0.0"))
      assert.isFalse(yield* asks({ types: ["node"] }, "^7.0.0"))
      assert.isFalse(yield* asks({ types: ["*"] }, "^7.0.0"))
      assert.isFalse(yield* asks({}, "~5.9.0"))
      assert.isTrue(yield* asks({}, "^6.0.0"))
      assert.isTrue(yield* asks({ types: [] }, "~5.9.0"))
      assert.isTrue(yield* asks({}, "latest"))
    })
  )

  it.effect("has no files of a package inside it", () =>
    Effect.gen(function* () {
      const { language, plans } = yield* inspected({
        files: {
          "packages/one/package.json": "{}",
          "packages/one/src/plan.ts": "Plan.make()",
          "src/index.js": "Plan.make()"
        }
      })
      assert.deepStrictEqual([language, plans], ["JavaScript", ["src/index.js"]])
    })
  )

  it.effect("cannot have imports if TypeScript takes none in CommonJS", () =>
    Effect.gen(function* () {
      const files = { "tsconfig.json": json({ compilerOptions: { verbatimModuleSyntax: true } }) }
      const { message } = yield* Effect.flip(inspected({ files }))
      assert.match(message, /^with verbatimModuleSyntax in its tsconfig\.json, .*: set "type": "module", or verbatim/)
      assert.strictEqual((yield* inspected({ type: "module", files })).modules, "ESM")
    })
  )

  it.effect("cannot be told without a package.json that can be read", () =>
    Effect.gen(function* () {
      const none = yield* Effect.flip(Init.inspect("/"))
      assert.strictEqual(
        none.message,
        "there is no package.json in / or around it: run it in the folder of your service"
      )
      const folder = yield* project({ "package.json": "[]" })
      assert.match(
        (yield* Effect.flip(Init.inspect(folder))).message,
        /package\.json is not an object of JSON: correct it/
      )
    })
  )
})

describe("the packages of a service", () => {
  const packagesOf = Effect.fnUntraced(function* (given: Given, options?: Init.Options) {
    const { dependencies, devDependencies } = yield* Init.scaffold(yield* inspected(given), options)
    return [[...dependencies.keys()], [...devDependencies.keys()]]
  })
  const dev = ["@trackmap/cli", "@trackmap/testing"]

  it.effect("are those that it does not have", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* packagesOf({}), [["@trackmap/console", "@trackmap/node", "zod"], dev])
      assert.deepStrictEqual(
        yield* packagesOf({
          dependencies: { zod: "^4", "@trackmap/node": "*" },
          devDependencies: { "@trackmap/cli": "*" }
        }),
        [["@trackmap/console"], ["@trackmap/testing"]]
      )
      assert.deepStrictEqual(yield* packagesOf({}, { sink: "duckdb" }), [
        ["@trackmap/duckdb", "@trackmap/node", "zod"],
        dev
      ])
      assert.deepStrictEqual(yield* packagesOf({ dependencies: { effect: "^4" } }), [
        ["@trackmap/console", "@trackmap/core"],
        dev
      ])
    })
  )

  it.effect("are also those that a package manager or a test runner leaves to it", () =>
    Effect.gen(function* () {
      const yarn = yield* packagesOf({ files: { "yarn.lock": "" } }, { sink: "segment" })
      assert.deepStrictEqual(yarn[0], [
        "@trackmap/console",
        "@trackmap/core",
        "@trackmap/node",
        "@trackmap/segment",
        "effect",
        "zod"
      ])
      const ts = { "a.ts": `import b from "./b.js"` }
      assert.deepStrictEqual((yield* packagesOf({ files: ts }))[1], [...dev, "@types/node", "tsx"])
      const jest = { jest: "^30" }
      assert.deepStrictEqual((yield* packagesOf({ files: ts, devDependencies: jest }))[1], [
        "@jest/globals",
        ...dev,
        "@types/node"
      ])
      const types = { ...jest, "@types/jest": "^30" }
      assert.deepStrictEqual((yield* packagesOf({ files: ts, devDependencies: types }))[1], [...dev, "@types/node"])
    })
  )

  it.effect("are added by the package manager of the service", () =>
    Effect.gen(function* () {
      const commands = Effect.fnUntraced(function* (packageManager: string) {
        const folder = yield* project({ "package.json": json({ packageManager, dependencies: { zod: "^4" } }) })
        const { commands, test } = yield* Init.scaffold(yield* Init.inspect(folder), {})
        return [
          ...commands.map(([...words]) => words.filter((word) => !word.includes("@")).join(" ")),
          test.split(" ")[0]
        ]
      })
      assert.deepStrictEqual(yield* commands("npm@11"), ["npm install", "npm install --save-dev", "node"])
      assert.deepStrictEqual(yield* commands("pnpm@11"), ["pnpm add", "pnpm add --save-dev", "node"])
      assert.deepStrictEqual(yield* commands("yarn@4"), ["yarn add", "yarn add --dev", "node"])
      assert.deepStrictEqual(yield* commands("bun@1"), ["bun add", "bun add --dev", "node"])
    })
  )

  it.effect("have the versions that this repository tests with", () =>
    Effect.gen(function* () {
      const require = createRequire(import.meta.url)
      const { dependencies, devDependencies } = yield* Init.scaffold(
        yield* inspected({ files: { "yarn.lock": "", "a.ts": `import b from "./b.js"` } })
      )
      for (const [name, range] of [...dependencies, ...devDependencies]) {
        const { version } = require(`${name}/package.json`) as { readonly version: string }
        assert.strictEqual(version.split(".")[0], range.replace("^", "").split(".")[0], name)
      }
    })
  )

  it.effect("do not go with Effect 3, or with a zod from before zod 4", () =>
    Effect.gen(function* () {
      const refused = (dependencies: Readonly<Record<string, string>>) => Effect.flip(packagesOf({ dependencies }))
      assert.strictEqual(
        (yield* refused({ zod: "~3.22.1" })).message,
        "the service has zod ~3.22.1, and its plan needs zod 4: update zod to 4, or to 3.25, which has both"
      )
      assert.match((yield* refused({ zod: "^2" })).message, /its plan needs zod 4/)
      assert.match(
        (yield* refused({ effect: "^3.10.0" })).message,
        /the service has effect \^3\.10\.0, and sinks need effect 4/
      )
      const { files } = yield* Init.scaffold(yield* inspected({ dependencies: { zod: "^3.25.1" } }))
      assert.include(files.get("tracking/plan.js"), `require("zod/v4")`)
      const latest = yield* Init.scaffold(yield* inspected({ dependencies: { zod: "latest" } }))
      assert.include(latest.files.get("tracking/plan.js"), `require("zod")`)
    })
  )
})

const frameworks = {
  express: { express: "^5" },
  fastify: { fastify: "^5" },
  hono: { hono: "^4" },
  effect: { effect: "^4" },
  node: {}
} as const

/** Services in each style, by their names. */
const services = Object.entries(frameworks).flatMap(([name, dependencies]) => [
  [`${name}-ts-esm`, { dependencies, type: "module", files: { "src/a.ts": "" } }] as const,
  [
    `${name}-ts-cjs`,
    { dependencies, type: "commonjs", files: { "tsconfig.json": json({ compilerOptions: { module: "nodenext" } }) } }
  ] as const,
  [`${name}-js-esm`, { dependencies, type: "module" }] as const,
  [`${name}-js-cjs`, { dependencies }] as const
])

/** Their servers, with the wiring that was written for them. Each answers a request, in which it tracks an order. */
const servers = `
import express from "express"
import fastify from "fastify"
import { Hono } from "hono"
import { serve } from "@hono/node-server"
import { once } from "node:events"
import * as forExpress from "./express-js-esm/tracking/express.js"
import { tracking as ofExpress } from "./express-js-esm/tracking/tracking.js"
import { addTracking } from "./fastify-js-cjs/tracking/fastify.js"
import { tracking as ofFastify } from "./fastify-js-cjs/tracking/tracking.js"
import * as forHono from "./hono-js-esm/tracking/hono.js"
import { tracking as ofHono } from "./hono-js-esm/tracking/tracking.js"
import { OrderPlaced } from "./express-js-esm/tracking/plan.js"

const order = { id: 1, total: 2, status: "paid" }
const track = (tracking) => tracking.track(OrderPlaced, { order, properties: { via: "shop" } })
const ask = (port, user) => fetch("http://127.0.0.1:" + port, { headers: { "x-user-id": user } })

const app = express().use(forExpress.actor).get("/", async (_req, res) => {
  await track(ofExpress)
  res.end()
})
const server = app.listen(0)
await once(server, "listening")
forExpress.closeWith(server)
await ask(server.address().port, "of-express")

const two = fastify()
addTracking(two)
two.get("/", async () => {
  await track(ofFastify)
  return ""
})
await two.listen({ port: 0 })
await ask(two.server.address().port, "of-fastify")
await two.close()

const three = new Hono().use(forHono.actor).get("/", async (c) => {
  await track(ofHono)
  return c.text("")
})
const last = serve({ fetch: three.fetch, port: 0 })
await once(last, "listening")
forHono.closeWith(last)
await ask(last.address().port, "of-hono")
process.kill(process.pid, "SIGTERM")
`

describe("the files of a service", () => {
  /** Adds tracking to a service, as \`trackmap init --no-install\` does. */
  const init = Effect.fnUntraced(function* (folder: string, options?: Init.Options) {
    const scaffold = yield* Init.scaffold(yield* Init.inspect(folder), options)
    const written = yield* Init.apply(scaffold, { install: false })
    assert.deepStrictEqual(written, ["package.json", ...scaffold.files.keys()])
    return scaffold
  })

  it.live(
    "have types, tests that pass, and a wiring that works, in each language, kind of modules and framework",
    () =>
      Effect.gen(function* () {
        const all = yield* project(
          Object.fromEntries(
            services.flatMap(([name, given]) =>
              Object.entries(filesOf(given)).map(([file, text]) => [`${name}/${file}`, text])
            )
          )
        )
        for (const [name] of services) yield* init(join(all, name), name === "node-ts-esm" ? { sink: "duckdb" } : {})
        writeFileSync(
          join(all, "tsconfig.json"),
          json({
            extends: join(root, "tsconfig.check.json"),
            // As a CommonJS service has it, which is compiled from imports.
            compilerOptions: { verbatimModuleSyntax: false },
            include: ["*/src", "*-ts-*/tracking"]
          })
        )
        writeFileSync(join(all, "servers.mjs"), servers)
        const testsOf = (kind: string) => globSync(`*-${kind}/**/*.test.*s`, { cwd: all }).toSorted()
        const native = ["ts-esm", "js-esm", "js-cjs"].flatMap(testsOf)
        const compiled = testsOf("ts-cjs")
        const [types, tests, others, served] = yield* Effect.all([
          run(all, bin("typescript/bin/tsc"), "-p", "."),
          run(all, "--test", "--test-isolation=none", ...native),
          run(all, "--import", "tsx", "--test", "--test-isolation=none", ...compiled),
          run(all, "servers.mjs")
        ])
        assert.deepStrictEqual(types, { code: 0, printed: "" })
        assert.match(tests.printed, new RegExp(`pass ${native.length}\\n.*fail 0\\n`), tests.printed)
        assert.match(others.printed, new RegExp(`pass ${compiled.length}\\n.*fail 0\\n`), others.printed)
        assert.deepStrictEqual([native.length, compiled.length, tests.code, others.code], [15, 5, 0, 0])
        assert.strictEqual(served.code, 0, served.printed)
        for (const user of ["of-express", "of-fastify", "of-hono"]) assert.include(served.printed, `user ${user}`)
        // As the formatter of this repository has it.
        const format = [bin(".bin/oxfmt"), "--check", "--config", join(root, ".oxfmtrc.json")]
        const formatted = yield* run(all, ...format, ...globSync("*/**/tracking/**", { cwd: all }))
        assert.strictEqual(formatted.code, 0, formatted.printed)
      }),
    240_000
  )

  it.live(
    "have tests that pass in vitest, and in a bundler's project",
    () =>
      Effect.gen(function* () {
        const devDependencies = { vitest: "^5" }
        const bundled = {
          module: "esnext",
          moduleResolution: "bundler",
          strict: true,
          noEmit: true,
          skipLibCheck: true
        }
        const all = yield* project({
          "one/package.json": json({ devDependencies }),
          "two/package.json": json({ devDependencies, type: "module" }),
          "three/package.json": json({ devDependencies }),
          "three/tsconfig.json": json({ compilerOptions: bundled }),
          "three/src/index.ts": "",
          "four/package.json": json({ devDependencies, dependencies: { effect: "^4" }, type: "module" }),
          "vitest.config.mjs": "export default {}"
        })
        for (const name of ["one", "two", "three", "four"]) yield* init(join(all, name))
        assert.include(readFileSync(join(all, "three/src/tracking/tracking.ts"), "utf8"), `from "./plan"`)
        const [tests, types] = yield* Effect.all([
          run(all, bin("vitest/vitest.mjs"), "run", "--root", all, "--pool=threads"),
          run(join(all, "three"), bin("typescript/bin/tsc"), "-p", ".")
        ])
        assert.match(tests.printed, /Tests +4 passed \(4\)/)
        assert.deepStrictEqual(types, { code: 0, printed: "" })
      }),
    240_000
  )

  it.live("have a sink for each destination, and a plan that breaks no rule of any", () =>
    Effect.gen(function* () {
      const dependencies = Object.fromEntries(sinkNames.map((name) => [`@trackmap/${name}`, "*"]))
      const styles = [{ dependencies }, { dependencies: { ...dependencies, effect: "^4" } }]
      const all = yield* project({
        "tsconfig.json": json({ extends: join(root, "tsconfig.check.json"), include: ["*/tracking"] }),
        ...Object.fromEntries(
          styles.flatMap((manifest, index) =>
            sinkNames.map((name) => [
              `${name}-${index}/package.json`,
              json({ ...manifest, type: "module", devDependencies: { typescript: "^7" } })
            ])
          )
        )
      })
      for (const sink of sinkNames) {
        for (const index of styles.keys()) {
          const { files } = yield* init(join(all, `${sink}-${index}`), { sink })
          assert.include(files.get("tracking/sink.ts"), `@trackmap/${sink}`)
          // What the other commands find in a service is that plan.
          const file = yield* PlanModule.find(join(all, `${sink}-${index}`))
          if (sink !== "segment") continue
          const { plan } = yield* PlanModule.load(file)
          assert.deepStrictEqual(Check.run(plan, yield* supporting(file)), [])
        }
      }
      assert.deepStrictEqual(yield* run(all, bin("typescript/bin/tsc"), "-p", "."), { code: 0, printed: "" })
    })
  )

  it.effect("for Next, Nest and Jest are those that compat runs, and for Workers there are none", () =>
    Effect.gen(function* () {
      const scaffoldOf = Effect.fnUntraced(function* (given: Given) {
        return yield* Init.scaffold(yield* inspected(given))
      })
      const next = yield* scaffoldOf({ dependencies: { next: "^16" }, files: { "app/page.js": "export {}" } })
      assert.include(next.files.get("tracking/tracking.js"), "after(() => promise)")
      assert.include(
        next.files.get("tracking/next.js"),
        "export const tracked =\n  (handler) =>\n  (request, ...rest) => {"
      )
      const javaScript = yield* inspected({ dependencies: { "@nestjs/core": "^12" } })
      assert.match(
        (yield* Effect.flip(Init.scaffold(javaScript, { framework: "nest" }))).message,
        /has decorators, which JavaScript does not: pass --framework node, and wire it yourself/
      )
      const worker = yield* inspected({ dependencies: { hono: "^4" }, devDependencies: { wrangler: "^4" } })
      assert.match(
        (yield* Effect.flip(Init.scaffold(worker))).message,
        /^the service is a Cloudflare worker, whose requests cannot share a tracking: make one for each request/
      )
      assert.include([...(yield* Init.scaffold(worker, { framework: "hono" })).files.keys()], "tracking/hono.js")
      const nest = yield* scaffoldOf({ dependencies: { "@nestjs/core": "^12" }, files: { "a.ts": "" } })
      assert.include(nest.files.get("tracking/nest.ts"), "class TrackingModule")
      const jest = yield* scaffoldOf({ devDependencies: { jest: "^30" } })
      assert.notInclude(jest.files.get("tracking/plan.test.js"), "node:test")
      assert.strictEqual(jest.test, "NODE_OPTIONS=--experimental-vm-modules npx jest tracking/plan.test.js")
      const typed = yield* scaffoldOf({ devDependencies: { jest: "^30" }, files: { "a.ts": "" } })
      assert.include(typed.files.get("tracking/plan.test.ts"), `import { it } from "@jest/globals"`)
    })
  )
})
