/**
 * Prints, file by file, the lines you read to follow a loaded row through core, to its values and to its receipt: for the first
 * call alone, and with the definitions. With `--check`, exits with 1 if a call is over its budget.
 */
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import * as Lines from "./Lines.ts"
import type { Way } from "./measure.ts"

const measure = async (way: Way): Promise<Lines.Lines> => {
  const [lines] = await once(new Worker(new URL("measure.ts", import.meta.url), { workerData: way }), "message")
  return lines
}

interface Column {
  readonly title: string
  readonly way: Way
  readonly budget?: number
}

const wanted: ReadonlyArray<Column> = [
  { title: "values", budget: 500, way: { name: "values", definitions: false } },
  { title: "+definitions", way: { name: "values", definitions: true } },
  { title: "delivery", budget: 1500, way: { name: "delivery", definitions: false } },
  { title: "+definitions", way: { name: "delivery", definitions: true } }
]
const columns = await Promise.all(
  wanted.map(async ({ budget, title, way }) => ({ title, budget, lines: await measure(way) }))
)

const files = [...new Set(columns.flatMap(({ lines }) => [...lines.keys()]))].toSorted()
const width = Math.max(...files.map((file) => file.length))
const print = (name: string, cell: (column: (typeof columns)[number]) => string | number | undefined) => {
  const cells = columns.map((column) => String(cell(column) ?? "").padStart(column.title.length + 2))
  process.stdout.write(`${name.padEnd(width)}${cells.join("")}`.trimEnd() + "\n")
}
print("", ({ title }) => title)
for (const file of files) print(file, ({ lines }) => lines.get(file))
print("files", ({ lines }) => lines.size)
print("lines", ({ lines }) => Lines.total(lines))
print("budget", ({ budget }) => budget)

const over = columns.some(({ budget, lines }) => budget !== undefined && Lines.total(lines) > budget)
if (over && process.argv.includes("--check")) process.exitCode = 1
