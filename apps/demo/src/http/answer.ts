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

/** What holds of all that the shop answers: a page has its own stylesheet and forms, and nothing else runs or is asked for. */
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

/** Shows a page to who is signed in, with what they have just done. */
export const show = (title: string, section: Section | undefined, content: Html) =>
  Effect.gen(function* () {
    const buyer = yield* SignedIn
    const { done, taken } = yield* takeDone
    return taken(document(page({ title, section, buyer, done, content })))
  })

/** Has the browser go on to another page, which it asks for anew. */
export const goTo = (location: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.redirect(location, { status: 303, headers })

const titles: Readonly<Record<Refused["status"] | 500, string>> = {
  400: "That was not understood",
  403: "Not allowed",
  404: "Not found",
  405: "That does not go",
  409: "Not possible now",
  413: "Too much",
  500: "Something went wrong"
}

/** A page that says what is wrong. */
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

/** Answers whatever comes of it. What nobody has thought of is logged, and not shown. */
export const answered = <R>(effect: Effect.Effect<HttpServerResponse.HttpServerResponse, Known, R>) =>
  Effect.catchCause(effect, (cause): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
    const error = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (error !== undefined && error._tag !== "SqlError") return Effect.succeed(ofError(error))
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    return Effect.as(Effect.logError(cause), problem(500, "It is not your fault, and the log of the shop says more."))
  })
