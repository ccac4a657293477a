import { type HttpTransport, Receipt, SendError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isLong } from "./limits.ts"
import type { Request } from "./requests.ts"

/**
 * Mixpanel is not available, and has applied nothing of the request: it has sent the caller away. Of the other errors of a server nobody
 * knows how far it had come.
 */
export class Untouched extends SendError.Unavailable {}

/** A record that Mixpanel names as refused. Its id comes under two names, its index under one. */
interface FailedRecord {
  readonly index: number
  readonly field?: unknown
  readonly message?: unknown
}

type Body = Readonly<Record<string, unknown>>

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const isBody = (u: unknown): u is Body => typeof u === "object" && u !== null && !Array.isArray(u)

/** The records that a response names; none where one of them is not of this request, since then the others may not be either. */
const failedOf = (body: unknown, count: number): ReadonlyArray<FailedRecord> => {
  const named: ReadonlyArray<any> = isBody(body) && Array.isArray(body["failed_records"]) ? body["failed_records"] : []
  const isIndex = (index: unknown) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < count
  return named.every((one) => isBody(one) && isIndex(one["index"])) ? named : []
}

/** Whether a body says no: with an error, with a code, or with another status than 1 or OK. */
const saysNo = (body: unknown): boolean => {
  if (!isBody(body)) return body === 0
  const { code, error, status } = body
  const refused = typeof status === "string" && status.toUpperCase() !== "OK"
  return Boolean(error) || (typeof code === "number" && code >= 400) || status === 0 || refused
}

/** All texts and numbers in a record that are long enough to be told from chance. */
const valuesIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(valuesIn)
  const text = String(value)
  return text.length < 3 ? [] : [text]
}

/** The vendor's own words behind a colon, where nothing that was sent can be in them. */
const words = (said: unknown, known: string, sent: ReadonlyArray<string>): string => {
  if (typeof said !== "string" || said === "" || isLong(said)) return ""
  const rest = known === "" ? said : said.replaceAll(known, "")
  return /"|'[^']+'/.test(rest) || sent.some((value) => rest.includes(value)) ? "" : `: ${said}`
}

/** Why Mixpanel did not take a record: the field, where the record has it, and Mixpanel's words for it. */
const reasonOf = (json: string, { field, message }: FailedRecord, secrets: ReadonlyArray<string>): string => {
  const record = JSON.parse(json) as Body
  const properties = isBody(record["properties"]) ? Object.keys(record["properties"]) : []
  const fields = new Set([...Object.keys(record), ...properties, ...properties.map((key) => `properties.${key}`)])
  const known = typeof field === "string" && fields.has(field) && !isLong(field) ? field : ""
  return `Mixpanel does not take ${known || "it"}${words(message, known, [...valuesIn(record), ...secrets])}`
}

/**
 * The outcome of each record of a request, by the status and the body of its response. `secrets` are in no reason, should a response
 * repeat them.
 */
export const read = (
  { headers, status, text }: HttpTransport.Response,
  { path, records }: Pick<Request, "path" | "records">,
  secrets: ReadonlyArray<string>,
  now: number
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> => {
  const failure = SendError.fromResponse({ headers, status }, now)
  if (failure?._tag === "Unavailable") {
    const away = status < 400 || status === 429 || status === 503
    return Effect.fail(away ? new Untouched(failure) : failure)
  }
  // Other errors are of a request that Mixpanel has read, and their body says more.
  if (failure?._tag === "TooLarge" || [401, 403, 404].includes(status)) return Effect.fail(failure!)
  const body = Option.getOrUndefined(parse(text))
  const failed = failedOf(body, records.length)
  if (failed.length > 0) {
    const byIndex = new Map(failed.map((one) => [one.index, one]))
    return Effect.succeed(
      records.map((json, index) => {
        const one = byIndex.get(index)
        return one === undefined ? Receipt.delivered : Receipt.rejected(reasonOf(json, one, secrets))
      })
    )
  }
  if (failure !== undefined) return Effect.fail(failure)
  if (saysNo(body)) {
    const sent = [...secrets, ...records.flatMap((json) => valuesIn(JSON.parse(json)))]
    const said = words(isBody(body) ? body["error"] : undefined, "", sent)
    return Effect.fail(new SendError.Refused({ reason: `status ${status}, and a body that says no${said}` }))
  }
  const delivered = records.map(() => Receipt.delivered)
  const strange = () =>
    Effect.fail(new SendError.Unavailable({ reason: `status ${status}, and a body that is not Mixpanel's` }))
  if (path !== "/import") {
    return body === 1 || (isBody(body) && "status" in body) ? Effect.succeed(delivered) : strange()
  }
  // A page that something between here and Mixpanel has made says nothing about the events.
  if (!isBody(body) && !/\bjson\b/.test(headers["content-type"] ?? "")) return strange()
  // A success that does not add up is no reason to send again: the same events would get the same response.
  const imported = isBody(body) ? body["num_records_imported"] : undefined
  if (imported === records.length) return Effect.succeed(delivered)
  const counted = typeof imported === "number" ? `counts ${imported}` : "gives no count"
  return Effect.as(
    Effect.logWarning(`Mixpanel answered ${status} to ${records.length} events and ${counted}`),
    delivered
  )
}
