import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { compare, type Measured, type Question } from "./Report.ts"

const run = promisify(execFile)
const folder = fileURLToPath(new URL(".", import.meta.url))
const demo = fileURLToPath(new URL("../../demo/tsconfig.json", import.meta.url))
const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url))

const rounds = 9
const events = 200
const callers = 300

const entities = Array.from(
  { length: 20 },
  (_, i) =>
    `export const E${i} = Entity.make("E${i}", { key: "id", attributes: { id: Schema.Int, name: Schema.String, total: Schema.Finite } })`
)
const definitions = Array.from(
  { length: events },
  (_, i) => `export const Happened${i} = TrackedEvent.make("happened${i}", { entities: { it: E${i % 20} } })`
)
const names = Array.from({ length: events }, (_, i) => `Happened${i}`)

const caller = (i: number): string => `
import type { Request } from "./request.ts"
import { tracking } from "./tracking.ts"
import * as events from "./events.ts"
export const handle${i} = async (request: Request) => {
  const row = { id: request.ids.length, name: request.path, total: request.ids.reduce((sum, one) => sum + one, ${i}) }
  const found = request.ids.map((id) => ({ id, text: String(id).padStart(8, "0") })).filter(({ id }) => id > ${i})
  await tracking.track(events.Happened${i % events}, { it: row })
  return { found, row, headers: new Map(Object.entries(request.headers)) }
}
`

/** A service with an event for most of its files. Returns its tsconfig.json. */
const service = (): string => {
  // Within the folder of this file, for the packages that it imports.
  const root = mkdtempSync(join(folder, ".usage-"))
  const write = (name: string, text: string): void => writeFileSync(join(root, name), text)
  mkdirSync(join(root, "src"))
  const options = { module: "nodenext", target: "es2024", strict: true, noEmit: true, skipLibCheck: true }
  write(
    "tsconfig.json",
    JSON.stringify({ compilerOptions: { ...options, allowImportingTsExtensions: true, types: [] }, include: ["src"] })
  )
  const imports = `import { Entity, Plan, TrackedEvent } from "@trackmap/core"\nimport * as Schema from "effect/Schema"`
  write("src/events.ts", [imports, ...entities, ...definitions, `export const plan = Plan.make(${names})`].join("\n"))
  write(
    "src/tracking.ts",
    `import { type EventSink, Tracking } from "@trackmap/node"\nimport { plan } from "./events.ts"\ndeclare const sink: EventSink.EventSink\nexport const tracking = Tracking.make({ plan, sinks: sink })\n`
  )
  write(
    "src/request.ts",
    `export interface Request { readonly path: string; readonly ids: ReadonlyArray<number>; readonly headers: Record<string, string> }\n`
  )
  for (let i = 0; i < callers; i++) write(`src/handler${i}.ts`, caller(i))
  return join(root, "tsconfig.json")
}

const search = `
const [{ Usage }, Effect] = await Promise.all([import("@trackmap/cli"), import("effect/Effect")])
const start = performance.now()
const { tracked } = await Effect.runPromise(Usage.search(process.argv[1]))
process.stdout.write(String(performance.now() - start))
if (tracked.size < 8) throw new Error(tracked.size + " events are tracked")`

/** Seconds of a search in a process that has loaded the command. */
const searched = async (config: string): Promise<number> =>
  Number((await run(process.execPath, ["--input-type=module", "-e", search, config], { cwd: folder })).stdout) / 1000

/** Seconds of a check of types. */
const checked = async (config: string): Promise<number> => {
  const start = performance.now()
  await run(process.execPath, [tsc, "--noEmit", "-p", config])
  return (performance.now() - start) / 1000
}

const contest = async (name: string, config: string): Promise<Measured> => {
  const ours: Array<number> = []
  const theirs: Array<number> = []
  for (let round = 0; round <= rounds; round++) {
    const pair = [await searched(config), await checked(config)] as const
    // The first round fills the system's cache of files.
    if (round === 0) continue
    ours.push(pair[0])
    theirs.push(pair[1])
  }
  return compare({ name, unit: "s", baseline: "tsc --noEmit", target: 1.5 }, ours, theirs)
}

/** How long `trackmap check` looks for who tracks an event, beside a check of types of the same code. */
export const usage: Question = {
  name: "usage",
  measure: async () => {
    const config = service()
    try {
      return [
        await contest(`who tracks ${events} events, in ${callers + 3} files`, config),
        await contest("who tracks the demo's events", demo)
      ]
    } finally {
      rmSync(join(config, ".."), { recursive: true })
    }
  }
}
