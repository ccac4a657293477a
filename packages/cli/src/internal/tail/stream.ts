/** The events of an inspector, over a connection that is retried when it is lost. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Sse from "effect/encoding/Sse"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import { InspectorError } from "../../InspectorError.ts"
import { Summary } from "./model.ts"

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Summary)))

/** A connection that was lost, or never made. */
class Lost extends Schema.TaggedError<Lost>("@trackmap/cli/Lost")("Lost", { reason: Schema.String }) {}

const remedies: Readonly<Record<number, string>> = {
  401: "set TRACKMAP_INSPECTOR_TOKEN to its token",
  403: "run this on the machine of the service, or give the inspector a token",
  404: "pass the address that the inspector's page has"
}

const refused = (url: string, status: number): InspectorError =>
  new InspectorError({
    url,
    reason: `it answers ${status}`,
    remedy: remedies[status] ?? "pass the address that the inspector's page has"
  })

/** A stream that is silent for longer has lost its connection: the inspector sends a tick every second. */
const silence = "15 seconds"

const absent = (url: string): InspectorError =>
  new InspectorError({
    url,
    reason: "nothing answers there",
    remedy: "start the service with its inspector, or pass its address"
  })

const eventsOf = (url: string, response: HttpClientResponse.HttpClientResponse, heard: (id: string) => void) =>
  response.stream.pipe(
    Stream.decodeText(),
    Stream.pipeThroughChannel(Sse.decode()),
    Stream.mapError(() => new Lost({ reason: "the connection was lost" })),
    Stream.timeoutOrElse({
      duration: silence,
      orElse: () => Stream.fail(new Lost({ reason: `nothing came for ${silence}` }))
    }),
    Stream.tap(({ id }) => Effect.sync(() => id !== undefined && heard(id))),
    Stream.filter(({ event }) => event === "events"),
    Stream.mapEffect(({ data }) => Effect.mapError(decode(data), () => ofOtherVersion(url))),
    Stream.flattenIterable
  )

const ofOtherVersion = (url: string): InspectorError =>
  new InspectorError({
    url,
    reason: "it is of another version",
    remedy: "use the version of @trackmap/cli that the service has"
  })

/** How long to wait before the next connection: half a second, then twice as long each time, at most fifteen seconds. */
const waits = Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("15 seconds")]).pipe(
  Schedule.jittered,
  Schedule.setInputType<InspectorError | Lost>(),
  Schedule.while(({ input }) => input._tag === "Lost")
)

export interface Options {
  readonly token: Redacted.Redacted<string> | undefined
  /** A connection was lost, and will be made again. */
  readonly onLost: (reason: string) => Effect.Effect<void>
}

/** The events that an inspector keeps, and those that come. An event comes again when its state in a sink changes. */
export const summaries = (
  url: string,
  { onLost, token }: Options
): Stream.Stream<Summary, InspectorError, HttpClient.HttpClient> => {
  let last: string | undefined
  let wasThere = false
  const connection = Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const headers = {
      accept: "text/event-stream",
      ...(token !== undefined && { authorization: `Bearer ${Redacted.value(token)}` }),
      ...(last !== undefined && { "last-event-id": last })
    }
    const response = yield* Effect.mapError(client.get(`${url.replace(/\/+$/, "")}/api/stream`, { headers }), () =>
      wasThere ? new Lost({ reason: "there is no connection" }) : absent(url)
    )
    wasThere = true
    if (response.status >= 500) return yield* new Lost({ reason: `it answers ${response.status}` })
    const isStream = response.headers["content-type"]?.startsWith("text/event-stream") === true
    if (response.status !== 200 || !isStream) return yield* refused(url, response.status)
    return eventsOf(url, response, (id) => (last = id))
  })
  // A stream that ends is one whose service has stopped.
  const ended = Stream.fail(new Lost({ reason: "the service has ended it" }))
  return Stream.unwrap(connection).pipe(
    Stream.concat(ended),
    Stream.tapError((error) => (error._tag === "Lost" ? onLost(error.reason) : Effect.void)),
    Stream.retry(waits),
    // The schedule never ends, which its type does not say.
    Stream.catchTag("Lost", () => Stream.empty)
  )
}
