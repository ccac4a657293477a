import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import { Refused } from "./Refused.ts"

type Request = HttpServerRequest.HttpServerRequest

/** Far more than any request of the page. */
const longest = ByteSize.kilobytes(128)

const isTooLong = ({ reason }: { readonly reason: object }): boolean =>
  (reason as { readonly reason?: string }).reason === "BodyTooLarge"

const textOf = (request: Request): Effect.Effect<string, Refused> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, longest),
    Effect.mapError((error) =>
      isTooLong(error)
        ? new Refused({ status: 413, error: "The body is longer than any request of the page." })
        : new Refused({ status: 400, error: "The body could not be read." })
    )
  )

/** Pages of other sites cannot send JSON without asking first (CORS), and the inspector never says yes. */
const isJson = ({ headers }: Request): boolean => /^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u)

const parsed = (text: string): Effect.Effect<Readonly<Record<string, unknown>>, Refused> => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return Effect.fail(new Refused({ status: 400, error: "The body is not JSON." }))
  }
  return isObject(json)
    ? Effect.succeed(json)
    : Effect.fail(new Refused({ status: 400, error: "The body must be an object." }))
}

/** The object that a request sends as JSON. */
export const objectOf = (request: Request): Effect.Effect<Readonly<Record<string, unknown>>, Refused> =>
  isJson(request)
    ? Effect.flatMap(textOf(request), parsed)
    : Effect.fail(new Refused({ status: 415, error: "Send JSON, as application/json." }))
