import type * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Predicate from "effect/Predicate"
import { type Form, uuidOf } from "./event.ts"

/** One of PostHog's tags, such as `duplicate_event_uuid`. Anything else might repeat what the sink sent. */
const tagOf = (said: unknown): string => (typeof said === "string" && /^[a-z_]{1,60}$/.test(said) ? said : "")

/** Errors of a request that do not depend on its events. */
const ofHeaders = new Set(["missing_required_headers", "invalid_header_value"])

/** The error of a response that is not a success. */
const failureOf = (response: HttpTransport.Response, api: Form["api"], now: number) => {
  const failure = SendError.fromResponse(response, now)
  if (failure === undefined || failure._tag === "Unavailable" || failure._tag === "TooLarge") return failure
  const tag = tagOf(HttpTransport.jsonObject(response)?.["error"])
  const reason = tag === "" ? failure.reason : `${failure.reason}, ${tag}`
  if (failure._tag === "Refused" && !ofHeaders.has(tag)) return new SendError.Refused({ reason })
  const hint =
    response.status === 402
      ? ": the billing limit is reached"
      : response.status === 404 && api === "events"
        ? `: an older PostHog has only /batch/ (api: "batch")`
        : ""
  return new SendError.Misconfigured({ reason: `${reason}${hint}` })
}

const refusedBody = ({ status }: HttpTransport.Response) =>
  new SendError.Refused({ reason: `status ${status} with an error body` })

/** `/batch/` says nothing of single events, unless the project is over its quota, when it keeps none. */
const ofBatch: HttpSink.Interpret = (response, { batch }) => {
  const body = HttpTransport.jsonObject(response)
  if (body === undefined) return SendError.foreignBody(response, "PostHog")
  const { quota_limited: limited, status } = body
  if (Array.isArray(limited) && limited.includes("events")) {
    return batch.all(Receipt.rejected("PostHog kept no event: the project is over its quota"))
  }
  return status === 1 || status === "Ok" ? undefined : refusedBody(response)
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
const ofEvents: HttpSink.Interpret = (response, { batch, now, warn }) => {
  const { headers, status, text } = response
  if (isPlain(text, batch.length)) return undefined
  const body = HttpTransport.jsonObject(response)
  const results = body?.["results"]
  if (!Predicate.isObject(results)) {
    return body !== undefined && "error" in body ? refusedBody(response) : SendError.foreignBody(response, "PostHog")
  }
  const reason = `PostHog asks for a retry of some events (status ${status})`
  const later = SendError.unavailable(reason, SendError.parseRetryAfter(headers["retry-after"], now))
  return batch.map((message) => {
    const id = uuidOf(message)
    const one = Object.hasOwn(results, id) ? results[id] : undefined
    if (!Predicate.isObject(one) || one["result"] === "retry") return later
    const details = tagOf(one["details"]) || "it does not say why"
    if (one["result"] === "drop") return Receipt.rejected(`PostHog dropped it: ${details}`)
    if (one["result"] !== "ok" || one["details"] !== undefined) warn(`PostHog accepted events, but says: ${details}`)
    return Receipt.delivered
  })
}

/** Interprets a response. No reason repeats what the sink sent, even if the response does. */
export const interpret =
  (api: Form["api"]): HttpSink.Interpret =>
  (response, sent) =>
    failureOf(response, api, sent.now) ?? (api === "batch" ? ofBatch : ofEvents)(response, sent)
