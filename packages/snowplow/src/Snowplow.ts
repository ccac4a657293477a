/**
 * A sink for Snowplow's collectors: self-describing events with their entities; and the schemas of a plan for an Iglu registry.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as Plan from "@trackmap/core/Plan"
import * as SendError from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import * as mappings from "./internal/mapping.ts"
import { type Options, resolve, resolveSchemas, type SchemaOptions } from "./internal/options.ts"
import { type Encode, encoder } from "./internal/payload.ts"
import * as schema from "./internal/schema.ts"
import { send } from "./internal/send.ts"

export type { Options, SchemaOptions }
export type { SchemaFile } from "./internal/schema.ts"

const noPlan =
  'the sink has no plan, which says what goes into which entity: pass one to the tracker, or set unplanned: "generic"'

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
export const sink = (given: Options): HttpSink.HttpSink => {
  const { options, problems } = resolve(given)
  const { endpoint: url, name, path, timeout, unplanned } = options
  // For observers, which see messages as the tracker that has opened the sink last would send them.
  let shown: Encode | undefined
  return EventSink.make({
    name,
    limits: { messages: 250, bytes: 1_000_000 },
    records: (message) => {
      const text = shown?.(message, 0)
      if (typeof text !== "string") return []
      // The time of sending is that of an attempt.
      const { stm: _, ...record } = JSON.parse(text)
      return [{ to: `POST ${path}`, record }]
    },
    open: (plan) =>
      Effect.gen(function* () {
        const mapping = mappings.make(plan && Plan.describe(plan), options)
        const missing = plan === undefined && unplanned === "reject" ? noPlan : undefined
        yield* SendError.misconfigured([...problems, missing, ...mapping.problems])
        // Without this header, a collector takes the address of your server for the user's.
        const headers = { "sp-anonymous": "*" }
        const to = yield* HttpSink.endpoint(name, { url, path, headers, timeout })
        const encode = encoder(options, mapping)
        shown = encode
        return send(to, name, encode)
      })
  }).pipe(EventSink.retried())
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
  const { options, problems } = resolveSchemas(given)
  const described = Plan.describe(plan)
  const mapping = mappings.make(described, options)
  Effect.runSync(SendError.misconfigured([...problems, ...mapping.problems]))
  return schema.filesOf(described, mapping, options, options.personal)
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
export const config: HttpSink.FromConfig = HttpSink.config(() => import("./internal/settings.ts"), sink)
