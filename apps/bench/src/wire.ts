/**
 * The formats of several vendors, as far as a server that counts events needs them: the position of ids, and the vendor's
 * responses.
 */
import type { Fault } from "@trackmap/testing"
import type { IncomingHttpHeaders } from "node:http"
import { gunzipSync } from "node:zlib"

/** A request that has been read. */
export interface Received {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** The protocol of one vendor. */
export interface Wire {
  readonly read: (request: Received) => ReadonlyArray<Fault.Message>
  /** All events were accepted. */
  readonly accepted: (events: ReadonlyArray<Fault.Message>) => Answer
  /** A 200 that says no. */
  readonly denied: Answer
  /** The events that were refused one by one. The others were accepted, unless the vendor takes all events of a request or none. */
  readonly allOrNone?: true
  readonly refused: (failed: ReadonlyArray<number>, events: ReadonlyArray<Fault.Message>) => Answer
}

const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** A refusal in no vendor's format: clients check the status, and `mixpanel` whether the body is 1. */
export const refusal = (status: number): Answer => json(status, { error: `status ${status}` })

const textOf = ({ body, headers }: Received): string =>
  (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString()

/** Segment's `/v1/batch`, which RudderStack uses too. */
const segment: Wire = {
  read: (request) => JSON.parse(textOf(request)).batch,
  accepted: () => json(200, { success: true }),
  denied: json(200, { success: false, message: "not accepted" }),
  refused: () => refusal(400)
}

/** PostHog's `/batch/`. */
const posthog: Wire = {
  ...segment,
  accepted: () => json(200, { status: 1 }),
  denied: json(200, { status: 0, error: "not accepted" })
}

/** PostHog's per-event API. */
const posthogEvents: Wire = {
  ...segment,
  accepted: (events) => posthogEvents.refused([], events),
  denied: json(200, { error: "internal_error" }),
  refused: (failed, events) => {
    const result = (index: number) =>
      failed.includes(index) ? { result: "drop", details: "rejected" } : { result: "ok" }
    return json(200, { results: Object.fromEntries(events.map((event, index) => [event["uuid"], result(index)])) })
  }
}

/** Mixpanel's `/track`, where one event may be in the query, and several in a form. */
const track: Wire = {
  read: ({ body, query }) => {
    const data = query.get("data") ?? new URLSearchParams(body.toString()).get("data") ?? ""
    return [JSON.parse(Buffer.from(data, "base64").toString())].flat()
  },
  accepted: () => ({ status: 200, body: "1" }),
  denied: { status: 200, body: "0" },
  refused: () => ({ status: 200, body: "0" })
}

const failure = "some data points in the request failed validation"

/** Mixpanel's `/import`. */
const imports: Wire = {
  read: (request) => JSON.parse(textOf(request)),
  accepted: (events) => json(200, { code: 200, num_records_imported: events.length, status: "OK" }),
  denied: json(200, { code: 400, error: failure, num_records_imported: 0, status: "Bad Request" }),
  refused: (failed, events) =>
    json(400, {
      code: 400,
      error: failure,
      failed_records: failed.map((index) => ({ index, insert_id: "", field: "properties", message: "not accepted" })),
      num_records_imported: events.length - failed.length,
      status: "Bad Request"
    })
}

/** Amplitude's HTTP V2 API. */
const amplitude: Wire = {
  read: (request) => JSON.parse(textOf(request)).events,
  accepted: (events) =>
    json(200, { code: 200, events_ingested: events.length, payload_size_bytes: 1, server_upload_time: 1 }),
  denied: json(200, { code: 400, error: "not accepted" }),
  allOrNone: true,
  refused: (failed) =>
    json(400, { code: 400, error: "not accepted", events_with_invalid_fields: { event_properties: failed } })
}

/** By path. */
export const wires: ReadonlyMap<string, Wire> = new Map([
  ["/v1/batch", segment],
  ["/batch/", posthog],
  ["/i/v1/analytics/events", posthogEvents],
  ["/2/httpapi", amplitude],
  ["/track", track],
  ["/import", imports]
])

/** The id that the client got or made. */
export const idOf = (event: Fault.Message): string =>
  event["messageId"] ?? event["uuid"] ?? event["insert_id"] ?? event["properties"].$insert_id
