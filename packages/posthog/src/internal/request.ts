import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as Message from "@trackmap/core/Message"
import * as Redacted from "effect/Redacted"
import type { Options } from "./options.ts"
import { version } from "./version.ts"

const iso = (now: number): string => new Date(now).toISOString()

/** The headers that the per-event API requires. Every request has an id of its own, so each is the first attempt of that id. */
const requestHeaders = (now: number): HttpSink.Headers => ({
  "posthog-attempt": "1",
  "posthog-request-id": Message.nextId(now),
  "posthog-request-timestamp": iso(now)
})

/** The path and the headers of the requests. */
export const requestOf = ({ api, projectKey }: Options) =>
  api === "batch"
    ? { path: "/batch/" }
    : {
        path: "/i/v1/analytics/events",
        headers: {
          authorization: HttpSink.bearer(projectKey),
          "posthog-sdk-info": `@trackmap/posthog/${version}`,
          "user-agent": `trackmap-posthog/${version}`
        },
        requestHeaders
      }

/** Makes the function that makes a request's body. */
export const bodyOf = ({ api, historicalMigration, projectKey }: Options) => {
  const isEvents = api === "events"
  const secret = isEvents ? "" : `"api_key":${JSON.stringify(Redacted.value(projectKey))},`
  const before = `{${secret}${historicalMigration ? `"historical_migration":true,` : ""}`
  return ({ encodedArray }: EventSink.Batch, now: number): HttpSink.Body => [
    `${before}"${isEvents ? "created_at" : "sent_at"}":"${iso(now)}","batch":`,
    ...encodedArray,
    "}"
  ]
}
