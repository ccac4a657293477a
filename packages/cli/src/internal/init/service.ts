/** Reads what a service is from its files. */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { InitError } from "../../InitError.ts"
import { makesPlan, sourcesIn } from "../load/find.ts"
import { hasNodeTypes, importsOf, settingsIn } from "./compiler.ts"
import { dependenciesOf, read } from "./manifest.ts"
import { above, textOf, workspaceOf } from "./workspace.ts"
import type { Framework, Manager, Runner, Service } from "./model.ts"

const fail = (reason: string, remedy: string) => Effect.fail(new InitError({ reason, remedy, written: [] }))

const lockFiles: ReadonlyArray<readonly [file: string, manager: Manager]> = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"]
]

const managerOf = (folder: string): Manager =>
  above(folder, (one) => {
    const { packageManager } = read(textOf(join(one, "package.json")) ?? "{}") ?? {}
    const [, named] = /^(npm|pnpm|yarn|bun)@/.exec(String(packageManager)) ?? []
    return (named as Manager | undefined) ?? lockFiles.find(([file]) => existsSync(join(one, file)))?.[1]
  }) ?? "npm"

const isWithApp = (folder: string): boolean => ["app", "src/app"].some((one) => existsSync(join(folder, one)))

/** The major version that a range begins with. */
export const majorOf = (range: string): number | undefined => {
  const [, major] = /^[^\d]*(\d+)/.exec(range) ?? []
  return major === undefined ? undefined : Number(major)
}

const frameworkOf = (
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
  language: Service["language"]
): Framework => {
  const packages = dependenciesOf(manifest)
  // Other routers of Next, and Nest without decorators, are wired by hand.
  if (packages.has("next")) return isWithApp(folder) ? "next" : "node"
  if (packages.has("@nestjs/core")) return language === "TypeScript" ? "nest" : "node"
  const found = (["fastify", "hono", "express"] as const).find((one) => packages.has(one))
  // A tool that is installed for development can need effect, too.
  const { effect } = { ...(manifest["dependencies"] as object | undefined) } as { readonly effect?: unknown }
  return found ?? (majorOf(String(effect)) === 4 ? "effect" : "node")
}

const runnerOf = (packages: ReadonlyMap<string, string>): Runner =>
  packages.has("vitest") ? "vitest" : packages.has("jest") ? "jest" : "node:test"

const hasSyntaxOfESM = (text: string): boolean => /^(?:import\s*["'{*\w]|export\s+[\w{*])/m.test(text)

/** Files that are compiled to other modules can have imports without `"type": "module"`. */
const modulesOf = (type: unknown, texts: ReadonlyArray<string>): Service["modules"] =>
  type === "module" ||
  (type === undefined && texts.some(hasSyntaxOfESM) && !texts.some((text) => /\brequire\(/.test(text)))
    ? "ESM"
    : "CommonJS"

const folderOfPackage = (folder: string): string | undefined =>
  existsSync(join(folder, "package.json")) ? folder : undefined

/** The service in a folder, or around it: where the closest package.json is. */
export const inspect = (start: string): Effect.Effect<Service, InitError> =>
  Effect.suspend(() => {
    const folder = above(start, folderOfPackage)
    if (folder === undefined) {
      return fail(`there is no package.json in ${start} or around it`, "run it in the folder of your service")
    }
    const file = join(folder, "package.json")
    const manifest = readFileSync(file, "utf8")
    const value = read(manifest)
    if (value === undefined) return fail(`${file} is not an object of JSON`, "correct it")
    const dependencies = dependenciesOf(value)
    const tools = new Map([...dependenciesOf(workspaceOf(folder) ?? {}), ...dependencies])
    // A package inside it is a service of its own.
    const files = sourcesIn(folder).filter(({ name }) => above(dirname(join(folder, name)), folderOfPackage) === folder)
    const settings = settingsIn(folder)
    const isTypeScript =
      settings !== undefined ||
      dependencies.has("typescript") ||
      files.some(({ name }) => /(?<!\.config)\.[cm]?ts$/.test(name))
    const language = isTypeScript ? "TypeScript" : "JavaScript"
    const texts = files.map(({ text }) => text)
    if (settings?.verbatimModuleSyntax === true && value["type"] !== "module") {
      return fail(
        `with verbatimModuleSyntax in its tsconfig.json, ${file} is of the type "commonjs", and TypeScript takes no imports in its files`,
        'set "type": "module", or verbatimModuleSyntax to false'
      )
    }
    return Effect.succeed({
      folder,
      manifest,
      dependencies,
      tools,
      language,
      framework: frameworkOf(folder, value, language),
      modules: isTypeScript ? (value["type"] === "module" ? "ESM" : "CommonJS") : modulesOf(value["type"], texts),
      imports: isTypeScript ? importsOf(settings, texts) : ".js",
      hasNodeTypes: hasNodeTypes(settings, majorOf(tools.get("typescript") ?? "")),
      manager: managerOf(folder),
      runner: runnerOf(tools),
      sources: existsSync(join(folder, "src")) ? "src" : ".",
      plans: files.filter(makesPlan).map(({ name }) => name)
    })
  })
