/** The packages that a service needs for its tracking. */
import * as Effect from "effect/Effect"
import { InitError } from "../../InitError.ts"
import { version } from "../version.ts"
import type { Service } from "./model.ts"
import { majorOf } from "./service.ts"
import type { SinkName } from "./sinks.ts"

/** The packages to add, with their ranges. */
export interface Packages {
  readonly dependencies: ReadonlyMap<string, string>
  readonly devDependencies: ReadonlyMap<string, string>
}

/** What this repository tests with. */
const ranges: Readonly<Record<string, string>> = {
  "@jest/globals": "^30.0.0",
  "@types/node": "^24.0.0",
  effect: "^4.1.0",
  tsx: "^4.20.0",
  zod: "^4.2.0"
}

const rangeOf = (name: string): string => ranges[name] ?? `^${version}`

/** Whether Node runs the test as it is: it does not run TypeScript whose imports name no file, or whose package is CommonJS. */
export const isRunByNode = ({ imports, language, modules }: Service): boolean =>
  language === "JavaScript" || (imports === ".ts" && modules === "ESM")

/** Jest's `it` is global. Its types are too, if the service has them. */
export const isWithGlobals = ({ language, tools }: Service): boolean =>
  language === "JavaScript" || tools.has("@types/jest")

/** The minor version of zod 3, of which the later ones have zod 4, too. */
const zod4 = { major: 3, minor: 25 }

/** Where zod 4 is in a service. */
export const zodOf = ({ dependencies }: Service): Effect.Effect<"zod" | "zod/v4", InitError> => {
  const range = dependencies.get("zod") ?? rangeOf("zod")
  const [, minor = 0] = /^[^\d]*\d+\.(\d+)/.exec(range) ?? []
  const major = majorOf(range) ?? 4
  if (major > zod4.major) return Effect.succeed("zod")
  return major === zod4.major && Number(minor) >= zod4.minor
    ? Effect.succeed("zod/v4")
    : Effect.fail(
        new InitError({
          reason: `the service has zod ${range}, and its plan needs zod 4`,
          remedy: "update zod to 4, or to 3.25, which has both",
          written: []
        })
      )
}

const effectOf = ({ dependencies }: Service): Effect.Effect<void, InitError> => {
  const range = dependencies.get("effect")
  const major = range === undefined ? undefined : majorOf(range)
  return major === undefined || major >= 4
    ? Effect.void
    : Effect.fail(
        new InitError({
          reason: `the service has effect ${range}, and sinks need effect 4`,
          remedy: "update it, or add tracking to a package of its own in your workspace",
          written: []
        })
      )
}

const has = (condition: boolean, ...names: ReadonlyArray<string>) => (condition ? names : [])

/** Those of some packages that are not known, with their ranges, in the order of their names. */
const missing = (known: ReadonlyMap<string, string>, ...names: ReadonlyArray<string>): Packages["dependencies"] =>
  new Map(
    [...new Set(names)]
      .toSorted()
      .filter((name) => !known.has(name))
      .map((name) => [name, rangeOf(name)])
  )

/** The packages that a service does not have. */
export const packagesOf = Effect.fnUntraced(function* (service: Service, sink: SinkName) {
  yield* effectOf(service)
  const { dependencies, framework, language, manager, runner, tools } = service
  // What the test imports must be the service's own. The others are programs and types, which are found in its workspace, too.
  const imported = missing(
    dependencies,
    "@trackmap/testing",
    ...has(runner === "jest" && !isWithGlobals(service), "@jest/globals")
  )
  const found = missing(
    tools,
    "@trackmap/cli",
    ...has(runner === "node:test" && !isRunByNode(service), "tsx"),
    ...has(language === "TypeScript", "@types/node")
  )
  return {
    dependencies: missing(
      dependencies,
      ...(framework === "effect" ? ["@trackmap/core", "effect"] : ["@trackmap/node", "zod"]),
      // What other packages leave to the service: the other managers add it themselves.
      ...has(manager === "yarn", "@trackmap/core", "effect"),
      ...has(sink !== "duckdb", "@trackmap/console"),
      `@trackmap/${sink}`
    ),
    devDependencies: new Map([...imported, ...found].toSorted(([one], [other]) => (one < other ? -1 : 1)))
  } satisfies Packages
})

/** The arguments with which a package manager adds packages. */
export const addingOf = (
  { manager }: Pick<Service, "manager">,
  packages: ReadonlyMap<string, string>,
  { dev }: { readonly dev: boolean }
): ReadonlyArray<string> => {
  const flags = dev ? [{ npm: "--save-dev", pnpm: "--save-dev", yarn: "--dev", bun: "--dev" }[manager]] : []
  return [
    manager,
    manager === "npm" ? "install" : "add",
    ...flags,
    ...Array.from(packages, ([name, range]) => `${name}@${range}`)
  ]
}
