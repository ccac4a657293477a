import { writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { isOneByOne, type Name, names } from "./faults/contestants.ts"
import { matrix, table } from "./faults/table.ts"
import * as Trial from "./faults/trial.ts"
import { type Trouble, troubles } from "./faults/troubles.ts"
import { heading } from "./Report.ts"

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    contestants: { type: "string", multiple: true },
    json: { type: "string" }
  }
})

/** The things that an option selects: a list with commas, or an option given several times. */
const chosen = <A>(option: "only" | "contestants", all: ReadonlyArray<A>, nameOf: (one: A) => string): Array<A> => {
  const wanted = values[option]?.flatMap((value) => value.split(","))
  const unknown = wanted?.filter((name) => !all.some((one) => nameOf(one) === name)) ?? []
  if (unknown.length > 0) {
    process.stderr.write(`--${option} takes some of ${all.map(nameOf).join(", ")}\n`)
    process.exit(1)
  }
  return all.filter((one) => wanted?.includes(nameOf(one)) ?? true)
}

const faults = chosen("only", troubles, ({ name }) => name)
const clients = chosen<Name>("contestants", names, (name) => name)
const trials = faults.flatMap((trouble) =>
  clients
    .filter((client) => trouble.oneByOne === undefined || isOneByOne(client))
    .map((client): readonly [Name, Trouble] => [client, trouble])
)

/** A trial mostly waits, but a thousand events a second need some CPU. */
const concurrency = 6

const outcomes: Array<Trial.Outcome> = []
let next = 0
const work = async (): Promise<void> => {
  while (next < trials.length) {
    const index = next++
    const [client, trouble] = trials[index]!
    outcomes[index] = await Trial.run(client, trouble)
    if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.filter(Boolean).length} of ${trials.length}`)
  }
}
await Promise.all(Array.from({ length: concurrency }, work))
if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")

process.stdout.write(`${heading()}\n\n${table(faults, outcomes)}\n\n${matrix(faults, clients, outcomes)}\n`)
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(outcomes, undefined, 2)}\n`)
