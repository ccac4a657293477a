/** Writes the versions of packages into their sources, where they say them themselves. */
import { readFile, writeFile } from "node:fs/promises"

const folder = new URL("../packages/segment/", import.meta.url)
const { version } = JSON.parse(await readFile(new URL("package.json", folder), "utf8")) as { readonly version: string }
const source = new URL("src/internal/version.ts", folder)
const text = await readFile(source, "utf8")
await writeFile(source, text.replace(/version = ".*"/, `version = ${JSON.stringify(version)}`))
