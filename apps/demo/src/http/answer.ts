import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import type { SqlError } from "effect/sql/SqlError"
import type { NotPossible } from "../Business.ts"
import type { Unknown } from "../Records.ts"
import { type Html, page, type Section } from "./layout.ts"
import * as pages from "./pages.ts"
import { Refused } from "./problems.ts"
import { SignedIn, takeDone } from "./session.ts"

/** The headers of every response: a page may use its own stylesheet and forms, and nothing else. */
export const headers = {
  "content-security-policy": [
    "default-src 'none'",
    "style-src 'self'",
    "form-action 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store"
}

const document = (text: string, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(text, { status, headers, contentType: "text/html; charset=utf-8" })

/** Shows a page to the current buyer, with the result of the last action. */
export const show = (title: string, section: Section | undefined, content: Html) =>
  Effect.gen(function* () {
    const buyer = yield* SignedIn
    const { done, taken } = yield* takeDone
    return taken(document(page({ title, section, buyer, done, content })))
  })

/** Redirects the browser to another page, with a GET. */
export const goTo = (location: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.redirect(location, { status: 303, headers })

const titles: Readonly<Record<Refused["status"] | 500, string>> = {
  400: "Invalid request",
  403: "Not allowed",
  404: "Not found",
  405: "Not supported",
  409: "Not possible right now",
  413: "Request too large",
  500: "Something went wrong"
}

/** An error page. */
export const problem = (status: Refused["status"] | 500, sentence: string): HttpServerResponse.HttpServerResponse => {
  const title = titles[status]
  return document(page({ title, content: pages.problem(title, sentence) }), status)
}

type Known = Refused | Unknown | NotPossible | SqlError

const ofError = (error: Exclude<Known, SqlError>): HttpServerResponse.HttpServerResponse => {
  switch (error._tag) {
    case "Refused":
      return problem(error.status, error.message)
    case "Unknown":
      return problem(404, error.message)
    case "NotPossible":
      return problem(409, error.message)
  }
}

/** Responds to any outcome. It logs unexpected errors, and does not show them. */
export const answered = <R>(effect: Effect.Effect<HttpServerResponse.HttpServerResponse, Known, R>) =>
  Effect.catchCause(effect, (cause): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (error !== undefined && error._tag !== "SqlError") return Effect.succeed(ofError(error))
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    return Effect.as(Effect.logError(cause), problem(500, "This is the shop's fault. See its log for details."))
  })
