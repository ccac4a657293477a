import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as Message from "@trackmap/core/Message"
import * as Redacted from "effect/Redacted"
import type { Resolved } from "./options.ts"
import { version } from "./version.ts"

/** The path, the headers and the body of the requests to each API. */
export const requestOf = ({ api, historicalMigration, projectKey }: Resolved) => {
  const migration = historicalMigration ? `"historical_migration":true,` : ""
  const body = ({ encodedArray }: EventSink.Batch, now: number): HttpSink.Body => {
    const key = api === "batch" ? `"api_key":${JSON.stringify(Redacted.value(projectKey))},` : ""
    const time = `"${api === "batch" ? "sent_at" : "created_at"}":"${new Date(now).toISOString()}"`
    return [`{${key}${migration}${time},"batch":`, ...encodedArray, "}"]
  }
  if (api === "batch") return { path: "/batch/", body }
  return {
    path: "/i/v1/analytics/events",
    body,
    headers: {
      authorization: HttpSink.bearer(projectKey),
      "posthog-sdk-info": `@trackmap/posthog/${version}`,
      "user-agent": `trackmap-posthog/${version}`
    },
    // Every request has an id of its own, so each is the first attempt of that id.
    requestHeaders: (now: number): HttpSink.Headers => ({
      "posthog-attempt": "1",
      "posthog-request-id": Message.nextId(now),
      "posthog-request-timestamp": new Date(now).toISOString()
    })
  }
}
