/** Prints each pair of places with the same ten or more lines. Exits with 1 if it finds one. */
import { fileURLToPath } from "node:url"
import * as Repeats from "./Repeats.ts"

const found = Repeats.find(process.argv[2] ?? fileURLToPath(new URL("../../../..", import.meta.url)))
for (const line of [...found, `Repeats of ten lines or more: ${found.length}.`]) process.stdout.write(`${line}\n`)
if (found.length > 0) process.exitCode = 1
