/** Writes the script and the style of the catalogue's page as one module, which the command copies into the sites that it makes. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"

const here = import.meta.dirname

const bundle = await rolldown({ input: join(here, "src/main.ts"), platform: "browser" })
const { output } = await bundle.generate({ format: "iife", minify: true })
const files = { script: output[0].code, style: readFileSync(join(here, "src/style.css"), "utf8") }
writeFileSync(join(here, "../dist/page.js"), `export default ${JSON.stringify(files, undefined, 1)}\n`)
