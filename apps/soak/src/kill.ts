/**
 * Kills services while they commit and relays while they send, and counts what arrives. `node src/kill.ts --rounds 200 --seed 1 --database sqlite`, or
 * `postgres`, or without it both, one after the other.
 *
 * `node src/kill.ts faults` breaks other things, each in a scenario of its own: `--only disk,restart` runs some of them, and `--list` names all.
 *
 * `node src/kill.ts warehouses --rounds 100` kills processes while they write to a warehouse, and reads what is there: `--only postgres,duckdb`.
 * `node src/kill.ts warehouses faults` breaks other things around them: `--only disk,reader` runs some of these scenarios, and `--list` names all.
 *
 * @module
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build } from "esbuild"
import * as postgres from "../../../compat/src/postgres/server.ts"
import { faults } from "./kill/faults/faults.ts"
import * as breaking from "./kill/faults/run.ts"
import type { Database } from "./kill/protocol.ts"
import { run, type Summary } from "./kill/run.ts"
import { engines } from "./kill/warehouses/engines.ts"
import * as ofWarehouses from "./kill/warehouses/faults/faults.ts"
import * as breakingWarehouses from "./kill/warehouses/faults/run.ts"
import * as warehouses from "./kill/warehouses/run.ts"

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    seed: { type: "string" },
    database: { type: "string" },
    only: { type: "string" },
    list: { type: "boolean" }
  }
})
const rounds = Number(values.rounds ?? 200)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 20))
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const number = (value: number): string => value.toLocaleString("en-US").padStart(12)

const kinds = ["sqlite", "postgres"] as const

const kindsOf = (given: string | undefined): ReadonlyArray<Database["kind"]> => {
  if (given === undefined) return kinds
  const chosen = kinds.find((kind) => kind === given)
  if (chosen === undefined) throw new Error(`there is no database ${given}: ${kinds.join(" or ")}`)
  return [chosen]
}

const names = values.only?.split(",")

/** The scenarios that were named, or all. */
const chosen = <F extends { readonly name: string }>(all: ReadonlyArray<F>): ReadonlyArray<F> => {
  const unknown = names?.find((name) => !all.some((fault) => fault.name === name))
  if (unknown !== undefined)
    throw new Error(`there is no scenario ${unknown}: ${all.map(({ name }) => name).join(", ")}`)
  return all.filter(({ name }) => names?.includes(name) ?? true)
}

if (values.list === true) {
  const all =
    positionals[0] === "warehouses"
      ? ofWarehouses.faults.map((fault) => ({ ...fault, on: fault.engines }))
      : faults.map((fault) => ({ ...fault, on: fault.databases }))
  for (const { about, name, on } of all) write(`${name.padEnd(12)} ${about} (${on.join(", ")})`)
  process.exit(0)
}

/** Kills the writers of each warehouse. */
const runWarehouses = async (names: ReadonlyArray<string>): Promise<boolean> => {
  let holds = true
  for (const engine of names) {
    const open = engines[engine]
    if (open === undefined) throw new Error(`there is no warehouse ${engine}: ${Object.keys(engines).join(", ")}`)
    const began = performance.now()
    write(`${rounds} rounds on ${engine}, seed ${seed}`)
    try {
      const told = (round: number): void => {
        if ((round + 1) % 20 === 0) write(`${number(round + 1)} rounds hold`)
      }
      const { again, delivered, misfits, more } = await warehouses.run({ engine, open, rounds, seed, told })
      write(`${number(delivered)} messages had a receipt, and each is there once`)
      write(`${number(more)} messages are there once whose receipt the kill has cut off`)
      write(`${number(again)} messages were sent again by the next process`)
      write(`${number(misfits)} messages have a row in misfits, too, each beside its event`)
      write(`${number((performance.now() - began) / 1_000)} s`)
    } catch (error) {
      write(`BROKEN: ${String(error)}`)
      holds = false
    }
  }
  return holds
}

if (positionals[0] === "warehouses") {
  const holds = await (positionals[1] === "faults"
    ? breakingWarehouses.run({ faults: chosen(ofWarehouses.faults), write })
    : runWarehouses(names ?? Object.keys(engines)))
  process.exit(holds ? 0 : 1)
}

const selected = { faults: chosen(faults), kinds: kindsOf(values.database) }

const folder = mkdtempSync(join(tmpdir(), "trackmap-kill-"))
// PostgreSQL runs as a user of its own.
chmodSync(folder, 0o755)
const program = join(folder, "process.mjs")
await build({
  entryPoints: [join(import.meta.dirname, "kill/process.ts")],
  outfile: program,
  bundle: true,
  platform: "node",
  format: "esm",
  // A package that is CommonJS inside needs `require`.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
})

const report = ({ changes, deeds, lines, sinks, transactions }: Summary): void => {
  write(`${number(transactions)} transactions ended, and more were killed`)
  write(`${number(changes)} changes were committed, and each has its message`)
  for (const [sink, { again, arrived }] of Object.entries(sinks)) {
    write(
      `${number(arrived)} messages arrived at ${sink}, and ${again.toLocaleString("en-US")} arrived again under the same id`
    )
  }
  for (const [deed, count] of [...deeds].toSorted((a, b) => b[1] - a[1])) write(`${number(count)} × ${deed}`)
  for (const [line, count] of [...lines].toSorted((a, b) => b[1] - a[1])) write(`${number(count)} × ${line}`)
}

const runOn = async (database: Database): Promise<boolean> => {
  const began = performance.now()
  write(`${rounds} rounds on ${database.kind}, seed ${seed}`)
  try {
    const told = (round: number): void => {
      if (process.stdout.isTTY) process.stdout.write(`\r${number(round + 1)}`)
      else if ((round + 1) % 20 === 0) write(`${number(round + 1)} rounds hold`)
    }
    const summary = await run({ database, program, rounds, seed, told })
    if (process.stdout.isTTY) process.stdout.write("\r")
    report(summary)
    write(`${number((performance.now() - began) / 1_000)} s`)
    return true
  } catch (error) {
    write(`BROKEN: ${String(error)}`)
    return false
  }
}

/** Runs on one kind of database. */
const runOnKind = async (kind: Database["kind"]): Promise<boolean> => {
  if (kind === "sqlite") return runOn({ kind, filename: join(folder, "outbox.db") })
  const server = await postgres.start()
  try {
    return await runOn({ kind, url: server.address })
  } finally {
    await server.stop()
  }
}

const runRounds = async (): Promise<boolean> => {
  let holds = true
  for (const kind of selected.kinds) holds = (await runOnKind(kind)) && holds
  return holds
}

const runFaults = async (): Promise<boolean> => {
  const began = performance.now()
  const holds = await breaking.run({ ...selected, program, folder, seed, write })
  write(`${number((performance.now() - began) / 1_000)} s`)
  return holds
}

const holds = await (positionals[0] === "faults" ? runFaults() : runRounds())
rmSync(folder, { recursive: true, force: true })
process.exit(holds ? 0 : 1)
