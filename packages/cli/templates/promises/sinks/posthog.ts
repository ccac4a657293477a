import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"
import { PostHog } from "@trackmap/posthog"

const key = process.env["POSTHOG_PROJECT_KEY"]

/** PostHog if POSTHOG_PROJECT_KEY is set, otherwise this terminal. */
export const sink = key === undefined ? Console.sink() : PostHog.sink({ projectKey: Redacted.make(key) })
