import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseSync, Visitor } from "rolldown/utils"
import { expect, it } from "vitest"

const repository = fileURLToPath(new URL("../../..", import.meta.url))

/** Packages whose log is a test's, in which a cause is a developer's own. */
const ofTests = "packages/testing/"

const byDefault: ReadonlySet<string> = new Set(["log", "logFatal", "logError", "logWarning", "logInfo", "logWithLevel"])

/** The calls that log more than a text at a level that is on by default. */
const causesIn = (path: string, source: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  new Visitor({
    CallExpression: ({ arguments: args, callee, start }) => {
      if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier" || callee.object.name !== "Effect")
        return
      if (callee.property.type !== "Identifier" || !byDefault.has(callee.property.name) || args.length < 2) return
      found.push(`${path}:${source.slice(0, start).split("\n").length}`)
    }
  }).visit(parseSync(path, source).program)
  return found
}

it("finds a cause beside a log line's text", () => {
  const source = (args: string) => `Effect.andThen(Effect.logError(${args}), Effect.logDebug("a", defect))`
  expect(causesIn("a.ts", source("`a ${b}`"))).toEqual([])
  expect(causesIn("a.ts", source('"a", defect'))).toEqual(["a.ts:1"])
})

it("no package logs a cause, but at the debug level", () => {
  const files = globSync("packages/*/src/**/*.ts", { cwd: repository }).filter((path) => !path.endsWith(".test.ts"))
  expect(files.length).toBeGreaterThan(100)
  const causes = files
    .filter((path) => !path.startsWith(ofTests))
    .map((path) => ({ path, source: readFileSync(join(repository, path), "utf8") }))
    .filter(({ source }) => source.includes("Effect.log"))
    .flatMap(({ path, source }) => causesIn(path, source))
  expect(causes).toEqual([])
})
