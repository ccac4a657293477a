import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The request is invalid or not allowed. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  status: Schema.Literals([400, 403, 404, 405, 409, 413]),
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

export const malformed = (reason: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status: 400, reason }))
export const refusal = (reason: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status: 403, reason }))
export const conflict = (reason: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status: 409, reason }))
export const missing = (reason: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status: 404, reason }))
