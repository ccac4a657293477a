import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { isLong } from "./limits.ts"
import type { Request } from "./requests.ts"

/**
 * Mixpanel turned the request away, and has applied none of it. After any other server error, it may have applied a part.
 */
export class Untouched extends SendError.Unavailable {}

/** A record that Mixpanel refused. */
interface FailedRecord {
  readonly index: number
  readonly field?: unknown
  readonly message?: unknown
}

type Body = Readonly<Record<string, unknown>>

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const isBody: (u: unknown) => u is Body = Predicate.isObject

/** The records that a response names. None if one is not from this request, since the others may not be from it either. */
const failedOf = (body: unknown, count: number): ReadonlyArray<FailedRecord> => {
  const named: ReadonlyArray<any> = isBody(body) && Array.isArray(body["failed_records"]) ? body["failed_records"] : []
  const isIndex = (index: unknown) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < count
  return named.every((one) => isBody(one) && isIndex(one["index"])) ? named : []
}

/** Whether a body reports an error: by `error`, by `code`, or by a `status` other than 1 or OK. */
const saysNo = (body: unknown): boolean => {
  if (!isBody(body)) return body === 0
  const { code, error, status } = body
  const refused = typeof status === "string" && status.toUpperCase() !== "OK"
  return Boolean(error) || (typeof code === "number" && code >= 400) || status === 0 || refused
}

/** All strings and numbers in a record, except those too short to recognise in a message. */
const valuesIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(valuesIn)
  const text = String(value)
  return text.length < 3 ? [] : [text]
}

/** Mixpanel's message after a colon, or nothing if the message may repeat a value that the sink sent. */
const words = (said: unknown, known: string, sent: ReadonlyArray<string>): string => {
  if (typeof said !== "string" || said === "" || isLong(said)) return ""
  const rest = known === "" ? said : said.replaceAll(known, "")
  return /"|'[^']+'/.test(rest) || sent.some((value) => rest.includes(value)) ? "" : `: ${said}`
}

/** The reason why Mixpanel refused a record: the field, if the record has it, and Mixpanel's message. */
const reasonOf = (sent: unknown, { field, message }: FailedRecord, secrets: ReadonlyArray<string>): string => {
  const record = sent as Body
  const properties = isBody(record["properties"]) ? Object.keys(record["properties"]) : []
  const fields = new Set([...Object.keys(record), ...properties, ...properties.map((key) => `properties.${key}`)])
  const known = typeof field === "string" && fields.has(field) && !isLong(field) ? field : ""
  return `Mixpanel refused ${known || "it"}${words(message, known, [...valuesIn(record), ...secrets])}`
}

/**
 * The outcome of each record of a request, from the status and the body of the response. No reason contains one of `secrets`, even if
 * the response does.
 */
export const read = (
  response: HttpTransport.Response,
  { count, path, records }: Pick<Request, "path" | "count" | "records">,
  secrets: ReadonlyArray<string>,
  now: number
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> => {
  const { headers, status, text } = response
  const failure = SendError.fromResponse(response, now)
  if (failure?._tag === "Unavailable") {
    const away = status < 400 || status === 429 || status === 503
    return Effect.fail(away ? new Untouched(failure) : failure)
  }
  // With any other error, Mixpanel has read the request, and the body has the details.
  if (failure?._tag === "TooLarge" || [401, 403, 404].includes(status)) return Effect.fail(failure!)
  const body = Option.getOrUndefined(parse(text))
  const failed = failedOf(body, count)
  if (failed.length > 0) {
    const byIndex = new Map(failed.map((one) => [one.index, one]))
    return Effect.succeed(
      records().map((record, index) => {
        const one = byIndex.get(index)
        return one === undefined ? Receipt.delivered : Receipt.rejected(reasonOf(record, one, secrets))
      })
    )
  }
  if (failure !== undefined) return Effect.fail(failure)
  if (saysNo(body)) {
    const sent = [...secrets, ...records().flatMap(valuesIn)]
    const said = words(isBody(body) ? body["error"] : undefined, "", sent)
    return Effect.fail(new SendError.Refused({ reason: `status ${status} with an error body${said}` }))
  }
  const delivered = new Array<Receipt.Outcome>(count).fill(Receipt.delivered)
  const strange = () => Effect.fail(SendError.foreignBody(response, "Mixpanel"))
  if (path !== "/import") {
    return body === 1 || (isBody(body) && "status" in body) ? Effect.succeed(delivered) : strange()
  }
  // An HTML page comes from a proxy, and says nothing about the events.
  if (!isBody(body) && !/\bjson\b/.test(headers["content-type"] ?? "")) return strange()
  // Do not retry after a success with the wrong count: the same events would get the same response.
  const imported = isBody(body) ? body["num_records_imported"] : undefined
  if (imported === count) return Effect.succeed(delivered)
  const counted = typeof imported === "number" ? `counted ${imported}` : "returned no count"
  return Effect.as(Effect.logWarning(`Mixpanel responded with ${status} to ${count} events, but ${counted}`), delivered)
}
