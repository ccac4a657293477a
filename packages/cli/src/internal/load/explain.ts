/** Why a module cannot be loaded, and what to do, for what Node throws. */
import { PlanError } from "../../PlanError.ts"
import type { Thrown } from "./model.ts"

const oneLine = (text: string): string => text.trim().split("\n")[0]!.trim()

/** The import that Node could not find, as its error names it. */
const missing = (message: string): string | undefined => /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1]

const compiled = "or pass the compiled module, or a loader such as --import tsx"

const explain = ({ code, message }: Thrown): Pick<PlanError, "reason" | "remedy"> => {
  switch (code) {
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return {
        reason: `Node cannot run its TypeScript: ${oneLine(message)}`,
        remedy: `write what only has types to remove (an object "as const" instead of an enum), ${compiled}`
      }
    case "ERR_INVALID_TYPESCRIPT_SYNTAX":
    case "SyntaxError":
      return { reason: `it does not compile: ${oneLine(message)}`, remedy: `correct it, ${compiled}` }
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return { reason: oneLine(message), remedy: "pass a module of JavaScript or TypeScript" }
    case "ERR_UNSUPPORTED_DIR_IMPORT":
      return {
        reason: `it imports a folder: ${oneLine(message)}`,
        remedy: `import the file, with its extension, ${compiled}`
      }
    case "ERR_MODULE_NOT_FOUND":
    case "MODULE_NOT_FOUND": {
      const found = missing(message)
      return {
        reason: found === undefined ? oneLine(message) : `it imports ${found}, which Node does not find`,
        remedy: `write the file's name with its extension ("./a.ts"), install the package, ${compiled}`
      }
    }
    default:
      return { reason: `it threw while it was loaded: ${oneLine(message)}`, remedy: "correct it" }
  }
}

/** The error of a module that threw. */
export const ofThrown = (file: string, thrown: Thrown): PlanError => {
  const { place } = thrown
  return new PlanError({
    file: place?.file ?? file,
    ...(place !== undefined && { line: place.line }),
    ...explain(thrown)
  })
}
