import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { trackmap } from "../test/command.ts"
import { project } from "../test/project.ts"
import { Usage } from "./index.ts"

const config = JSON.stringify({
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    paths: { "@app/*": ["./src/*"] }
  },
  include: ["**/*"]
})

const tracking = `
import { TrackedEvent } from "@trackmap/core"
export declare const tracker: { readonly track: (event: TrackedEvent.Any, input: object) => void }
export declare const flag: boolean
export declare const any: (...given: ReadonlyArray<unknown>) => void
`

/** What the code does with an event, in what it is written, and what a search must say of it. */
type Truth = "tracked" | "passed" | "neither"
interface Way {
  readonly truth: Truth
  /** The module of an event E. */
  readonly code: (event: string) => string
}

/** Statements that give the event another name, which they return. */
const renamed: ReadonlyArray<(from: string, to: string) => readonly [code: string, to: string]> = [
  (from, to) => [`const ${to} = ${from}`, to],
  (from, to) => [`const ${to} = { inner: ${from} } as const`, `${to}.inner`],
  (from, to) => [`const ${to} = { deep: { er: ${from} }, "with a space": 1 }`, `${to}.deep.er`],
  (from, to) => [`const { ${to}: ${to}Found } = { ${to}: ${from} }`, `${to}Found`],
  (from, to) => [`const ${to} = flag ? ${from} : ${from}`, to],
  (from, to) => [`class C${to} { static readonly ${to} = ${from} }`, `C${to}.${to}`],
  (from, to) => [`const ${to} = { ["k"]: 1, ${to}k: ${from} }`, `${to}["${to}k"]`],
  (from, to) => [`const ${to} = (${from})!`, to]
]

/** Statements that track an event by a function, which they return. */
const wrapped: ReadonlyArray<(inner: string, name: string) => readonly [code: string, name: string]> = [
  (inner, name) => [`const ${name} = (event: TrackedEvent.Any) => ${inner}(event, {})`, name],
  (inner, name) => [`function ${name}<E extends TrackedEvent.Any>(event: E) { if (flag) ${inner}(event, {}) }`, name],
  (inner, name) => [
    `class W${name} { ${name}(event: TrackedEvent.Any) { return ${inner}(event, {}) } }`,
    `new W${name}().${name}`
  ],
  (inner, name) => [`const ${name} = ${inner}.bind(tracker)`, name]
]

const names = fc.array(fc.constantFrom(...renamed), { maxLength: 4 })
const functions = fc.array(fc.constantFrom(...wrapped), { maxLength: 4 })

const chain = <F extends (from: string, to: string) => readonly [string, string]>(
  steps: ReadonlyArray<F>,
  first: string,
  prefix: string
): readonly [code: string, last: string] => {
  let last = first
  const code = steps.map((step, index) => {
    const [statement, next] = step(last, `${prefix}${index}`)
    last = next
    return statement
  })
  return [code.join("\n"), last]
}

const ends: ReadonlyArray<readonly [Truth, (event: string, track: string) => string]> = [
  ["tracked", (event, track) => `${track}(${event}, {})`],
  ["tracked", (event, track) => `${track}(flag ? ${event} : ${event}, {})`],
  ["tracked", (event, track) => `export const late = () => ${track}(${event}, {})`],
  ["passed", (event, track) => `for (const one of [${event}]) ${track}(one, {})`],
  ["passed", (event, track) => `Object.values({ a: ${event} }).forEach((one) => ${track}(one, {}))`],
  ["passed", (event) => `any(${event})`],
  ["passed", (event) => `any({ config: [{ event: ${event} }] })`],
  ["passed", (event) => `export const found = () => ${event}`],
  [
    "neither",
    (event) =>
      `export const listed = { inner: { er: ${event} } }\nexport const plan = Plan.make(...Object.values(listed.inner))`
  ],
  ["neither", (event) => `export const plan = Plan.make(${event}.pipe(TrackedEvent.annotate({ owner: "me" })))`],
  ["neither", (event) => `export const name: string = ${event}.name\nexport type Of = TrackedEvent.Input<typeof E>`],
  ["neither", (event) => `if ((${event} as unknown) === tracker) any()`],
  ["neither", (event) => `export const kept = ${event}`],
  ["neither", (event) => `export { E as other }\nexport default { kept: ${event} }`]
]

