import { PostHog } from "@trackmap/posthog"
import * as Redacted from "effect/Redacted"
import { tracked } from "./trackmap.ts"

export const contestant = tracked((endpoint) => PostHog.sink({ projectKey: Redacted.make("project-key"), endpoint }))
