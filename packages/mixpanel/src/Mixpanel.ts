/**
 * A sink for Mixpanel's ingestion API: events, user profiles and group profiles.
 *
 * @module
 */
import { EventSink, type SendError } from "@trackmap/core"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as limits from "./internal/limits.ts"
import * as profiles from "./internal/profile.ts"
import * as internal from "./internal/send.ts"

/** Mixpanel's own addresses, by where a project's data lies ("Default Properties", "Ingestion APIs"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://api.mixpanel.com",
  /** The European Union. */
  eu: "https://api-eu.mixpanel.com",
  /** India. */
  in: "https://api-in.mixpanel.com"
} as const

/** Who may import, beside those who have the project's token (Mixpanel, "Service Accounts"). */
export interface ServiceAccount {
  readonly username: string
  readonly secret: Redacted.Redacted<string>
  readonly projectId: string
}

/** How the sink is set up. */
export interface Options {
  /**
   * The project's token. It is in updates of profiles and, without a service account, in the `Authorization` header, and in no
   * error, log, span or receipt.
   */
  readonly token: Redacted.Redacted<string>
  /** Who imports events. Profiles are updated with the token alone. */
  readonly serviceAccount?: ServiceAccount | undefined
  /** The address before `/import`: `endpoints.us` unless told. */
  readonly endpoint?: string | undefined
  /**
   * Compresses events of 1,024 bytes or more: on unless told, as Mixpanel asks for it ("Import Events", "Rate Limit"). Profiles
   * never are ("Set Property").
   */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts: "mixpanel" unless told. */
  readonly name?: string | undefined
  /** How long an attempt may take, to the last byte of the answer: 10 seconds unless told. A number is milliseconds. */
  readonly timeout?: Duration.Input | undefined
  /**
   * The group key of a `group` call that names none, and of `context.groupId`: "$group_id" unless told, as in Segment's own
   * destination for Mixpanel. Mixpanel makes groups of the keys that its project settings name.
   */
  readonly groupKey?: string | undefined
  /**
   * What becomes of properties that Mixpanel would cut without a word, or refuse. `"cut"`, unless told: strings are shortened
   * to 255 bytes, lists, objects and properties are trimmed, and the keys of all that is not whole are listed under
   * `_truncated`. `"reject"`: the message is rejected, and the receipt names the keys.
   */
  readonly whenTooLarge?: "cut" | "reject" | undefined
  /**
   * What becomes of `add` and `append` where it is not known whether they have arrived: a time that is over, a connection that
   * broke, an error of the server. `"atMostOnce"`, unless told: they are not sent again, and the receipt says `Expired`, as a
   * counter that is wrong says nothing. `"atLeastOnce"`: they are sent again, and may count twice.
   */
  readonly counters?: "atMostOnce" | "atLeastOnce" | undefined
}

/**
 * What an `identify` or a `group` message asks for beside its traits, which are set. Of a group there are no counters, so `add`
 * and `append` are for users alone (Mixpanel, "Group Profiles"); `delete` comes alone, with no traits.
 */
export const ProfileOperations = profiles.Operations
/** What an `identify` or a `group` message asks for beside its traits. */
export type ProfileOperations = profiles.Operations

/**
 * The `integrations` of a message, with operations on a profile.
 *
 * | operation | Mixpanel's | what it does |
 * |---|---|---|
 * | `setOnce` | `$set_once` | sets what is not set yet |
 * | `add` | `$add` | adds to a number; users alone |
 * | `append` | `$append` | adds an element to a list; users alone |
 * | `union` | `$union` | adds those elements to a list that are not in it |
 * | `remove` | `$remove` | takes an element from a list |
 * | `unset` | `$unset` | takes properties away |
 * | `delete` | `$delete` | takes the whole profile away |
 * | `groupKey` | `$group_key` | which group key a `group` message is of |
 *
 * @example
 * ```ts
 * import { Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 *
 * export const message: Message.Identify = {
 *   type: "identify",
 *   userId: "user-1",
 *   traits: { plan: "pro" },
 *   integrations: Mixpanel.profile({ setOnce: { firstPlan: "pro" }, add: { upgrades: 1 } }),
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * ```
 */
export const profile = (operations: ProfileOperations): { readonly Mixpanel: ProfileOperations } => ({
  [profiles.integration]: operations
})

const limit = Duration.minutes(10)

