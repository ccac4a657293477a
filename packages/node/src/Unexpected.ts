/**
 * What nobody foresaw.
 *
 * @module
 */

/** Something of the service's threw where it was not expected to; what it was is the `cause`. */
export class Unexpected extends Error {
  readonly _tag = "Unexpected"
  override readonly name = "@trackmap/node/Unexpected"

  /** Its stack begins with who called `from`. */
  constructor(options: { readonly cause: unknown }, from?: (...args: ReadonlyArray<never>) => unknown) {
    super("Something that tracking called threw, and was not expected to. Look at the cause of this error.", options)
    if (from !== undefined) Error.captureStackTrace?.(this, from)
  }
}
