import { basename, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { project } from "../test/project.ts"
import { Usage } from "./index.ts"

const tsconfig = JSON.stringify({
  compilerOptions: {
    module: "NodeNext",
    target: "ES2024",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    allowImportingTsExtensions: true
  },
  include: ["**/*"]
})

const head = `
import { TrackedEvent, Tracker, type Plan } from "@trackmap/core"
import type { Tracking } from "@trackmap/node/Tracking"
import * as Schema from "effect/Schema"
declare const tracking: Tracking
declare const unknown: (value: unknown) => void
`
const node = `
export interface Tracking {
  readonly track: <Event extends import("@trackmap/core").TrackedEvent.Any>(event: Event, input: object) => Promise<void>
}`

/** How code uses an event `E`: calls that track it are in the lines with `!`, and lines with `?` may track it. All helpers have the same names. */
const ways: Readonly<Record<string, string>> = {
  "the face of promises": "tracking.track(E, {}) // !",
  "the face of Effect": "export const a = Tracker.track(E, {}) // !",
  "a method taken out": "const { track } = tracking\ntrack(E, {}) // !",
  "a method under another name": "const other = tracking.track\nother(E, {}) // !",
  "a cast": "tracking.track(E as TrackedEvent.Any, {}) // !",
  "an alias": "const alias = E\ntracking.track(alias, {}) // !",
  "a record": "const events = { deep: { e: E } }\ntracking.track(events.deep.e, {}) // !",
  "a record by a name": 'const events = { e: E } as const\ntracking.track(events["e"], {}) // !',
  "a record taken apart": "const { e } = { e: E }\ntracking.track(e, {}) // !",
  "a record that is spread": "const a = { e: E }\nconst b = { ...a }\ntracking.track(b.e, {}) // !",
  "one of two": "tracking.track(Math.random() > 0.5 ? E : E, {}) // !",
  "one or the other": "declare const maybe: typeof E | undefined\ntracking.track(maybe ?? E, {}) // !",
  "a list that is mapped": "[E].map((e) =>\n  tracking.track(e, {}) // !\n)",
  "a loop": "for (const e of [E]) {\n  tracking.track(e, {}) // !\n}",
  "the values of a record":
    "const all = { e: E }\nfor (const e of Object.values(all)) {\n  tracking.track(e, {}) // !\n}",
  "a helper": "const send = (e: TrackedEvent.Any) => tracking.track(e, {})\nsend(E) // !",
  "a generic helper": "function send<E extends TrackedEvent.Any>(e: E) { return tracking.track(e, {}) }\nsend(E) // !",
  "a helper of a helper of helpers":
    "const a = (e: TrackedEvent.Any) => tracking.track(e, {})\nconst b = (e: TrackedEvent.Any) => a(e)\nconst c = (n: number, e: TrackedEvent.Any) => b(e)\nconst d = (e: TrackedEvent.Any) => () => c(1, e)\nd(E) // !",
  "a helper that calls itself":
    "const a = (e: TrackedEvent.Any, n: number): unknown => n > 0 ? a(e, n - 1) : tracking.track(e, {})\na(E, 3) // !",
  "a method of a class":
    "class Shop { send(e: TrackedEvent.Any) { return tracking.track(e, {}) } }\nnew Shop().send(E) // !",
  "a method that may be overridden":
    "class Shop { send(e: TrackedEvent.Any) { return e.name } }\nnew Shop().send(E) // ?",
  "a service of the project": "declare const shop: { send: (e: TrackedEvent.Any) => void }\nshop.send(E) // ?",
  "a function of the project without a body": "declare function send(e: TrackedEvent.Any): void\nsend(E) // ?",
  "a function that passes it on": "const send = (e: TrackedEvent.Any) => unknown(e)\nsend(E) // ?",
  "a rest parameter":
    "const send = (...es: Array<TrackedEvent.Any>) => es.map((e) => tracking.track(e, {}))\nsend(E) // ?",
  "a parameter taken apart":
    "const send = ({ e }: { e: TrackedEvent.Any }) => tracking.track(e, {})\nsend({ e: E }) // !",
  "a list of functions": "const send = (e: TrackedEvent.Any) => tracking.track(e, {})\n;[E].forEach(send) // ?",
  "a list with a wider type": "const all: ReadonlyArray<TrackedEvent.Any> = [E] // ?",
  "a rest of a record": "const { other, ...rest } = { other: 1, e: E } // ?",
  "a record with a wider type": "const all: Record<string, TrackedEvent.Any> = { E } // ?",
  "a variable with a wider type": "const one: TrackedEvent.Any = E // ?",
  "a map": 'const all = new Map<string, TrackedEvent.Any>([["e", E]]) // ?',
  "a result": "export const pick = (): TrackedEvent.Any => E // ?",
  "a returned one": "export function pick() {\n  return E // ?\n}",
  "a variable that is assigned": "let one: TrackedEvent.Any\none = E // ?",
  "a property of a class": "class Shop {\n  e: TrackedEvent.Any = E // ?\n}",
  "a default": "export const a = (\n  e: TrackedEvent.Any = E // ?\n) => e",
  "its name": "console.log(E.name)",
  "its keys": "console.log(TrackedEvent.keys(E))",
  "a comparison": "console.log((E as unknown) === 1, typeof E)",
  "its type": "export type T = typeof E\nexport declare const t: TrackedEvent.Input<typeof E>",
  "a record that nothing reads": "export const events = { e: E } as const",
  "a helper that does not track": "const log = (e: TrackedEvent.Any) => console.log(e.name)\nlog(E)",
  "an annotated one": 'export const a = E.pipe(TrackedEvent.annotate({ description: "x" }))',
  nothing: "export {}"
}

const names = Object.keys(ways)
const eventOf = (way: string): string => `e${names.indexOf(way)}`

const lines = (text: string, sign: string): ReadonlyArray<number> =>
  text.split("\n").flatMap((line, index) => (line.endsWith(`// ${sign}`) ? [index + 1] : []))

/** The modules of a way: its event, and its use, which imports it in one of some ways. */
const modulesOf = (way: string, index: number): Readonly<Record<string, string>> => {
  const make = `import { TrackedEvent } from "@trackmap/core"\nexport const E = TrackedEvent.make("${eventOf(way)}")\nexport default E\n`
  const imported = [
    `import { E } from "./event${index}.ts"\n`,
    `import E from "./event${index}.ts"\n`,
    `import { renamed as E } from "./again${index}.ts"\n`,
    `import * as again from "./again${index}.ts"\nconst E = again.renamed\n`
  ][index % 4]!
  return {
    [`src/event${index}.ts`]: make,
    [`src/again${index}.ts`]: `export { E as renamed } from "./event${index}.ts"\n`,
    [`src/use${index}.ts`]: `${imported}${head}\n${ways[way]}\n`
  }
}

describe("the search of a service's code", () => {
  it.live("knows a call that tracks an event by what it calls, and loses no event that may be tracked", () =>
    Effect.gen(function* () {
      const folder = yield* project({
        "tsconfig.json": tsconfig,
        "node_modules/@trackmap/node/package.json": JSON.stringify({
          name: "@trackmap/node",
          exports: { "./Tracking": { types: "./Tracking.d.ts" } }
        }),
        "node_modules/@trackmap/node/Tracking.d.ts": node,
        ...Object.assign({}, ...names.map(modulesOf))
      })
      const { passed, tracked } = yield* Usage.search(join(folder, "tsconfig.json"))
      names.forEach((way, index) => {
        const file = `use${index}.ts`
        const signed = (sign: string) => lines(modulesOf(way, index)[`src/${file}`]!, sign)
        const calls = tracked.get(eventOf(way)) ?? []
        assert.deepStrictEqual(
          calls.map(({ file, line }) => `${basename(file)}:${line}`),
          signed("!").map((line) => `${file}:${line}`),
          way
        )
        const maybe = (passed.get(eventOf(way)) ?? []).map(({ line }) => line)
        for (const line of signed("?")) assert.include(maybe, line, way)
      })
    })
  )
})
