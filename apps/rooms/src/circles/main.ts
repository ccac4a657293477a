/** Prints the circles of imports over the repository, and the upward imports between the rooms of core. Exits with 1 if it finds one. */
import { fileURLToPath } from "node:url"
import * as Report from "./Report.ts"

const { clean, lines } = Report.of(process.argv[2] ?? fileURLToPath(new URL("../../../..", import.meta.url)))
for (const line of lines) process.stdout.write(`${line}\n`)
if (!clean) process.exitCode = 1
