import { SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Headers from "effect/http/Headers"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"

/** Those for which trying again is worthwhile, beside the 5xx: what Segment's own library for Node retries. */
const passing = new Set([408, 410, 429, 460])
/** Those 5xx that another attempt would not change. */
const lasting = new Set([501, 505, 511])

/**
 * What a status says, where it is not one of success. A reason has nothing of the answer's body: a service may repeat in
 * it what it was sent.
 */
export const failureOf = (
  response: HttpClientResponse.HttpClientResponse,
  now: number
): SendError.SendError | undefined => {
  const { status } = response
  if (status >= 200 && status < 300) return undefined
  // A browser hides the status of a redirect that it was told not to follow, and says 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return new SendError.Unavailable({
      reason: `the endpoint answers with a redirect (status ${status}), which is not followed`
    })
  }
  if (status === 400) return new SendError.Refused({ reason: "the batch was refused (status 400)" })
  if (status === 413) return new SendError.TooLarge({ reason: "the batch was too large (status 413)" })
  if (passing.has(status) || (status >= 500 && !lasting.has(status))) {
    const retryAfter = wait(response.headers, now)
    return new SendError.Unavailable({
      reason: `the endpoint is not available (status ${status})`,
      ...(retryAfter === undefined ? undefined : { retryAfter })
    })
  }
  return new SendError.Misconfigured({ reason: `the endpoint does not take this sink's requests (status ${status})` })
}

/** In milliseconds: `Retry-After`, in seconds or as a date, else `X-RateLimit-Reset`, in seconds to wait. */
const wait = (headers: Headers.Headers, now: number): number | undefined =>
  SendError.parseRetryAfter(headers["retry-after"], now) ?? SendError.parseRetryAfter(headers["x-ratelimit-reset"], now)

/** Whether the body of a success says no, in the words of one of the services that speak this API. */
const saysNo = (body: Readonly<Record<string, unknown>>): boolean =>
  body["success"] === false ||
  body["ok"] === false ||
  body["status"] === "error" ||
  [body["error"], body["errors"]].some((error) => Boolean(error) && !(Array.isArray(error) && error.length === 0))

/** What the body of a success says. Where it says nothing, the batch may have arrived, or not. */
const readBody = (status: number, text: string): SendError.SendError | undefined => {
  // No content is a whole answer; and RudderStack says OK, not as JSON.
  if (status === 204 || text.trim().toUpperCase() === "OK") return undefined
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // Told below, with what is JSON and no answer either.
  }
  if (typeof body !== "object" || body === null) {
    return new SendError.Unavailable({ reason: `the answer is not understood (status ${status})` })
  }
  return saysNo(body as Readonly<Record<string, unknown>>)
    ? new SendError.Refused({ reason: `the batch was refused (status ${status}, and a body that says no)` })
    : undefined
}

/** Reads an answer to its end. Succeeds where it is a yes. */
export const read = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse, url: string) {
  if (response.url !== "" && response.url !== url) {
    return yield* new SendError.Misconfigured({
      reason: "the HTTP client has followed a redirect of the endpoint, and where it led is not to be trusted"
    })
  }
  const failure = failureOf(response, yield* Clock.currentTimeMillis)
  if (failure !== undefined) return yield* failure
  const denial = readBody(response.status, yield* response.text)
  if (denial !== undefined) return yield* denial
})
