/** What stands for a row or a value that could not be resolved, until it is left out. */
export const unresolved = Symbol("unresolved")
