/** Prints the circles of imports over the repository, and the imports that run upward between the rooms of core. */
import { fileURLToPath } from "node:url"
import * as Circles from "./Circles.ts"
import * as Imports from "./Imports.ts"
import * as Rooms from "./Rooms.ts"

const imports = Imports.read(process.argv[2] ?? fileURLToPath(new URL("../../../..", import.meta.url)))
const circles = Circles.find(imports)
const upward = Rooms.upward(imports)
const print = (line: string) => process.stdout.write(`${line}\n`)

for (const { arrows, files } of circles) {
  print(`A circle of ${files.length} files:`)
  for (const [from, to] of arrows) print(`  ${from} -> ${to}`)
}
for (const { from, to, why } of upward) print(`Upward: ${from} -> ${to} (${why})`)
print(
  `Files: ${imports.size}. Circles of imports: ${circles.length}. Upward between the rooms of core: ${upward.length}.`
)
process.exitCode = circles.length + upward.length > 0 ? 1 : 0
