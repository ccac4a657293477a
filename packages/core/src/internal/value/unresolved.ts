/** A placeholder for a row or a value that could not be resolved, until it is omitted. */
export const unresolved = Symbol("unresolved")