/**
 * A sink that posts events to Mixpanel's `/import` and updates of profiles to `/engage` and `/groups`, with
 * `EventSink.retried()` around it.
 *
 * - `track` is an event; `page` and `screen` are the events "Page Viewed" and "Screen Viewed", with `name` and `category` as
 *   properties, since Mixpanel asks for few names ("Import Events", "event"). `identify` and `group` set their traits, under
 *   Mixpanel's names for those that the Segment Spec reserves, and do what `profile` asks for. `alias` is skipped: since its
 *   "Simplified ID Merge" Mixpanel joins two ids at the first event that has both.
 * - `distinct_id` is the `userId`, else `$device:` and the `anonymousId`; an event of neither is one of nobody, which Mixpanel
 *   takes as `""` ("Import Events", "properties.distinct_id"). `$insert_id` is the `messageId`, or, where it is none as it is,
 *   the start of its SHA-256. `ip` is `context.ip`, else 0, so that nobody is where this server is.
 * - Of the `context`, `locale`, `timezone`, `userAgent` and what `app`, `os`, `device`, `page`, `screen`, `network` and
 *   `campaign` have in common with Mixpanel's "Default Properties" become those, where the event does not have them itself;
 *   `groupId` becomes the group key.
 * - Limits: 2,000 messages and 2,000,000 bytes a request, 1,000,000 bytes a message; fewer than 255 properties, keys and
 *   elements, three levels, 8 KB a list or object, 255 bytes a string ("Import Events", "Supported Properties Data Type").
 *   What is known to be refused is rejected before it is sent: ids that Mixpanel takes for a mistake or would cut, a time
 *   before 1971 or more than an hour ahead.
 * - A message whose `integrations` say no to `Mixpanel`, or to `All`, is skipped.
 * - Redirects are not followed.
 *
 * Opening fails with `Misconfigured` where the token, the endpoint or the group key cannot be used, and where an event of the
 * plan could never arrive whole: it names the event and the keys.
 *
 * Sending fails within the sink, and its combinators see: `Unavailable` for 408, 429 and 5xx, for a connection that fails, a
 * time that is over and an answer about profiles that is not understood, with `retryAfter` in milliseconds from `Retry-After`;
 * `Refused` for 400, and for 200 with a body that says no, that name no record; `TooLarge` for 413; `Misconfigured` for every
 * other status. Records that are named (`failed_records`) are rejected one by one, and the others are delivered. A batch of
 * several kinds goes to one address after the other; what one has taken is not sent again because another has failed. Each
 * request is one span, `Mixpanel.send`.
 *
 * "Delivered" is what Mixpanel says it has taken. An update with a token that it does not know it takes all the same.
 *
 * @example
 * ```ts
 * import { EventSink, Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 * import * as FetchHttpClient from "effect/http/FetchHttpClient"
 *
 * export const program = Effect.gen(function* () {
 *   const token = yield* Config.Redacted("MIXPANEL_TOKEN")
 *   const sink = Mixpanel.sink({ token, endpoint: Mixpanel.endpoints.eu, groupKey: "company_id" })
 *   return yield* EventSink.deliver(sink, [
 *     {
 *       type: "track",
 *       event: "orderPlaced",
 *       properties: { Order_id: 357 },
 *       userId: "user-1",
 *       messageId: Message.nextId(Date.now()),
 *       timestamp: new Date().toISOString()
 *     }
 *   ])
 * }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
 * ```
 */
export const sink = (options: Options): EventSink.EventSink<SendError.Misconfigured, HttpClient.HttpClient> => {
  const { groupKey = "$group_id", whenTooLarge = "cut" } = options
  return EventSink.make({
    name: options.name ?? "mixpanel",
    limits: { messages: limits.requestRecords, bytes: limits.requestBytes, messageBytes: limits.messageBytes },
    records: internal.records({ groupKey, whenTooLarge }),
    open: (plan) =>
      internal
        .open(
          {
            token: options.token,
            serviceAccount: options.serviceAccount,
            endpoint: options.endpoint ?? endpoints.us,
            gzip: options.gzip ?? true,
            timeout: options.timeout ?? "10 seconds",
            groupKey,
            whenTooLarge,
            counters: options.counters ?? "atMostOnce",
            limit: Duration.toMillis(limit)
          },
          plan
        )
        .pipe(
          Effect.map(
            (send): EventSink.Send<HttpClient.HttpClient> =>
              (batch) =>
                send(batch.messages)
          )
        )
  }).pipe(EventSink.retried({ limit }))
}

const isRegion = (text: string): text is keyof typeof endpoints => Object.hasOwn(endpoints, text)

/**
 * A sink as the environment says: `MIXPANEL_TOKEN`, and, where they are there, `MIXPANEL_ENDPOINT` (an address, or "us", "eu"
 * or "in") and `MIXPANEL_GZIP`.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { Mixpanel } from "@trackmap/mixpanel"
 * import * as Effect from "effect/Effect"
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) =>
 *   Effect.flatMap(Mixpanel.config, (sink) => EventSink.deliver(sink, messages))
 * ```
 */
export const config: Config.Config<EventSink.EventSink<SendError.Misconfigured, HttpClient.HttpClient>> = Config.all({
  token: Config.Redacted("MIXPANEL_TOKEN"),
  endpoint: Config.option(Config.String("MIXPANEL_ENDPOINT")),
  gzip: Config.option(Config.Boolean("MIXPANEL_GZIP"))
}).pipe(
  Config.map(({ endpoint, gzip, token }) =>
    sink({
      token,
      endpoint: Option.getOrUndefined(Option.map(endpoint, (told) => (isRegion(told) ? endpoints[told] : told))),
      gzip: Option.getOrUndefined(gzip)
    })
  )
)
