import { existsSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"

// The npm package of Node.js contains the C++ headers for native add-ons: 63 MB that nothing here compiles against.
const folder = join(import.meta.dirname, "../node_modules/node/node_modules")
for (const name of existsSync(folder) ? readdirSync(folder) : [])
  rmSync(join(folder, name, "include"), { recursive: true, force: true })