/** How a module has the event from another. */
const imported: ReadonlyArray<(name: string) => string> = [
  (name) => `import { ${name} as E } from "./events.ts"`,
  (name) => `import * as all from "./events.ts"\nconst E = all.${name}`,
  (name) => `import { again } from "./again.ts"\nconst E = again.${name}`,
  (name) => `import { ${name}Again as E } from "./again.ts"`,
  (name) => `import { ${name} as E } from "@app/events.ts"`
]

const way: fc.Arbitrary<Way> = fc
  .record({
    names,
    functions,
    end: fc.constantFrom(...ends),
    from: fc.constantFrom(...imported)
  })
  .map(({ end: [truth, end], from, functions, names }) => ({
    truth,
    code: (event) => {
      const [aliases, last] = chain(names, "E", "alias")
      const [wrappers, track] = chain(functions, "tracker.track", "wrapper")
      return [
        `import { Plan, TrackedEvent } from "@trackmap/core"`,
        `import { any, flag, tracker } from "./tracking.ts"`,
        from(event),
        aliases,
        wrappers,
        end(last, track)
      ].join("\n")
    }
  }))

describe("a search of a service's code", () => {
  it.live("finds who tracks each event, whatever leads to it, and takes nothing for granted", () =>
    Effect.gen(function* () {
      const seed = Number(process.env["SEED"] ?? Date.now())
      const ways = fc.sample(way, { numRuns: Number(process.env["RUNS"] ?? 120), seed })
      const name = (index: number) => `Happened${index}`
      const events = ways.map((_, index) => `export const ${name(index)} = TrackedEvent.make("happened${index}")`)
      const again = ways.map((_, index) => `export { ${name(index)} as ${name(index)}Again } from "./events.ts"`)
      const folder = yield* project({
        "tsconfig.json": config,
        "src/tracking.ts": tracking,
        "src/events.ts": [`import { TrackedEvent } from "@trackmap/core"`, ...events].join("\n"),
        "src/again.ts": [`export * as again from "./events.ts"`, ...again].join("\n"),
        ...Object.fromEntries(ways.map(({ code }, index) => [`src/way${index}.ts`, code(name(index))])),
        "src/way.test.ts": `import * as all from "./events.ts"\nimport { tracker } from "./tracking.ts"\nfor (const one of Object.values(all)) tracker.track(one, {})`
      })
      const { passed, tracked } = yield* Usage.search(join(folder, "tsconfig.json"))
      ways.forEach(({ code, truth }, index) => {
        const found = tracked.has(`happened${index}`)
          ? "tracked"
          : passed.has(`happened${index}`)
            ? "passed"
            : "neither"
        assert.strictEqual(found, truth, `SEED=${seed}\n${code(name(index))}`)
      })
    })
  )
})

const plan = `
import { Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

const id = { id: Schema.Int }
const Maker = Entity.make("Maker", { key: "id", attributes: id })
export const Product = Entity.make("Product", { key: "id", attributes: id })
export const Made = Product.pipe(Entity.one("maker", Maker, (row: { readonly maker: { id: number } }) => row.maker))
export const Seen = TrackedEvent.make("seen", { entities: { product: Product } })
export const Old = TrackedEvent.make("old").pipe(TrackedEvent.annotate({ deprecated: { replacedBy: "seen" } }))
export const Never = TrackedEvent.make("never")
export const Kept = TrackedEvent.make("kept").pipe(TrackedEvent.annotate({ allow: { "never-tracked": "the app does" } }))
export const Outside = TrackedEvent.make("outside")
export const plan = Plan.make(Seen, Old, Never, Kept)
`
const service = `
import * as plan from "./plan.ts"
import { tracker } from "./tracking.ts"
tracker.track(plan.Seen, {})
tracker.track(plan.Old, {})
tracker.track(plan.Outside, {})
`

