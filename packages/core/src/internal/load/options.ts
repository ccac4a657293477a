/** The second argument of a batch function. */
export interface LoadOptions {
  /** Aborts when nobody waits for the rows any more. */
  readonly signal: AbortSignal
}
