import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"

/** PostHog Cloud's addresses, by the region of a project (PostHog, "Capture and batch API endpoints"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://us.i.posthog.com",
  /** The European Union. */
  eu: "https://eu.i.posthog.com"
} as const

const reasonAgainstKey = (key: string): string | undefined => {
  if (key.startsWith("phx_")) return "the project key is a personal API key (phx_…): use the project's own (phc_…)"
  return /^[!-~]{1,64}$/.test(key)
    ? undefined
    : "the project key has white space, other characters, or more than 64 of them"
}

const rules = {
  /** The project key (`phc_…`). The sink writes it into `Authorization` or, with `api: "batch"`, into the body; nowhere else. */
  projectKey: CheckedOptions.secret("the project key", reasonAgainstKey),
  /** The address of PostHog, or "us" or "eu" for those in `endpoints`. Default: "us". */
  endpoint: CheckedOptions.optional("us"),
  /**
   * `"events"` is the per-event API (`/i/v1/analytics/events`), whose response has a result for each event. `"batch"` is `/batch/`, which
   * older self-hosted instances have too; it accepts or refuses a request as a whole. Default: `"events"`.
   */
  api: CheckedOptions.oneOf("events", "batch"),
  /** The group type for `context.groupId` and for `group` calls that name none. Default: "company". */
  groupType: CheckedOptions.text("the group type", "company"),
  /**
   * Whose events make a person: `"always"` everybody's, as PostHog does by default; `"identified_only"` only those of messages with a `userId`,
   * which costs less at PostHog (`$process_person_profile`). Default: `"always"`.
   */
  personProfiles: CheckedOptions.oneOf("always", "identified_only"),
  /** Marks events as imported from elsewhere, which PostHog processes apart (`historical_migration`). Default: false. */
  historicalMigration: CheckedOptions.optional(false),
  /** Compresses bodies of 1,024 bytes or more. Default: true. */
  gzip: CheckedOptions.optional(true),
  /** The sink's name in receipts. Default: "posthog". */
  name: CheckedOptions.optional("posthog"),
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
}

/** The options of the sink. */
export interface Options extends CheckedOptions.Given<typeof rules> {}

/** Checks the options, and adds the defaults. */
export const resolve = (given: Options): CheckedOptions.Resolved<typeof rules> =>
  CheckedOptions.resolve("PostHog.sink", given, rules)

/** The options with their defaults. */
export type Resolved = CheckedOptions.Resolved<typeof rules>["options"]
