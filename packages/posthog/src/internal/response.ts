import type * as HttpSink from "@trackmap/core/HttpSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Predicate from "effect/Predicate"
import { uuidOf } from "./event.ts"

/** One of PostHog's tags, such as `duplicate_event_uuid`. Anything else might repeat what the sink sent. */
const tagOf = (said: unknown): string => (typeof said === "string" && /^[a-z_]{1,60}$/.test(said) ? said : "")

/** Errors of a request that do not depend on its events. */
const ofHeaders = new Set(["missing_required_headers", "invalid_header_value"])

/** The error of a response that is not a success. */
const failureOf = (response: HttpTransport.Response, api: "events" | "batch", now: number) => {
  const failure = SendError.fromResponse(response, now)
  if (failure?._tag !== "Refused" && failure?._tag !== "Misconfigured") return failure
  const tag = tagOf(HttpTransport.jsonObject(response)?.["error"])
  const quota = response.status === 402 ? "the billing limit is reached" : ""
  const old = response.status === 404 && api === "events" ? `an older PostHog has only /batch/ (api: "batch")` : ""
  const reason = [failure.reason, tag, quota, old].filter((part) => part !== "").join(", ")
  const isRefusal = failure._tag === "Refused" && !ofHeaders.has(tag)
  return isRefusal ? new SendError.Refused({ reason }) : new SendError.Misconfigured({ reason })
}

/** `/batch/` says nothing of single events, unless the project is over its quota, when it keeps none. */
const ofBatch: HttpSink.Interpret = (response, { batch }) => {
  const { quota_limited: limited, status } = HttpTransport.jsonObject(response) ?? {}
  if (Array.isArray(limited) && limited.includes("events")) {
    return batch.all(Receipt.rejected("PostHog kept no event: the project is over its quota"))
  }
  return status === 1 || status === "Ok" ? undefined : HttpTransport.unexpectedBody(response, "PostHog")
}

/** A response that says ok to every event. Most do, and parsing it would make an object for each event. */
const plain = /^\{"results":\{(?:"[\da-f-]{36}":\{"result":"ok"\},?)+\}\}$/
const plainLength = (events: number): number =>
  `{"results":{}}`.length + events * (36 + `"":{"result":"ok"},`.length) - 1

/** The per-event API: a result for each `uuid`. */
const ofEvents: HttpSink.Interpret = (response, { batch, now, warn }) => {
  const { headers, status, text } = response
  if (text.length === plainLength(batch.length) && plain.test(text)) return undefined
  const results = HttpTransport.jsonObject(response)?.["results"]
  if (!Predicate.isObject(results)) return HttpTransport.unexpectedBody(response, "PostHog")
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
  (api: "events" | "batch"): HttpSink.Interpret =>
  (response, sent) =>
    failureOf(response, api, sent.now) ?? (api === "batch" ? ofBatch : ofEvents)(response, sent)
