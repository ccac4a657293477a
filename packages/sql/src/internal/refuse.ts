import { DefinitionError, type Reason } from "@trackmap/core/DefinitionError"

/** Throws the error of a description that breaks a rule. `path` is the place in it. */
export const refuse = (table: string, reason: Reason, detail: string, path: string = table): never => {
  throw new DefinitionError({ entity: table, reason, paths: [path], detail })
}

/** A value for people. */
export const said = (given: unknown): string => {
  if (typeof given === "string") return JSON.stringify(given)
  return given === null || typeof given === "number" ? String(given) : typeof given
}

/** A name that a database can have. No database takes a null character, and an empty name is none. */
export const checkName = (table: string, what: string, given: unknown): string =>
  typeof given === "string" && given !== "" && !given.includes("\0")
    ? given
    : refuse(table, "BadName", `${what} must be a text that is not empty and has no null character, not ${said(given)}`)
