/** What a batch function is told beside its keys. */
export interface LoadOptions {
  /** Aborts when nobody waits for the rows any more. */
  readonly signal: AbortSignal
}
