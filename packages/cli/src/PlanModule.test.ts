import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { planOf, project } from "../test/project.ts"
import { PlanModule } from "./index.ts"

const plain = planOf("method: Schema.String")

/** The error of a module, without the folder of its project. */
const wrong = (text: string, options?: PlanModule.Options, name = "plan.ts") =>
  Effect.gen(function* () {
    const folder = yield* project({ [name]: text, "other.ts": "export const other = 1\n" })
    const error = yield* Effect.flip(PlanModule.load(join(folder, name), options))
    return error.message.replaceAll(`${folder}/`, "")
  })

describe("a module with a plan", () => {
  it.live("is loaded, whatever else it does", () =>
    Effect.gen(function* () {
      const printed: Array<string> = []
      const text = `
        import { createServer } from "node:net"
        console.log("a line")
        process.stdout.write("another")
        createServer().listen(0)
        setInterval(() => {}, 1_000)
        ${plain}`
      const folder = yield* project({ "plan.ts": text })
      const options = { onOutput: (text: string) => void printed.push(text) }
      const loaded = yield* PlanModule.load(join(folder, "plan.ts"), options)
      assert.deepStrictEqual(
        loaded.plan.events.map(({ name }) => name),
        ["signedIn"]
      )
      assert.strictEqual(loaded.name, "plan")
    })
  )

  it.live("is loaded from CommonJS, and from the default export", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "a/package.json": `{ "type": "commonjs" }`,
        "a/plan.js": `const { Plan, TrackedEvent } = require("@trackmap/core")\nmodule.exports = { plan: Plan.make(TrackedEvent.make("seen")) }\n`,
        "plan.mjs": `import { Plan, TrackedEvent } from "@trackmap/core"\nexport default Plan.make(TrackedEvent.make("seen"))\n`
      })
      assert.strictEqual((yield* PlanModule.load(join(folder, "a/plan.js"))).plan.events[0]!.name, "seen")
      assert.strictEqual((yield* PlanModule.load(join(folder, "plan.mjs"))).name, "default")
    })
  )

  it.live("is loaded from TypeScript that is compiled to CommonJS", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "package.json": `{ "type": "commonjs" }`,
        "plan.ts": `import { seen } from "./names.ts"\n${plain.replace(`"signedIn"`, "seen")}`,
        "names.ts": `export const seen: string = "seen"\n`,
        "old.ts": `const { Plan, TrackedEvent } = require("@trackmap/core")\nmodule.exports = { plan: Plan.make(TrackedEvent.make("old")) }\n`
      })
      assert.strictEqual((yield* PlanModule.load(join(folder, "plan.ts"))).plan.events[0]!.name, "seen")
      assert.strictEqual((yield* PlanModule.load(join(folder, "old.ts"))).plan.events[0]!.name, "old")
    })
  )

  const aliased = {
    "src/plan.ts": `import { Kind } from "@app/kinds"\nimport { seen } from "./events"\n${plain.replace(`"signedIn"`, "seen + Kind.One")}`,
    "src/events.ts": `export const seen: string = "seen"\n`,
    "src/shared/kinds.ts": `export enum Kind { One = 1 }\n`,
    "tsconfig.json": JSON.stringify({ compilerOptions: { paths: { "@app/*": ["./src/shared/*"] } } })
  }

  it.live("is loaded by tsx, if it has path aliases, enums and imports without an extension", () =>
    Effect.gen(function* () {
      const folder = yield* project(aliased)
      const { plan } = yield* PlanModule.load(join(folder, "src/plan.ts"), { imports: ["tsx"] })
      assert.strictEqual(plan.events[0]!.name, "seen1")
      assert.match(
        (yield* Effect.flip(PlanModule.load(join(folder, "src/plan.ts")))).message,
        /it imports @app\/kinds, which Node does not find: .* or a loader such as --import tsx/
      )
    })
  )

  it.live("is loaded without a loader, if the aliases are package.json's imports", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "src/plan.ts": `import { seen } from "#shared/names.ts"\n${plain.replace(`"signedIn"`, "seen")}`,
        "src/shared/names.ts": `export const seen = "seen"\n`,
        "package.json": JSON.stringify({ type: "module", imports: { "#shared/*": "./src/shared/*" } })
      })
      assert.strictEqual((yield* PlanModule.load(join(folder, "src/plan.ts"))).plan.events[0]!.name, "seen")
    })
  )

  it.live("is loaded by its export, if it has several", () =>
    Effect.gen(function* () {
      const several = `${plain}\nexport const second = Plan.make(TrackedEvent.make("other"))\nexport const same = plan\n`
      assert.strictEqual(
        yield* wrong(several),
        "plan.ts: it exports several plans: plan, second: choose one with --export"
      )
      const folder = yield* project({ "plan.ts": several })
      const { plan } = yield* PlanModule.load(join(folder, "plan.ts"), { name: "second" })
      assert.strictEqual(plan.events[0]!.name, "other")
      assert.strictEqual(
        yield* wrong(several, { name: "third" }),
        "plan.ts: it has no plan as its export third, but exports plan, same, second: name another with --export"
      )
    })
  )
})

