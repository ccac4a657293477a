import { Receipt, SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { isLong } from "./fitting.ts"

/** The parts of Mixpanel's ingestion that this sink speaks to. */
export type Path = "/import" | "/groups" | "/engage"

/** It is not available, and nothing of the request has been applied: what must not be applied twice may be sent again. */
export class Untouched extends SendError.Unavailable {}

/**
 * What a status says by itself, or undefined where the body is to be asked. A reason has nothing of the answer's body: a
 * service may repeat in it what it was sent.
 */
export const failureOf = (
  response: HttpClientResponse.HttpClientResponse,
  now: number
): SendError.SendError | undefined => {
  const { status } = response
  // A browser hides the status of a redirect that it was told not to follow, and says 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return new Untouched({
      reason: `the endpoint answers with a redirect (status ${status}), which is not followed`
    })
  }
  if (status === 401 || status === 403 || status === 404) return stranger(status)
  if (status === 413) return new SendError.TooLarge({ reason: "the batch was too large (status 413)" })
  if (status !== 408 && status !== 429 && status < 500) return undefined
  // Mixpanel documents none, and its own browser library honours it.
  const retryAfter = SendError.parseRetryAfter(response.headers["retry-after"], now)
  // Who is told to come back has not been served; of the other errors of a server nobody knows how far it had come.
  const Unavailable = status === 429 || status === 503 ? Untouched : SendError.Unavailable
  return new Unavailable({
    reason: `the endpoint is not available (status ${status})`,
    ...(retryAfter === undefined ? undefined : { retryAfter })
  })
}

const stranger = (status: number) =>
  new SendError.Misconfigured({ reason: `the endpoint does not take this sink's requests (status ${status})` })

/** A record that Mixpanel names as refused. Its id comes under two names, its index under one. */
interface Failed {
  readonly index: number
  readonly field?: unknown
  readonly message?: unknown
}

type Body = Readonly<Record<string, unknown>>

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isBody = (u: unknown): u is Body => typeof u === "object" && u !== null && !Array.isArray(u)

const isIndex = (u: unknown, count: number): boolean => Number.isInteger(u) && Number(u) >= 0 && Number(u) < count

/** The records that the answer names; none where one of them is not of this request, as then the others may not be either. */
const failedOf = (body: unknown, count: number): ReadonlyArray<Failed> => {
  const named: ReadonlyArray<any> = isBody(body) && Array.isArray(body["failed_records"]) ? body["failed_records"] : []
  return named.every((one) => isBody(one) && isIndex(one["index"], count)) ? named : []
}

/** Whether a body says no: with an error, with a code, or with another status than 1 or OK. */
const saysNo = (body: unknown): boolean => {
  if (!isBody(body)) return body === 0
  const { code, error, status } = body
  return (
    Boolean(error) ||
    (typeof code === "number" && code >= 400) ||
    status === 0 ||
    (typeof status === "string" && status.toUpperCase() !== "OK")
  )
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
  const quotes = /"|'[^']+'/.test(rest)
  return quotes || sent.some((value) => rest.includes(value)) ? "" : `: ${said}`
}

/** Why a record was not taken: the field, where it is one of the record's, and Mixpanel's words for it. */
const reasonOf = (json: string, { field, message }: Failed, secrets: ReadonlyArray<string>): string => {
  const record = JSON.parse(json) as Body
  const properties = isBody(record["properties"]) ? Object.keys(record["properties"]) : []
  const fields = new Set([...Object.keys(record), ...properties, ...properties.map((key) => `properties.${key}`)])
  const known = typeof field === "string" && fields.has(field) && !isLong(field) ? field : ""
  return `Mixpanel does not take ${known || "it"}${words(message, known, [...valuesIn(record), ...secrets])}`
}

/** The records of a request, and what must be in no reason should an answer repeat it. */
interface Sent {
  readonly records: ReadonlyArray<string>
  readonly secrets: ReadonlyArray<string>
}

const outcomesOf = (failed: ReadonlyArray<Failed>, { records, secrets }: Sent): ReadonlyArray<Receipt.Outcome> => {
  const byIndex = new Map(failed.map((one) => [one.index, one]))
  return records.map((json, index) => {
    const one = byIndex.get(index)
    return one === undefined ? Receipt.delivered : Receipt.rejected(reasonOf(json, one, secrets))
  })
}

/** What became of each record of a request, by the status and the whole body of its answer. */
export const read = Effect.fnUntraced(function* (
  response: HttpClientResponse.HttpClientResponse,
  url: string,
  path: Path,
  { records, secrets }: Sent
) {
  if (response.url !== "" && response.url !== url) {
    return yield* new SendError.Misconfigured({
      reason: "the HTTP client has followed a redirect of the endpoint, and where it led is not to be trusted"
    })
  }
  const failure = failureOf(response, yield* Clock.currentTimeMillis)
  if (failure !== undefined) return yield* failure
  const { status } = response
  const body = parse(yield* response.text)
  const failed = failedOf(body, records.length)
  if (failed.length > 0) return outcomesOf(failed, { records, secrets })
  if (status === 400) return yield* new SendError.Refused({ reason: "the batch was refused (status 400)" })
  if (status >= 400) return yield* stranger(status)
  if (saysNo(body)) {
    const sent = [...secrets, ...records.flatMap((json) => valuesIn(JSON.parse(json)))]
    const said = words(isBody(body) ? body["error"] : undefined, "", sent)
    return yield* new SendError.Refused({
      reason: `the batch was refused (status ${status}, and a body that says no${said})`
    })
  }
  if (path === "/import") yield* checkCount(response, body, records.length)
  else if (body !== 1 && !(isBody(body) && "status" in body)) {
    return yield* new SendError.Unavailable({ reason: `the answer is not understood (status ${status})` })
  }
  return records.map(() => Receipt.delivered)
})

/** A success of `/import` that does not add up is no reason to send again: the same events would get the same answer. */
const checkCount = (response: HttpClientResponse.HttpClientResponse, body: unknown, count: number) => {
  const { headers, status } = response
  // A page that something between here and Mixpanel has made says nothing about the events.
  if (!isBody(body) && !/\bjson\b/.test(headers["content-type"] ?? "")) {
    return Effect.fail(new SendError.Unavailable({ reason: `the answer is not understood (status ${status})` }))
  }
  const imported = isBody(body) ? body["num_records_imported"] : undefined
  return imported === count
    ? Effect.void
    : Effect.logWarning(
        `Mixpanel answered ${status} to ${count} events and ${typeof imported === "number" ? `counts ${imported}` : "gives no count"}`
      )
}
