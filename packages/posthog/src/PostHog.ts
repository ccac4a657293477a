/**
 * A sink for PostHog's capture API: events, persons and groups.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import { encoder } from "./internal/event.ts"
import { reasonAgainstName, request } from "./internal/limits.ts"
import { MessageOptions } from "./internal/messageOptions.ts"
import { endpoints, type Options, resolve } from "./internal/options.ts"
import { requestOf } from "./internal/request.ts"
import { interpret } from "./internal/response.ts"

export { endpoints, MessageOptions, type Options }

/**
 * Returns the `integrations` of a message with options for PostHog.
 *
 * @example
 * ```ts
 * import { Message } from "@trackmap/core"
 * import { PostHog } from "@trackmap/posthog"
 *
 * export const message: Message.Identify = {
 *   type: "identify",
 *   userId: "user-1",
 *   traits: { plan: "pro" },
 *   integrations: PostHog.options({ setOnce: { firstPlan: "pro" }, unset: ["trialEnds"] }),
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * ```
 */
export const options = (given: MessageOptions): { readonly PostHog: MessageOptions } => ({ PostHog: given })

/**
 * A sink that posts events to PostHog: by default to its per-event API, so that each event has the receipt that PostHog gives it; or to
 * `/batch/`, for self-hosted instances without that API. It includes `EventSink.retried()`; your own `EventSink.retried` replaces it. The README
 * documents the mapping of messages to events, and PostHog's limits.
 *
 * Opening fails with `Misconfigured` if the project key, the endpoint or another option is invalid, or if PostHog would not accept the name of
 * an event of the plan.
 *
 * These errors of sending reach the sink's combinators: `Unavailable` for 408, 425, 429, 5xx, a failed connection, a timeout, a response from something
 * other than PostHog, and events whose result is `retry`; `Refused` if PostHog refuses a request without naming an event; `TooLarge` for 413;
 * `Misconfigured` for every other status. If only some events have the result `retry`, the others have their receipts and are not sent
 * again. Each request is a span, `PostHog.send`.
 *
 * `Delivered` means that PostHog has accepted the event. PostHog also accepts events with an unknown project key.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { PostHog } from "@trackmap/posthog"
 * import * as Redacted from "effect/Redacted"
 *
 * const sink = PostHog.sink({ projectKey: Redacted.make("phc_your_project_key"), endpoint: PostHog.endpoints.eu })
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) => EventSink.deliver(sink, messages)
 * ```
 */
export const sink = (given: Options): HttpSink.HttpSink => {
  const { options, problems } = resolve(given)
  const { api, endpoint, gzip, name, timeout } = options
  return HttpSink.make({
    name,
    limits: request,
    url: HttpSink.regional(endpoints, endpoint),
    gzip,
    timeout,
    ...requestOf(options),
    encode: encoder(options),
    interpret: interpret(api),
    span: "PostHog.send",
    problems: (plan) => [...problems, PropertyLimits.reasonAgainstNames(plan, "PostHog", reasonAgainstName)]
  }).pipe(EventSink.retried())
}

/**
 * A sink configured by the environment: `POSTHOG_PROJECT_KEY` and, optionally, `POSTHOG_ENDPOINT` (an address, or "us" or "eu") and
 * `POSTHOG_API` ("events" or "batch").
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { PostHog } from "@trackmap/posthog"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ posthog: PostHog.config }))
 * ```
 */
export const config: HttpSink.FromConfig = HttpSink.config(() => import("./internal/settings.ts"), sink)
