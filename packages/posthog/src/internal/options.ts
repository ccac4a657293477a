import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"

/** PostHog Cloud's addresses, by the region of a project (PostHog, "Capture and batch API endpoints"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://us.i.posthog.com",
  /** The European Union. */
  eu: "https://eu.i.posthog.com"
} as const

/** The options of the sink. */
export interface Options {
  /** The project key (`phc_…`). The sink writes it into `Authorization` or, with `api: "batch"`, into the body; nowhere else. */
  readonly projectKey: Redacted.Redacted<string>
  /** The address of PostHog, or "us" or "eu" for those in `endpoints`. Default: "us". */
  readonly endpoint?: string | undefined
  /**
   * `"events"` is the per-event API (`/i/v1/analytics/events`), whose response has a result for each event. `"batch"` is `/batch/`, which
   * older self-hosted instances have too; it accepts or refuses a request as a whole. Default: `"events"`.
   */
  readonly api?: "events" | "batch" | undefined
  /** The group type for `context.groupId` and for `group` calls that name none. Default: "company". */
  readonly groupType?: string | undefined
  /**
   * Whose events make a person: `"always"` everybody's, as PostHog does by default; `"identified_only"` only those of messages with a `userId`,
   * which costs less at PostHog (`$process_person_profile`). Default: `"always"`.
   */
  readonly personProfiles?: "always" | "identified_only" | undefined
  /** Marks events as imported from elsewhere, which PostHog processes apart (`historical_migration`). Default: false. */
  readonly historicalMigration?: boolean | undefined
  /** Compresses bodies of 1,024 bytes or more. Default: true. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts. Default: "posthog". */
  readonly name?: string | undefined
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

const reasonAgainstKey = (key: string): string | undefined => {
  if (key.startsWith("phx_")) return "the project key is a personal API key (phx_…): use the project's own (phc_…)"
  return /^[!-~]{1,64}$/.test(key)
    ? undefined
    : "the project key has white space, other characters, or more than 64 of them"
}

/** The options with their defaults. */
export const resolve = (given: Options) =>
  CheckedOptions.resolve("PostHog.sink", given, {
    projectKey: CheckedOptions.secret("the project key", reasonAgainstKey),
    endpoint: CheckedOptions.optional<string>("us"),
    api: CheckedOptions.oneOf("events", "batch"),
    groupType: CheckedOptions.text("the group type", "company"),
    personProfiles: CheckedOptions.oneOf("always", "identified_only"),
    historicalMigration: CheckedOptions.optional(false),
    gzip: CheckedOptions.optional(true),
    name: CheckedOptions.optional("posthog"),
    timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
  })
