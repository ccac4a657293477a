import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import type { Form } from "./event.ts"

type Body = Readonly<Record<string, unknown>>

/** What a response says of the events of a request, in their order. */
export interface Meaning {
  readonly outcomes: ReadonlyArray<Receipt.Outcome | undefined>
  /** Why the events without an outcome have none. */
  readonly failure?: SendError.SendError
  /** What PostHog says of events that it has accepted. */
  readonly warnings?: ReadonlySet<string>
}

const isBody = (u: unknown): u is Body => typeof u === "object" && u !== null && !Array.isArray(u)

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One of PostHog's tags, such as `duplicate_event_uuid`. Anything else might repeat what the sink sent. */
const tagOf = (said: unknown): string => (typeof said === "string" && /^[a-z_]{1,60}$/.test(said) ? said : "")

/** Errors of a request that do not depend on its events. */
const ofHeaders = new Set(["missing_required_headers", "invalid_header_value"])

/** The error of a response that is not a success. */
const failureOf = (response: HttpTransport.Response, api: Form["api"], now: number) => {
  const { status, text } = response
  const failure = SendError.fromResponse(response, now)
  if (failure === undefined || failure._tag === "Unavailable" || failure._tag === "TooLarge") return failure
  const body = parse(text)
  const tag = tagOf(isBody(body) ? body["error"] : undefined)
  const reason = tag === "" ? failure.reason : `${failure.reason}, ${tag}`
  if (status === 402) return new SendError.Misconfigured({ reason: `${reason}: the billing limit is reached` })
  if (status === 404 && api === "events") {
    return new SendError.Misconfigured({ reason: `${reason}: an older PostHog has only /batch/ (api: "batch")` })
  }
  return failure._tag === "Refused" && !ofHeaders.has(tag)
    ? new SendError.Refused({ reason })
    : new SendError.Misconfigured({ reason })
}

const strange = (status: number) =>
  new SendError.Unavailable({ reason: `status ${status} with a body that is not PostHog's` })

const all = (count: number, outcome?: Receipt.Outcome) => new Array<Receipt.Outcome | undefined>(count).fill(outcome)

/** `/batch/` says nothing of single events, unless the project is over its quota, when it keeps none. */
const ofBatch = (status: number, body: unknown, count: number): Meaning => {
  if (!isBody(body)) return { outcomes: all(count), failure: strange(status) }
  const { quota_limited: limited, status: said } = body
  if (Array.isArray(limited) && limited.includes("events")) {
    return { outcomes: all(count, Receipt.rejected("PostHog kept no event: the project is over its quota")) }
  }
  if (said === 1 || said === "Ok") return { outcomes: all(count, Receipt.delivered) }
  return { outcomes: all(count), failure: new SendError.Refused({ reason: `status ${status} with an error body` }) }
}

const begin = '{"results":{'
const ok = '":{"result":"ok"}'
/** The characters of an event's result: a quote, its `uuid`, `ok`, and a comma or the end. */
const step = 1 + 36 + ok.length + 1

/** Whether a response says ok to this many events, as PostHog writes it: most do, and parsing it would make an object for each event. */
const isPlain = (text: string, count: number): boolean => {
  if (text.length !== begin.length + step * count + 1 || !text.startsWith(begin)) return false
  for (let at = begin.length + 37; at < text.length; at += step) if (!text.startsWith(ok, at)) return false
  return true
}

/** The per-event API: a result for each `uuid`. */
const ofEvents = (
  response: HttpTransport.Response,
  body: unknown,
  count: number,
  uuids: () => ReadonlyArray<string>,
  now: number
): Meaning => {
  const { headers, status } = response
  const results = isBody(body) ? body["results"] : undefined
  if (!isBody(results)) {
    const isError = isBody(body) && "error" in body
    const reason = `status ${status} with an error body`
    return { outcomes: all(count), failure: isError ? new SendError.Refused({ reason }) : strange(status) }
  }
  const warnings = new Set<string>()
  const outcomes = uuids().map((id) => {
    const one = Object.hasOwn(results, id) ? results[id] : undefined
    if (!isBody(one) || one["result"] === "retry") return undefined
    const details = tagOf(one["details"]) || "it does not say why"
    if (one["result"] === "drop") return Receipt.rejected(`PostHog dropped it: ${details}`)
    if (one["result"] !== "ok" || one["details"] !== undefined) warnings.add(details)
    return Receipt.delivered
  })
  if (!outcomes.includes(undefined)) return { outcomes, warnings }
  const reason = `PostHog asks for a retry of some events (status ${status})`
  const retryAfter = SendError.parseRetryAfter(headers["retry-after"], now)
  const failure = new SendError.Unavailable(retryAfter === undefined ? { reason } : { reason, retryAfter })
  return { outcomes, failure, warnings }
}

/** The outcomes of a request's events. No reason repeats what the sink sent, even if the response does. */
export const read = (
  response: HttpTransport.Response,
  api: Form["api"],
  count: number,
  uuids: () => ReadonlyArray<string>,
  now: number
): Meaning => {
  const failure = failureOf(response, api, now)
  if (failure !== undefined) return { outcomes: all(count), failure }
  if (api === "events" && isPlain(response.text, count)) return { outcomes: all(count, Receipt.delivered) }
  const body = parse(response.text)
  return api === "batch" ? ofBatch(response.status, body, count) : ofEvents(response, body, count, uuids, now)
}
