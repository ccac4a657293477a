/**
 * Why a destination did not take a batch. A sink's `send` fails with one of these, and `EventSink.retried` acts on it.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The destination does not answer, or not now. Whether it has the batch is not known. `retryAfter` is in milliseconds. */
export class Unavailable extends Schema.TaggedError<Unavailable>("@trackmap/core/SendError/Unavailable")(
  "Unavailable",
  {
    reason: Schema.String,
    retryAfter: Schema.optionalKey(Schema.Finite)
  }
) {
  override get message(): string {
    return this.reason
  }
}
/** The batch is larger than the destination takes. */
export class TooLarge extends Schema.TaggedError<TooLarge>("@trackmap/core/SendError/TooLarge")("TooLarge", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}
/** The destination refuses the batch as a whole, for the sake of a message in it that it does not name. */
export class Refused extends Schema.TaggedError<Refused>("@trackmap/core/SendError/Refused")("Refused", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}
/** The destination refuses this sink: its key, its address. No message can be delivered until somebody mends it. */
export class Misconfigured extends Schema.TaggedError<Misconfigured>("@trackmap/core/SendError/Misconfigured")(
  "Misconfigured",
  { reason: Schema.String }
) {
  override get message(): string {
    return this.reason
  }
}
/** Why a batch was not taken. */
export type SendError = Unavailable | TooLarge | Refused | Misconfigured