describe("a module without a plan that can be read", () => {
  it.live("is refused with the file, the line where it is known, and what to do", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<readonly [string, RegExp]> = [
        ["export const a = 1", /^plan\.ts: it exports no plan, but a: export one, as export const plan = /],
        ["const a = 1", /^plan\.ts: it exports no plan, but nothing: /],
        [`throw new Error("no database")`, /^plan\.ts:1: it threw while it was loaded: no database: correct it$/],
        [`\n\nthrow "text"`, /^plan\.ts: it threw while it was loaded: text: correct it$/],
        [
          planOf(`"a b": Schema.String`),
          /^plan\.ts:5: it threw while it was loaded: signedIn: the attribute "a b" is not /
        ],
        ["export const plan = (", /^plan\.ts:1: it does not compile: .+: correct it, or pass the compiled module/],
        ["enum A { a }", /^plan\.ts:1: Node cannot run its TypeScript: .*enum.*: write what only has types to remove/],
        [
          `import "./other"`,
          /^plan\.ts(?::1)?: it imports .*other, which Node does not find: write the file's name with its extension/
        ],
        [`import "@/tracking"`, /^plan\.ts(?::1)?: it imports @\/tracking, which Node does not find: /],
        [`import "./.."`, /^plan\.ts(?::1)?: it imports a folder: .*: import the file/],
        [
          "process.exit(3)",
          /^plan\.ts: it ended its process, with code 3: call process\.exit only where the service runs$/
        ],
        [
          `setTimeout(() => { throw new Error("later") })\nawait new Promise(() => {})`,
          /^plan\.ts: it ended with an error: later/
        ]
      ]
      for (const [text, expected] of rows) assert.match(yield* wrong(text), expected)
      assert.match(
        yield* wrong("", {}, "plan.txt"),
        /^plan\.txt: Unknown file extension.*: pass a module of JavaScript/
      )
    })
  )

  it.live("is given up if it waits for ever", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* wrong("setInterval(() => {}, 1000); await new Promise(() => {})", { timeout: 300 }),
        "plan.ts: it was not loaded within 300ms: move what waits out of the module's top level, or pass a longer --timeout"
      )
      assert.match(yield* wrong("for (;;);", { timeout: 300 }), /^plan\.ts: it was not loaded within 300ms: /)
      const missing = yield* Effect.flip(PlanModule.load("/no/plan.ts"))
      assert.strictEqual(missing.message, "/no/plan.ts: there is no such file: pass the module that exports the plan")
    })
  )
})

describe("the module of a project", () => {
  it.live("is the only one that makes a plan, besides tests and built files", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "src/tracking/plan.ts": plain,
        "src/main.ts": "",
        "src/plan.test.ts": plain,
        "dist/plan.js": plain,
        "node_modules/a/plan.js": plain
      })
      assert.strictEqual(yield* PlanModule.find(folder), join(folder, "src/tracking/plan.ts"))
    })
  )

  it.live("must be named if there are several, or none", () =>
    Effect.gen(function* () {
      const none = yield* project({ "a.ts": "" })
      assert.match((yield* Effect.flip(PlanModule.find(none))).message, /no module calls Plan\.make: pass the module/)
      const several = yield* project({ "a.ts": plain, "b.ts": plain })
      assert.match(
        (yield* Effect.flip(PlanModule.find(several))).message,
        /several modules call Plan\.make: .*a\.ts, .*b\.ts: pass one/
      )
    })
  )
})
