/** Finds the module that makes a project's plan. */
import { globSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { PlanError } from "../../PlanError.ts"

const ignored = /(^|\/)(node_modules|dist|build|out|coverage|\.[^/]+)(\/|$)|\.(test|spec|d)\.[cm]?[jt]s$/

const makesPlan = (file: string): boolean => /\bPlan\.make\(/.test(readFileSync(file, "utf8"))

/** The module of the project in a folder: the only one that calls `Plan.make`. */
export const find = (folder: string): Effect.Effect<string, PlanError> =>
  Effect.suspend(() => {
    const files = globSync("**/*.{ts,mts,cts,js,mjs,cjs}", { cwd: folder, exclude: (path) => ignored.test(path) })
      .filter((file) => !ignored.test(file))
      .toSorted()
      .filter((file) => makesPlan(join(folder, file)))
    const [found, ...others] = files
    const fail = (reason: string, remedy: string) => Effect.fail(new PlanError({ file: folder, reason, remedy }))
    if (found === undefined) {
      return fail("no module calls Plan.make", "pass the module that exports the plan: trackmap lock src/plan.ts")
    }
    return others.length === 0
      ? Effect.succeed(join(folder, found))
      : fail(
          `several modules call Plan.make: ${files.map((file) => relative(".", file)).join(", ")}`,
          "pass one of them"
        )
  })
