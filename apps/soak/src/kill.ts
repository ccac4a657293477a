/**
 * Kills services while they commit and relays while they send, and counts what arrives. `node src/kill.ts --rounds 200 --seed 1 --database sqlite`, or
 * `postgres`, or without it both, one after the other.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build } from "esbuild"
import * as postgres from "../../../compat/src/postgres/server.ts"
import type { Database } from "./kill/protocol.ts"
import { run, type Summary } from "./kill/run.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string" }, seed: { type: "string" }, database: { type: "string" } }
})
const rounds = Number(values.rounds ?? 200)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 20))
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const number = (value: number): string => value.toLocaleString("en-US").padStart(12)

const folder = mkdtempSync(join(tmpdir(), "trackmap-kill-"))
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
const runOnKind = async (kind: string): Promise<boolean> => {
  if (kind === "sqlite") return runOn({ kind, filename: join(folder, "outbox.db") })
  if (kind !== "postgres") throw new Error(`there is no database ${kind}: sqlite or postgres`)
  const server = await postgres.start()
  try {
    return await runOn({ kind, url: server.address })
  } finally {
    await server.stop()
  }
}

let holds = true
for (const kind of values.database === undefined ? ["sqlite", "postgres"] : [values.database]) {
  holds = (await runOnKind(kind)) && holds
}
rmSync(folder, { recursive: true, force: true })
process.exit(holds ? 0 : 1)
