import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { CancelReason } from "../tracking/events.ts"
import { malformed, missing, Refused } from "./problems.ts"

/** A field's valid input, and the message for invalid input. */
interface Field<A> {
  readonly schema: Schema.Codec<A, any>
  readonly otherwise: string
}
type Fields = Readonly<Record<string, Field<any>>>
type Values<F extends Fields> = { readonly [Name in keyof F]: F[Name] extends Field<infer A> ? A : never }

const field = <A>(schema: Schema.Codec<A, any>, otherwise: string): Field<A> => ({ schema, otherwise })

/** A whole number without a sign, an exponent or leading zeros. */
const whole = (minimum: number, maximum: number) =>
  Schema.String.check(Schema.isPattern(/^(0|[1-9]\d{0,9})$/)).pipe(
    Schema.decodeTo(Schema.Int.check(Schema.isBetween({ minimum, maximum })), SchemaTransformation.numberFromString)
  )

/** Without control characters, which a page cannot show. */
const line = (minimum: number, maximum: number) =>
  Schema.Trim.check(Schema.isBetweenLength(minimum, maximum), Schema.isPattern(/^\P{Cc}*$/u))

const id = whole(0, 2_147_483_647)

export const orderId = field(id, "An order number must be a whole number.")
export const lineId = field(id, "A line number must be a whole number.")
export const productId = field(id, "A product number must be a whole number.")
export const buyerId = field(id, "A buyer number must be a whole number.")
export const quantity = field(whole(1, 9_999), "Enter a quantity from 1 to 9,999, as a whole number.")
export const price = field(whole(1, 9_999_999), "Enter a price from 1 to 9,999,999 coins, as a whole number.")
export const name = field(line(1, 200), "Enter a name of 1 to 200 characters, on one line.")
export const reason = field(CancelReason, `Choose one of these reasons: ${CancelReason.literals.join(", ")}.`)
export const vendorState = field(Schema.Literals(["working", "failing"]), "A vendor is either working or failing.")
export const vendorName = field(Schema.String, "Name a vendor.")
export const searchText = field(
  line(0, 100).pipe(Schema.withDecodingDefault(Effect.succeed(""))),
  "Enter at most 100 characters to search for."
)
export const pageNumber = field(
  whole(1, 100_000).pipe(Schema.withDecodingDefault(Effect.succeed("1"))),
  "A page number must be a whole number of at least 1."
)

const decode = Effect.fnUntraced(function* <F extends Fields>(
  fields: F,
  given: Readonly<Record<string, unknown>>,
  refuse: (reason: string) => Effect.Effect<never, Refused>
) {
  const values: Record<string, unknown> = {}
  for (const [name, { otherwise, schema }] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    values[name] = yield* Schema.decodeUnknownEffect(schema)(value).pipe(Effect.catch(() => refuse(otherwise)))
  }
  return values as Values<F>
})

/** The parameters of the path. If one is invalid, there is no such page. */
export const fromPath = <F extends Fields>(fields: F) =>
  Effect.flatMap(HttpRouter.params, (params) => decode(fields, params, missing))

/** The query string. */
export const fromQuery = <F extends Fields>(fields: F) =>
  Effect.flatMap(HttpServerRequest.ParsedSearchParams, (params) => decode(fields, params, malformed))

/** Far more than any of the shop's forms needs. */
const longest = ByteSize.kilobytes(16)

/** The fields of a form. */
export const fromForm = <F extends Fields>(fields: F) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* HttpIncomingMessage.schemaBodyUrlParams(
      Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Array(Schema.String)]))
    )(request).pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, longest),
      Effect.mapError((error) =>
        error._tag === "HttpServerError" && (error.reason as { readonly reason?: string }).reason === "BodyTooLarge"
          ? new Refused({ status: 413, reason: "This request is larger than any form of this shop." })
          : new Refused({ status: 400, reason: "This form does not belong to this shop." })
      )
    )
    return yield* decode(fields, body, malformed)
  })
