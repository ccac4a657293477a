import { writeFile } from "node:fs/promises"
import { parseArgs } from "node:util"
import { batchedLoader } from "./batchedLoader.ts"
import { catalogue } from "./catalogue.ts"
import { definition } from "./definition.ts"
import * as delivery from "./delivery.ts"
import { growth } from "./growth.ts"
import { inspector } from "./inspector.ts"
import { jetstream } from "./jetstream.ts"
import { latency } from "./latency.ts"
import { loadedValues } from "./loadedValues.ts"
import { heading, json, type Measured, type Question, table } from "./Report.ts"
import * as outbox from "./outbox.ts"
import { sqliteGraph } from "./sqliteGraph.ts"
import { startup } from "./startup.ts"
import { typeGrowth } from "./typeGrowth.ts"
import { usage } from "./usage.ts"
import { warehouse } from "./warehouse.ts"

const questions: ReadonlyArray<Question> = [
  loadedValues,
  batchedLoader,
  sqliteGraph,
  typeGrowth,
  ...delivery.questions,
  startup,
  definition,
  growth,
  catalogue,
  inspector,
  jetstream,
  latency,
  ...outbox.questions,
  usage,
  warehouse
]

const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string", multiple: true } } })
const chosen = questions.filter(({ name }) => values.only?.includes(name) ?? true)
if (chosen.length === 0) {
  process.stderr.write(`--only takes one of ${questions.map(({ name }) => name).join(", ")}\n`)
  process.exit(1)
}

const rows: Array<Measured> = []
for (const { measure, name } of chosen) {
  process.stderr.write(`measuring: ${name}\n`)
  rows.push(...(await measure()))
}
process.stdout.write(`${heading()}\n\n${table(rows)}\n`)
if (values.json !== undefined) await writeFile(values.json, json(rows))
