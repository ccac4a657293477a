/** Checks of what code without types can pass. */
import type * as Description from "@trackmap/core/Description"
import { DefinitionError } from "@trackmap/core/DefinitionError"
import type { Lock } from "./lock/model.ts"

const refuse = (caller: string, expected: string, remedy: string): never => {
  throw new DefinitionError({
    entity: caller,
    reason: "BadPath",
    paths: [caller],
    detail: `it takes ${expected}, and got something else: ${remedy}`
  })
}

const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === "object" && given !== null

/** The description of a plan. A plan itself is easily passed in its place. */
export const described = (caller: string, given: Description.Plan): Description.Plan =>
  isObject(given) && given.format === 1 && Array.isArray(given.events) && Array.isArray(given.entities)
    ? given
    : refuse(caller, "the description of a plan", "pass Plan.describe(plan)")

/** A lock. The text of a lock file is easily passed in its place. */
export const locked = (caller: string, given: Lock): Lock =>
  isObject(given) && [given.subjects, given.entities, given.relations].every((one) => one instanceof Map)
    ? given
    : refuse(caller, "a lock", "pass what Lock.make or Lock.read returns")

/** Names of files, of which there must be one. */
export const files = (caller: string, given: ReadonlyArray<string>): ReadonlyArray<string> =>
  given.length > 0 && given.every((one) => typeof one === "string" && one !== "")
    ? given
    : refuse(caller, "the names of one or more files", 'pass them, such as "tsconfig.json"')
