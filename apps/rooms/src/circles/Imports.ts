/** Which file of the repository imports which. Type imports, re-exports and dynamic imports count. */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { parseSync, Visitor } from "rolldown/utils"

/** Every file and the files it imports. Paths are relative to the repository's root. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

/** Every specifier that a source file imports. */
export const specifiers = (path: string, source: string): ReadonlySet<string> => {
  const { errors, program } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]!.message}`)
  const found = new Set<string>()
  const add = (source: object | null) => {
    if (source !== null && "value" in source && typeof source.value === "string") found.add(source.value)
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression)
  }).visit(program)
  return found
}

const resolve = (root: string, from: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return join(dirname(from), specifier)
  const own = /^@trackmap\/([^/]+)(?:\/(.+))?$/.exec(specifier)
  if (own === null) return undefined
  const path = `packages/${own[1]}/src/${own[2] ?? "index"}.ts`
  return existsSync(join(root, path)) ? path : undefined
}

/** Reads the imports of every TypeScript file under `packages` and `apps`. A package's name resolves to its sources. */
export const read = (root: string): Imports => {
  const imports = new Map<string, ReadonlySet<string>>()
  const files = globSync("{packages,apps}/*/**/*.{ts,tsx}", {
    cwd: root,
    exclude: (name) => /(^|\/)(node_modules|dist|coverage|\.[^/]+)$/.test(name)
  })
  for (const file of files.toSorted()) {
    const path = relative(root, join(root, file))
    const targets = [...specifiers(path, readFileSync(join(root, path), "utf8"))]
    imports.set(path, new Set(targets.flatMap((specifier) => resolve(root, path, specifier) ?? [])))
  }
  return imports
}
