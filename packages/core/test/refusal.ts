import { assert } from "vitest"
import { DefinitionError } from "../src/index.ts"

/** What an ill definition throws while it is composed. */
export const refusal = (define: () => unknown): DefinitionError.DefinitionError => {
  try {
    define()
  } catch (error) {
    assert.instanceOf(error, DefinitionError.DefinitionError)
    return error as DefinitionError.DefinitionError
  }
  throw new Error("nothing was thrown")
}