describe("trackmap check, of a service's code,", () => {
  const check = (...args: ReadonlyArray<string>) => trackmap("check", ...args, "--json")
  const rulesOf = (out: string): ReadonlyArray<string> =>
    JSON.parse(out)
      .findings.filter(({ rule }: { readonly rule: string }) => Usage.rules.includes(rule))
      .map(({ name, rule }: Readonly<Record<string, string>>) => `${rule}: ${name}`)
  const files = { "tsconfig.json": config, "src/plan.ts": plan, "src/tracking.ts": tracking, "src/main.ts": service }

  it.live("names what it does with events that the plan does not expect, and where", () =>
    Effect.gen(function* () {
      const folder = yield* project(files)
      const { code, err, out } = yield* check(join(folder, "src/plan.ts"))
      assert.deepStrictEqual([code, err], [1, ""])
      assert.deepStrictEqual(rulesOf(out), [
        "deprecated-tracked: old",
        "never-tracked: never",
        "outside-plan: outside",
        "unselected-relation: Product"
      ])
      const old = JSON.parse(out).findings.find(({ rule }: { readonly rule: string }) => rule === "deprecated-tracked")
      assert.match(old.what, /^it is deprecated, and .*src\/main\.ts:5 tracks it$/)
      assert.strictEqual(old.remedy, 'track "seen" instead')
    })
  )

  it.live("looks into every project of a repository that tracks the plan's events", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "plan/tsconfig.json": config,
        "plan/src/plan.ts": plan,
        "shop/tsconfig.json": config,
        "shop/src/tracking.ts": tracking,
        "shop/src/main.ts": service.replace("./plan.ts", "../../plan/src/plan.ts"),
        "tsconfig.json": `{
          // a comment
          "files": [], "references": [{ "path": "./plan" }, /* another */ { "path": "./shop/tsconfig.json" }]
        }`
      })
      const file = join(folder, "plan/src/plan.ts")
      assert.include(rulesOf((yield* check(file)).out), "never-tracked: seen")
      const both = ["--project", join(folder, "plan/tsconfig.json"), "--project", join(folder, "shop/tsconfig.json")]
      for (const projects of [both, ["--project", join(folder, "tsconfig.json")]]) {
        const found = rulesOf((yield* check(file, ...projects)).out)
        assert.deepStrictEqual(
          found.filter((one) => one.startsWith("never")),
          ["never-tracked: never"]
        )
      }
    })
  )

  it.live("reads JavaScript, if the project has it", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "tsconfig.json": config.replace(`"strict"`, `"allowJs":true,"strict"`),
        "package.json": `{ "type": "module" }`,
        "plan.js": `import { Plan, TrackedEvent } from "@trackmap/core"\nexport const Seen = TrackedEvent.make("seen")\nexport const Never = TrackedEvent.make("never")\nexport const plan = Plan.make(Seen, Never)\n`,
        "main.js": `import { Seen } from "./plan.js"\nexport const serve = (tracking) => tracking.track(Seen, {})\n`
      })
      assert.deepStrictEqual(rulesOf((yield* check(join(folder, "plan.js"))).out), ["never-tracked: never"])
    })
  )

  it.live("says on the standard error that it has not looked, and why", () =>
    Effect.gen(function* () {
      const outside = yield* project({ ...files, "tsconfig.json": `{ "files": ["src/tracking.ts"] }` })
      const found = yield* check(join(outside, "src/plan.ts"))
      assert.match(
        found.err,
        /^not checked: never-tracked, .*tsconfig\.json does not have the module of the plan: name/
      )
      assert.deepStrictEqual(JSON.parse(found.out).unchecked, Usage.rules)
      const older = yield* project({ ...files, "node_modules/typescript/package.json": `{ "version": "5.9.3" }` })
      const old = yield* check(join(older, "src/plan.ts"))
      assert.match(old.err, /its TypeScript 5\.9\.3 cannot search code for other programs: install typescript 7/)
      assert.deepStrictEqual(rulesOf(old.out), [])
      const named = yield* check(join(older, "src/plan.ts"), "--project", join(older, "tsconfig.json"))
      assert.strictEqual(named.code, 2)
      const missing = yield* check(join(outside, "src/plan.ts"), "--project", join(outside, "none.json"))
      assert.strictEqual(missing.code, 2)
      assert.match(missing.err, /none\.json: .*: correct it, name another with --project, or pass --no-usage/)
      const without = yield* check(join(outside, "src/plan.ts"), "--no-usage")
      assert.deepStrictEqual([without.err, rulesOf(without.out)], ["", []])
    })
  )
})

describe("a search of a service's code, of one case,", () => {
  it.live("finds an event in an object, also where a larger object with it was read before", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "tsconfig.json": config,
        "src/tracking.ts": tracking,
        "src/main.ts": `
          import { TrackedEvent } from "@trackmap/core"
          import { any } from "./tracking.ts"
          const low = { deep: { E: TrackedEvent.make("happened") } }
          const top = { one: { two: low } }
          any(top)
          any(low)`
      })
      const { passed } = yield* Usage.search(join(folder, "tsconfig.json"))
      assert.isTrue(passed.has("happened"))
    })
  )

  it("refuses what names no project", () => {
    const refused: ReadonlyArray<ReadonlyArray<unknown>> = [[], [""], [null]]
    for (const given of refused) {
      const search = () => Usage.search(...(given as [string]))
      assert.throws(search, /Usage\.search: it takes the names of one or more files/)
    }
  })
})
