import type * as EventSink from "@trackmap/core/EventSink"
import type * as HttpSink from "@trackmap/core/HttpSink"
import * as SendError from "@trackmap/core/SendError"
import { refusedByJitsu } from "./jitsu.ts"

/** Transient statuses besides the 5xx: those that Segment's own library for Node retries. */
const transient = new Set([408, 410, 429, 460])
/** The 5xx statuses that a retry would not change. */
const lasting = new Set([501, 505, 511])

/** Whether the body of a 2xx reports an error, in the format of any of the services that speak this API. */
const saysNo = (body: Readonly<Record<string, unknown>>): boolean =>
  body["success"] === false ||
  body["ok"] === false ||
  body["status"] === "error" ||
  [body["error"], body["errors"]].some((error) => Boolean(error) && !(Array.isArray(error) && error.length === 0))

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Interprets the body of a 2xx. If it says nothing, the batch may or may not have arrived. */
const readBody = (status: number, text: string, batch: EventSink.Batch): ReturnType<HttpSink.Interpret> => {
  // A 204 has no body, and RudderStack answers OK, which is not JSON.
  if (status === 204 || text.trim().toUpperCase() === "OK") return undefined
  const body = parse(text)
  if (typeof body !== "object" || body === null) {
    return new SendError.Unavailable({ reason: `the sink cannot interpret the response (status ${status})` })
  }
  const answer = body as Readonly<Record<string, unknown>>
  if (!saysNo(answer)) return undefined
  return (
    refusedByJitsu(answer, batch) ??
    new SendError.Refused({ reason: `the batch was refused (status ${status} with an error body)` })
  )
}

/** Interprets a response. No reason quotes the body, since a service may repeat in it the messages it received. */
export const interpret: HttpSink.Interpret = (response, { batch, now }) => {
  const { headers, status, text, truncatedAt } = response
  if (status >= 200 && status < 300) return readBody(status, text, batch)
  const said =
    truncatedAt === undefined ? `status ${status}` : `status ${status}, with a body of more than ${truncatedAt} bytes`
  if (status < 400) return SendError.fromResponse({ headers, status }, now)
  if (status === 400) return new SendError.Refused({ reason: `the batch was refused (${said})` })
  if (status === 413) return new SendError.TooLarge({ reason: `the batch was too large (${said})` })
  if (!transient.has(status) && (status < 500 || lasting.has(status))) {
    return new SendError.Misconfigured({
      reason: `the endpoint does not accept this sink's requests (${said})`
    })
  }
  const reason = `the endpoint is not available (${said})`
  const retryAfter = ["retry-after", "x-ratelimit-reset"]
    .map((name) => SendError.parseRetryAfter(headers[name], now))
    .find((wait) => wait !== undefined)
  return new SendError.Unavailable(retryAfter === undefined ? { reason } : { reason, retryAfter })
}
