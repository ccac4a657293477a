import { DefinitionError, type Reason } from "../../DefinitionError.ts"

/** Throws the error of a definition that breaks a rule. `paths` are the places in the definition. */
export const refuse = (entity: string, reason: Reason, detail: string, paths: ReadonlyArray<string> = []): never => {
  const error = new DefinitionError({ entity, reason, paths, detail })
  // For an uncaught error, workers print the message only if it is a plain property.
  Object.defineProperty(error, "message", { value: error.message })
  throw error
}
