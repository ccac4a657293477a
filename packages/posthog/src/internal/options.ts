import * as HttpSink from "@trackmap/core/HttpSink"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import * as SendError from "@trackmap/core/SendError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Form } from "./event.ts"
import { nameBytes, reasonAgainstName } from "./limits.ts"
import { version } from "./version.ts"

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
  /** The address of PostHog. Default: `endpoints.us`. */
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

const names: CheckedOptions.Names<Options> = {
  projectKey: true,
  endpoint: true,
  api: true,
  groupType: true,
  personProfiles: true,
  historicalMigration: true,
  gzip: true,
  name: true,
  timeout: true
}

/** Checks the options' names. */
export const checkNames = (given: Options): Options => CheckedOptions.check<Options>("PostHog.sink", given, names)

/** The options that decide how messages become events, with their defaults. */
export const formOf = ({ api = "events", groupType = "company", personProfiles = "always" }: Options): Form => ({
  api,
  groupType,
  personProfiles
})

/** The path of each API. */
export const paths = { events: "/i/v1/analytics/events", batch: "/batch/" } as const

/** The sink after the check of its options. */
export interface Target {
  readonly form: Form
  readonly name: string
  readonly key: string
  readonly endpoint: HttpSink.Endpoint
  readonly historicalMigration: boolean
}

/** The error in the options or in the plan, if any. It quotes no value, since a secret may be in the wrong option. */
const wrongIn = (projectKey: Options["projectKey"], { api, groupType, personProfiles }: Form, plan?: Plan.Plan) => {
  if (!Redacted.isRedacted(projectKey)) {
    return "the project key is not Redacted: pass Redacted.make(key), which keeps it out of logs"
  }
  // An environment variable that is not set comes as undefined.
  const key: string | undefined = Redacted.value(projectKey)
  if (typeof key !== "string" || key === "") return "the project key is empty"
  if (key.startsWith("phx_")) return "the project key is a personal API key (phx_…): use the project's own (phc_…)"
  if (!/^[!-~]{1,64}$/.test(key)) return "the project key has white space, other characters, or more than 64 of them"
  if (api !== "events" && api !== "batch") return `api is "events" or "batch"`
  if (personProfiles !== "always" && personProfiles !== "identified_only") {
    return `personProfiles is "always" or "identified_only"`
  }
  if (typeof groupType !== "string" || groupType === "") return "the group type is empty"
  const wrong = Object.keys(plan?.events ?? {}).filter((name) => reasonAgainstName(name) !== undefined)
  return wrong.length === 0
    ? undefined
    : `PostHog cannot take events of these names: ${wrong.map((name) => `"${name.slice(0, nameBytes)}"`).join(", ")}`
}

/** Checks the options and the plan. */
export const check = Effect.fnUntraced(function* (
  options: Options,
  plan: Plan.Plan | undefined
): Effect.fn.Return<Target, SendError.Misconfigured> {
  const form = formOf(options)
  const { endpoint: url = endpoints.us, gzip = true, historicalMigration = false, name = "posthog", timeout } = options
  const reason = wrongIn(options.projectKey, form, plan)
  if (reason !== undefined) return yield* new SendError.Misconfigured({ reason })
  const sdk = { "posthog-sdk-info": `@trackmap/posthog/${version}`, "user-agent": `trackmap-posthog/${version}` }
  const headers = { authorization: HttpSink.bearer(options.projectKey), ...sdk }
  const own = form.api === "events" ? { headers } : {}
  const endpoint = yield* HttpSink.endpoint(name, { url, path: paths[form.api], gzip, timeout, ...own })
  return { form, name, key: Redacted.value(options.projectKey), endpoint, historicalMigration }
})
