import { DefinitionError, type Reason } from "../../DefinitionError.ts"

/** Throws the error of a definition that breaks a rule. `paths` are the places in the definition. */
export const refuse = (entity: string, reason: Reason, detail: string, paths: ReadonlyArray<string> = []): never => {
  throw new DefinitionError({ entity, reason, paths, detail })
}
