import { type HttpSink, SendError } from "@trackmap/core"

/** Statuses that are worth a retry, beside the 5xx: those that Segment's own library for Node retries. */
const transient = new Set([408, 410, 429, 460])
/** Those 5xx that another attempt would not change. */
const lasting = new Set([501, 505, 511])

/** Whether the body of a success says no, in the words of one of the services that speak this API. */
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

/** What the body of a success says. Where it says nothing, the batch may have arrived, or not. */
const readBody = (status: number, text: string): SendError.SendError | undefined => {
  // No content is a whole response; and RudderStack says OK, not as JSON.
  if (status === 204 || text.trim().toUpperCase() === "OK") return undefined
  const body = parse(text)
  if (typeof body !== "object" || body === null) {
    return new SendError.Unavailable({ reason: `the response is not understood (status ${status})` })
  }
  return saysNo(body as Readonly<Record<string, unknown>>)
    ? new SendError.Refused({ reason: `the batch was refused (status ${status}, and a body that says no)` })
    : undefined
}

/** What a response says. A reason has nothing of its body: a service may repeat in it what it was sent. */
export const interpret: HttpSink.Interpret = ({ headers, status, text }, { now }) => {
  if (status >= 200 && status < 300) return readBody(status, text)
  if (status < 400) return SendError.fromResponse({ headers, status }, now)
  if (status === 400) return new SendError.Refused({ reason: "the batch was refused (status 400)" })
  if (status === 413) return new SendError.TooLarge({ reason: "the batch was too large (status 413)" })
  if (!transient.has(status) && (status < 500 || lasting.has(status))) {
    return new SendError.Misconfigured({ reason: `the endpoint does not take this sink's requests (status ${status})` })
  }
  const reason = `the endpoint is not available (status ${status})`
  const retryAfter = ["retry-after", "x-ratelimit-reset"]
    .map((name) => SendError.parseRetryAfter(headers[name], now))
    .find((wait) => wait !== undefined)
  return new SendError.Unavailable(retryAfter === undefined ? { reason } : { reason, retryAfter })
}
