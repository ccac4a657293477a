/**
 * A message with everything that its delivery elsewhere or later needs, as one JSON value. Dead letters are envelopes: `batch.envelopes` in the
 * `send` of a dead-letter sink. `Tracker.send` accepts one, and uses only the envelope's own consent.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe } from "./internal/base/fault.ts"
import { placeOf } from "./internal/base/issuePlace.ts"
import { isCertain } from "./internal/base/writtenEnvelope.ts"
import * as Message from "./Message.ts"
import * as Receipt from "./Receipt.ts"

/**
 * The newest format that this version of the package writes. It reads this format and all earlier ones. Format 2 has relations to look up (`later`);
 * all other envelopes have format 1.
 */
export const format = 2

/** The key of a relation. Keys that JSON has no value for are under the name of their kind; bytes are in Base64. */
export const LaterKey = Schema.Union([
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Struct({ bigint: Schema.String.check(Schema.isPattern(/^-?\d+$/)) }),
  Schema.Struct({ date: Schema.String }),
  Schema.Struct({
    bytes: Schema.String.check(Schema.isPattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/))
  }),
  Schema.Struct({ json: Schema.Json })
])

/** A relation that is looked up when the message is delivered. */
export const LaterRelation = Schema.Struct({
  /** Its path from the entity, with the places of rows in lists: `Order.lines[0].product`. */
  relation: Schema.String,
  /** The record that gets its values: a JSON Pointer from the message's properties. Empty for the properties themselves. */
  at: Schema.String,
  key: LaterKey
})

/** The relations of an event with `relations: "later"`. */
export const Later = Schema.Struct({
  /** The version of the event's definition. */
  event: Schema.String,
  /** The validation of the call that tracked it. */
  validation: Schema.Literals(["fail", "deadLetter", "strip", "annotate", "off"]),
  relations: Schema.Array(LaterRelation)
})

/** Why a message is a dead letter. */
export const Letter = Schema.Struct({
  /** The sink that lost the message. */
  sink: Schema.String,
  /** Its outcome, with the reason. */
  outcome: Receipt.Outcome,
  attempts: Schema.Int,
  /** When the sink lost it, in milliseconds since 1970. */
  at: Schema.Int
})
/** Why a message is a dead letter. */
export interface Letter extends Schema.Schema.Type<typeof Letter> {}

/**
 * An envelope. `format` is the version of this format: a reader of format 1 can read every envelope whose format is 1. An envelope of format 2 has
 * relations that its reader must look up.
 *
 * @example
 * ```ts
 * import { Envelope, EventSink, Message, Receipt, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const down = EventSink.make({ name: "segment", send: () => Effect.fail(new SendError.Unavailable({ reason: "it answers 503" })) })
 * const letters = EventSink.make({
 *   name: "letters",
 *   send: (batch) =>
 *     Effect.sync(() => {
 *       for (const { letter, message } of batch.envelopes) console.log(message.type, letter?.sink, letter?.outcome)
 *       // alias segment { _tag: "Expired", reason: "it answers 503" }
 *       return batch.all(Receipt.delivered)
 *     })
 * })
 * const message: Message.Message = { type: "alias", previousId: "a", userId: "b", messageId: "m", timestamp: "2026-03-01T12:00:00.000Z" }
 * await Effect.runPromise(Effect.scoped(EventSink.deliver(down.pipe(EventSink.deadLetter(letters)), [message])))
 * ```
 */
export const Envelope = Schema.Struct({
  format: Schema.Literals([1, format]),
  message: Message.Message,
  /** The purposes that its event requires. */
  purposes: Schema.Array(Schema.String),
  /** The purposes to which its actor has consented. */
  consent: Schema.Union([Schema.Literal("all"), Schema.Array(Schema.String)]),
  /**
   * Where the message has personal data, or keys that no definition declares: JSON Pointers (RFC 6901) such as `/properties/Buyer_email`. Lists
   * add no step to the pointer: `/properties/Order_lines/Product_note` applies to each record of the list. `/properties` alone means that no
   * definition of the event is known.
   */
  personal: Schema.Array(Schema.String),
  /** Whether its personal data is already hashed. */
  hashed: Schema.optionalKey(Schema.Literal(true)),
  /** The first ten violations. */
  violations: Schema.Array(Schema.Struct({ path: Schema.String, expected: Schema.String, actual: Schema.String })),
  /** The version of the plan that tracked it: `Plan.version`. */
  plan: Schema.optionalKey(Schema.String),
  /** The relations to look up before the message is complete: `Delivery.complete`. */
  later: Schema.optionalKey(Later),
  /** Why it is a dead letter. Absent for other envelopes. */
  letter: Schema.optionalKey(Letter)
})
/** A message with everything that its delivery elsewhere or later needs. */
export interface Envelope extends Schema.Schema.Type<typeof Envelope> {}

/** The value is not an envelope. The message explains why and what to do, and never contains a value of the envelope. */
export class EnvelopeError extends Schema.TaggedError<EnvelopeError>("@trackmap/core/EnvelopeError")("EnvelopeError", {
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

const fail = (reason: string): Result.Result<never, EnvelopeError> => Result.fail(new EnvelopeError({ reason }))

/** Reads an envelope from its JSON value. */
export const decodeUnknownResult = (json: unknown): Result.Result<Envelope, EnvelopeError> => {
  if (typeof json !== "object" || json === null || !("format" in json)) {
    return fail(`an envelope is an object with a format, not ${describe(json)}`)
  }
  const given: unknown = json.format
  if (typeof given === "number" && Number.isInteger(given) && given > format) {
    return fail(
      `the envelope has format ${given}, and this version of @trackmap/core reads formats up to ${format}: update @trackmap/core and @trackmap/node where you read it`
    )
  }
  return Result.mapError(Schema.decodeUnknownResult(Envelope)(json), ({ issue }) => {
    const place = placeOf(issue)
    const where = place === "" ? "" : ` at ${JSON.stringify(place)}`
    return new EnvelopeError({
      reason: `it is not an envelope of format ${given === format ? format : 1}${where}: pass one exactly as written`
    })
  })
}

/** Whether a value looks like an envelope, and not like a message. */
export const isEnvelope = (u: unknown): u is Envelope => typeof u === "object" && u !== null && "format" in u

/** The JSON of an envelope, on one line. */
export const toJson = ({ message, ...rest }: Envelope): string =>
  `{"message":${Message.toJson(message)},${JSON.stringify(rest).slice(1)}`

/**
 * Reads an envelope from the text of its JSON. Throws `EnvelopeError` if it is not an envelope, or if a newer version of this package has
 * written it.
 *
 * @example
 * ```ts
 * import { Envelope } from "@trackmap/core"
 *
 * const text = Envelope.toJson({
 *   format: 1,
 *   message: { type: "alias", previousId: "a", userId: "b", messageId: "m", timestamp: "2026-03-01T12:00:00.000Z" },
 *   purposes: ["analytics"],
 *   consent: ["analytics"],
 *   personal: [],
 *   violations: []
 * })
 * console.log(Envelope.fromJson(text).purposes) // [ "analytics" ]
 *
 * try {
 *   Envelope.fromJson('{"format":3}')
 * } catch (error) {
 *   if (error instanceof Envelope.EnvelopeError) console.log(error._tag) // EnvelopeError
 * }
 * ```
 */
export const fromJson = (text: string): Envelope => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new EnvelopeError({ reason: "the text is not JSON: pass one line of what Envelope.toJson has written" })
  }
  return isCertain(json) ? (json as Envelope) : Result.getOrThrowWith(decodeUnknownResult(json), (error) => error)
}
