/**
 * Sends generated messages to every sink: any JSON, any text, any depth. `node src/fuzz.ts --messages 1000000 --seed 1`. What the vendors' servers and
 * the warehouses have is compared with what was tracked. PostgreSQL runs in a temporary folder; without its binaries, the run says so.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { PostgresUnavailable, start } from "../../../compat/src/postgres/server.ts"
import { run } from "./internal/fuzz.ts"

const { values } = parseArgs({ options: { messages: { type: "string" }, seed: { type: "string" } } })
const messages = Number(values.messages ?? 1_000_000)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const number = (value: number): string => value.toLocaleString("en-US").padStart(14)

process.on("unhandledRejection", (reason) => {
  process.stderr.write(`an unhandled rejection: ${String(reason)}\n`)
  process.exit(1)
})

/** A server of PostgreSQL, where it runs. */
const postgres = await start().catch((error: unknown) => {
  if (!(error instanceof PostgresUnavailable)) throw error
  write(`without PostgreSQL: ${error.message}`)
  return undefined
})

const began = performance.now()
write(`${messages.toLocaleString("en-US")} messages, seed ${seed}`)
const summary = await Effect.runPromise(
  Effect.ensuring(
    run({ messages, seed, postgres: postgres?.address }, (done) => {
      if (process.stdout.isTTY) process.stdout.write(`\r${number(done)}`)
    }),
    Effect.promise(async () => postgres?.stop())
  )
)
if (process.stdout.isTTY) process.stdout.write("\r")
write(`${number(summary.messages)} messages in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
write(`${number(summary.refused)} refused by the tracker, because their schema does not match`)
write(`${number(summary.requests)} requests, ${summary.bytes.toLocaleString("en-US")} bytes`)
write(`${number(summary.lines)} messages on a console`)
write("receipts")
for (const [what, count] of [...summary.receipts].toSorted()) write(`${number(count)} ${what}`)
write("the most frequent reasons")
for (const [what, count] of [...summary.reasons].toSorted((a, b) => b[1] - a[1]).slice(0, 30))
  write(`${number(count)} ${what}`)
