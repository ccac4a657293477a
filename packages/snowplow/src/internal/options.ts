import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"

/** SchemaVer, whose MODEL is never 0. */
const schemaVer = /^[1-9]\d*-(0|[1-9]\d*)-(0|[1-9]\d*)$/

const reasonAgainstVersion = (version: string): string | undefined =>
  schemaVer.test(version) ? undefined : `the version ${JSON.stringify(version)} is no SchemaVer, such as 1-0-0`

type Names = Readonly<Record<string, string>>

const naming = {
  /** The vendor of your schemas: `com.acme`. */
  vendor: CheckedOptions.required<string>((vendor = "") =>
    /^[a-zA-Z0-9_.-]+$/.test(vendor)
      ? undefined
      : "the vendor is empty, or has other characters than letters, digits, dots, dashes and underscores"
  ),
  /** The version of every schema that `versions` does not list. Default: `1-0-0`. */
  version: CheckedOptions.optional<string>("1-0-0", reasonAgainstVersion),
  /** The versions of some schemas, by schema name: `{ order_line_updated: "1-0-1" }`. */
  versions: CheckedOptions.optional<Names>({}, (versions) =>
    Object.values(versions)
      .map(reasonAgainstVersion)
      .find((reason) => reason !== undefined)
  ),
  /** The schema names of some events. Default: the event's name in snake_case. */
  events: CheckedOptions.optional<Names>({}),
  /** The schema names of some entities, by the prefix of their keys. Default: the prefix in snake_case. */
  entities: CheckedOptions.optional<Names>({})
}

/** How schemas are named. */
export type Naming = CheckedOptions.Resolved<typeof naming>["options"]

const rules = {
  ...naming,
  /** The collector's address: `https://collector.acme.com`. */
  endpoint: CheckedOptions.required<string>(() => undefined),
  /** The collector's path. Default: `/com.snowplowanalytics.snowplow/tp2`. */
  path: CheckedOptions.optional("/com.snowplowanalytics.snowplow/tp2"),
  /** The `app_id` of every event. */
  appId: CheckedOptions.optional<string | undefined>(undefined, (appId = "") =>
    appId.length > 255 ? "appId has more than the 255 characters that Snowplow accepts" : undefined
  ),
  /** The `platform` of every event. Default: `srv`, a server-side app. */
  platform: CheckedOptions.optional("srv"),
  /**
   * For events that the plan does not have, and for those with a key that it does not have: `"reject"` rejects them, `"generic"` sends them as
   * the event `unplanned_event`, whose data has the name and the properties. Default: `"reject"`.
   */
  unplanned: CheckedOptions.oneOf("reject", "generic"),
  /** The longest event, in bytes. A collector makes longer ones failed events (`maxBytes`: 1 MB, or 192 kB with SQS). Default: 900,000. */
  eventBytes: CheckedOptions.optional(900_000, (bytes) =>
    bytes > 0 ? undefined : "eventBytes is a number of bytes, greater than 0"
  ),
  /** The sink's name in receipts. Default: "snowplow". */
  name: CheckedOptions.optional("snowplow"),
  /** The time limit of an attempt, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
}

/** The options of the sink. */
export interface Options extends CheckedOptions.Given<typeof rules> {}

/** The options with their defaults. */
export type Resolved = CheckedOptions.Resolved<typeof rules>["options"]

/** Checks the options, and adds the defaults. */
export const resolve = (given: Options): CheckedOptions.Resolved<typeof rules> =>
  CheckedOptions.resolve("Snowplow.sink", given, rules)

const schemaRules = {
  ...naming,
  /** What the sink's `redact` does with personal values. Default: `"keep"`, for a sink without `redact`. */
  personal: CheckedOptions.oneOf("keep", "drop", "hash")
}

/** The options of `schemas`. */
export interface SchemaOptions extends CheckedOptions.Given<typeof schemaRules> {}

/** Checks the options of `schemas`, and adds the defaults. */
export const resolveSchemas = (given: SchemaOptions): CheckedOptions.Resolved<typeof schemaRules> =>
  CheckedOptions.resolve("Snowplow.schemas", given, schemaRules)
