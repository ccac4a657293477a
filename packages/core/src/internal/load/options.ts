/** The second argument of a batch function. */
export interface LoadOptions {
  /** Aborts when no caller waits for the rows any longer. */
  readonly signal: AbortSignal
}
