/** Finds the module that makes a project's plan. */
import { globSync, readFileSync, statSync } from "node:fs"
import { join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { PlanError } from "../../PlanError.ts"

const ignored = /(^|\/)(node_modules|dist|build|out|coverage|\.[^/]+)(\/|$)|\.(test|spec|d)\.[cm]?[jt]s$/

/** A module of a project. */
interface Source {
  /** Its name, from the project's folder. */
  readonly name: string
  readonly text: string
}

/** The modules in a folder, tests and built files aside. */
export const sourcesIn = (folder: string): ReadonlyArray<Source> =>
  globSync("**/*.{ts,mts,cts,js,mjs,cjs}", { cwd: folder, exclude: (path) => ignored.test(path) })
    .filter((name) => !ignored.test(name) && statSync(join(folder, name), { throwIfNoEntry: false })?.isFile())
    .toSorted()
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }))

/** Whether a module calls `Plan.make`. */
export const makesPlan = ({ text }: Source): boolean => /\bPlan\.make\(/.test(text)

/** The module of the project in a folder: the only one that calls `Plan.make`. */
export const find = (folder: string): Effect.Effect<string, PlanError> =>
  Effect.suspend(() => {
    const files = sourcesIn(folder)
      .filter(makesPlan)
      .map(({ name }) => name)
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
