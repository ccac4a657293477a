/**
 * The error of a bug.
 *
 * @module
 */

/** Your service's code threw where no error is expected; the `cause` is what it threw. */
export class Unexpected extends Error {
  readonly _tag = "Unexpected"
  override readonly name = "@trackmap/node/Unexpected"

  /** The stack starts at the caller of `from`. */
  constructor(options: { readonly cause: unknown }, from?: (...args: ReadonlyArray<never>) => unknown) {
    super("A function that tracking called threw an unexpected error. See the cause of this error.", options)
    if (from !== undefined) Error.captureStackTrace?.(this, from)
  }
}
