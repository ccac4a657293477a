/** Writes each package's version into its `version.ts`, if it has one. */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = process.argv[2] ?? join(import.meta.dirname, "..")

for (const file of globSync("packages/*/src/**/version.ts", { cwd: root })) {
  const folder = file.split(/[\\/]/, 2).join("/")
  const { version } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
    readonly version: string
  }
  const text = readFileSync(join(root, file), "utf8")
  const written = text.replace(/(?<=version = )".*"/, JSON.stringify(version))
  if (!written.includes(`version = "${version}"`)) throw new Error(`${file} has no line \`version = "…"\``)
  writeFileSync(join(root, file), written)
}
