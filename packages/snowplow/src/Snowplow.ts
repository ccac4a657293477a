/**
 * A sink for Snowplow's collectors: self-describing events with their entities; and the schemas of a plan for an Iglu registry.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as CheckedOptions from "@trackmap/core/Options"
import * as Plan from "@trackmap/core/Plan"
import * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Json } from "effect/Schema"
import * as mapping from "./internal/mapping.ts"
import { type Naming, names as namingNames } from "./internal/naming.ts"
import { encode, type Form } from "./internal/payload.ts"
import * as schema from "./internal/schema.ts"
import { send } from "./internal/send.ts"

export type { Naming } from "./internal/naming.ts"
export type { SchemaFile } from "./internal/schema.ts"

/** The options of the sink. */
export interface Options extends Naming {
  /** The collector's address: `https://collector.acme.com`. */
  readonly endpoint: string
  /** The collector's path. Default: `/com.snowplowanalytics.snowplow/tp2`. */
  readonly path?: string | undefined
  /** The `app_id` of every event. */
  readonly appId?: string | undefined
  /** The `platform` of every event. Default: `srv`, a server-side app. */
  readonly platform?: string | undefined
  /**
   * For events that the plan does not have, and for those with a key that it does not have: `"reject"` rejects them, `"generic"` sends them as
   * the event `unplanned_event`, whose data has the name and the properties. Default: `"reject"`.
   */
  readonly unplanned?: "reject" | "generic" | undefined
  /** The longest event, in bytes. A collector makes longer ones failed events (`maxBytes`: 1 MB, or 192 kB with SQS). Default: 900,000. */
  readonly eventBytes?: number | undefined
  /** The sink's name in receipts. Default: "snowplow". */
  readonly name?: string | undefined
  /** The time limit of an attempt, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

const names: CheckedOptions.Names<Options> = {
  ...namingNames,
  endpoint: true,
  path: true,
  appId: true,
  platform: true,
  unplanned: true,
  eventBytes: true,
  name: true,
  timeout: true
}

const tp2 = "/com.snowplowanalytics.snowplow/tp2"

const wrong = (reason: string): never => {
  throw new SendError.Misconfigured({ reason })
}

/** Checks the options and the plan. */
const formOf = (options: Options, plan: Plan.Plan | undefined): Form => {
  const { appId, eventBytes = 900_000, platform = "srv", unplanned = "reject" } = options
  if (unplanned !== "reject" && unplanned !== "generic") wrong('unplanned is "reject" or "generic"')
  if (plan === undefined && unplanned === "reject") {
    wrong(
      'the sink has no plan, which says what goes into which entity: pass one to the tracker, or set unplanned: "generic"'
    )
  }
  if (appId !== undefined && appId.length > 255) wrong("appId has more than the 255 characters that Snowplow accepts")
  if (!(eventBytes > 0)) wrong("eventBytes is a number of bytes, greater than 0")
  const made = mapping.make(plan && Plan.describe(plan), options)
  return { naming: options, mapping: made, appId, platform, unplanned, eventBytes }
}

/**
 * A sink that posts events to a Snowplow collector (tracker protocol, "tp2"). It includes `EventSink.retried()`; your own `EventSink.retried`
 * replaces it.
 *
 * A tracked event becomes the self-describing event `iglu:<vendor>/<event_in_snake_case>/jsonschema/<version>` with its own properties and
 * aggregates. Each entity of its map becomes an entity of Snowplow's, under its own attributes' names, as does each row of a list. The page
 * "Snowplow" shows the whole mapping. `Snowplow.schemas` returns the schemas.
 *
 * Opening fails with `Misconfigured` if the tracker has no plan, if the endpoint or an option is invalid, or if schema names collide or are
 * invalid; the error names them and the remedy. These errors of sending reach the sink's combinators: those of `SendError.fromResponse`, and
 * `Unavailable` for a response that is not a collector's. Each attempt is one span, `Snowplow.send`.
 *
 * `Delivered` means that the collector has the event. Whether it fits its schema is decided later, by Enrich. Every attempt has the same `eid`.
 *
 * @example
 * ```ts
 * import { Tracker, type Plan } from "@trackmap/core"
 * import { Snowplow } from "@trackmap/snowplow"
 *
 * const sink = Snowplow.sink({ endpoint: "https://collector.acme.com", vendor: "com.acme", appId: "shop" })
 *
 * export const TrackingLive = (plan: Plan.Plan) => Tracker.layer(sink, { plan })
 * ```
 */
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<Options>("Snowplow.sink", given, names)
  const { endpoint: url, name = "snowplow", path = tp2, timeout } = options
  // For observers, which see messages as the tracker that has opened the sink last would send them.
  let shown: Form | undefined
  return EventSink.make({
    name,
    limits: { messages: 250, bytes: 1_000_000 },
    records: (message) => {
      const record = shown && encode(message, shown)
      return typeof record === "string" ? [{ to: `POST ${path}`, record: JSON.parse(record) as Json }] : []
    },
    open: (plan) =>
      Effect.gen(function* () {
        const form = yield* Effect.try({
          try: () => formOf(options, plan),
          catch: (thrown) => thrown as SendError.Misconfigured
        })
        // Without this header, a collector takes the address of your server for the user's.
        const headers = { "sp-anonymous": "*" }
        const to = yield* HttpSink.endpoint(name, { url, path, headers, timeout })
        shown = form
        return send(to, name, form)
      })
  }).pipe(EventSink.retried())
}

/** The options of `schemas`. */
export interface SchemaOptions extends Naming {
  /** What the sink's `redact` does with personal values. Default: `"keep"`, for a sink without `redact`. */
  readonly personal?: "keep" | "drop" | "hash" | undefined
}

/**
 * The self-describing JSON Schemas of what a sink with the same options sends for a plan: one for each event, entity, and other call. Write them
 * to a static Iglu registry, or upload them with `igluctl`.
 *
 * Throws `SendError.Misconfigured` if schema names collide or are invalid.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import { Snowplow } from "@trackmap/snowplow"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 * const file = Snowplow.schemas(Plan.make(SignedIn), { vendor: "com.acme" }).find(({ uri }) => uri.includes("signed_in"))
 * console.log(file?.path) // schemas/com.acme/signed_in/jsonschema/1-0-0
 * console.log(file?.schema["properties"]) // { method: { type: "string", enum: [ "password", "link" ] } }
 * ```
 */
export const schemas = (plan: Plan.Plan, given: SchemaOptions): ReadonlyArray<schema.SchemaFile> => {
  const options = CheckedOptions.check<SchemaOptions>("Snowplow.schemas", given, { ...namingNames, personal: true })
  const described = Plan.describe(plan)
  return schema.filesOf(described, mapping.make(described, options), options, options.personal ?? "keep")
}

/**
 * A sink configured by the environment, for `EventSink.config`: `SNOWPLOW_ENDPOINT`, `SNOWPLOW_VENDOR` and, optionally, `SNOWPLOW_APP_ID`.
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { Snowplow } from "@trackmap/snowplow"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ snowplow: Snowplow.config }))
 * ```
 */
export const config: Effect.Effect<
  EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>,
  Config.ConfigError
> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) => Effect.map(settings, sink)
)
