/** Prints the circles of imports over the repository, and the imports that run upward between the rooms of core. Exits with 1 for any. */
import { fileURLToPath } from "node:url"
import * as Report from "./Report.ts"

const { clean, lines } = Report.of(process.argv[2] ?? fileURLToPath(new URL("../../../..", import.meta.url)))
for (const line of lines) process.stdout.write(`${line}\n`)
if (!clean) process.exitCode = 1
