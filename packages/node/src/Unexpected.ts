/**
 * The error for a bug in your code.
 *
 * @module
 */

/** A function of your service threw an error that it does not declare. `cause` is that error. */
export class Unexpected extends Error {
  readonly _tag = "Unexpected"
  override readonly name = "@trackmap/node/Unexpected"

  /** The stack starts at the caller of `from`. */
  constructor(options: { readonly cause: unknown }, from?: (...args: ReadonlyArray<never>) => unknown) {
    super("A function of your service threw an unexpected error while tracking. See the cause of this error.", options)
    if (from !== undefined) Error.captureStackTrace?.(this, from)
  }
}
