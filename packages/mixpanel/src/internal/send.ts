import { type EventSink, type Message, type Plan, type Receipt, SendError } from "@trackmap/core"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import type * as HttpClient from "effect/http/HttpClient"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { Path } from "./answer.ts"
import { Batch, type Memory, type Settings } from "./batch.ts"
import * as identity from "./identity.ts"
import { isLong } from "./fitting.ts"
import { event as eventLimits } from "./limits.ts"
import { reasonAgainst } from "./plan.ts"
import { post, type Target } from "./post.ts"
import type { Shape } from "./profile.ts"

export interface Options {
  readonly token: Redacted.Redacted<string>
  readonly serviceAccount:
    | { readonly username: string; readonly secret: Redacted.Redacted<string>; readonly projectId: string }
    | undefined
  readonly endpoint: string
  readonly gzip: boolean
  readonly timeout: Duration.Input
  readonly groupKey: string
  readonly whenTooLarge: "cut" | "reject"
  readonly counters: "atMostOnce" | "atLeastOnce"
  /** Milliseconds after which a batch is given up. */
  readonly limit: number
}

/** The addresses, or undefined where the endpoint is none. */
const urlsOf = ({ endpoint, serviceAccount }: Options): { readonly [P in Path]: string } | undefined => {
  if (!URL.canParse(endpoint)) return undefined
  const url = new URL(endpoint)
  const plain = url.username + url.password + url.search + url.hash === ""
  if (!plain || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined
  const root = url.pathname.replace(/\/+$/, "")
  const at = (path: Path, query: Record<string, string>): string => {
    const address = new URL(url)
    address.pathname = root + path
    address.search = new URLSearchParams(query).toString()
    return address.href
  }
  const project = serviceAccount === undefined ? undefined : { project_id: serviceAccount.projectId }
  // Without `strict` and `verbose` the answers to updates are 200 and one digit, whatever became of each.
  const update = { strict: "1", verbose: "1" }
  return {
    "/import": at("/import", { strict: "1", ...project }),
    "/groups": at("/groups", update),
    "/engage": at("/engage", update)
  }
}

/** What of the settings cannot be right. Nothing is repeated: somebody may have put a secret in the wrong place. */
const reasonAgainstOptions = ({ groupKey, serviceAccount, token }: Options): string | undefined => {
  if (!Redacted.isRedacted(token)) {
    return "the token is no Redacted, which keeps it out of logs: give Redacted.make(token)"
  }
  const value = Redacted.value(token)
  if (value === "" || value.includes(":")) {
    return `the token ${value === "" ? "is empty" : "has a colon, where Basic authentication ends it"}`
  }
  if (serviceAccount !== undefined) {
    const { projectId, secret, username } = serviceAccount
    if (username === "" || username.includes(":")) return "the service account's username is empty, or has a colon"
    if (!Redacted.isRedacted(secret)) {
      return "the service account's secret is no Redacted, which keeps it out of logs: give Redacted.make(secret)"
    }
    if (Redacted.value(secret) === "" || projectId === "") return "the service account has no secret, or no project id"
  }
  return groupKey === "" || isLong(groupKey) || eventLimits.reserved.has(groupKey)
    ? "the group key is empty, too long, or one that Mixpanel has a use of its own for"
    : undefined
}

const misconfigured = (reason: string) => Effect.fail(new SendError.Misconfigured({ reason }))

type SendMessages = (
  messages: ReadonlyArray<Message.Message>
) => Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError, HttpClient.HttpClient>

/** Checks the settings and the plan, and gives what sends a batch. */
export const open = (
  options: Options,
  plan: Plan.Plan | undefined
): Effect.Effect<SendMessages, SendError.Misconfigured> => {
  const urls = urlsOf(options)
  if (urls === undefined) {
    return misconfigured("the endpoint is no http or https address, or has a user, a query or a hash")
  }
  const reason = reasonAgainstOptions(options) ?? (plan === undefined ? undefined : reasonAgainst(plan))
  if (reason !== undefined) return misconfigured(reason)

  const { counters, groupKey, gzip, limit, serviceAccount, timeout, whenTooLarge } = options
  const token = Redacted.value(options.token)
  const [user, password] = [serviceAccount?.username ?? token, serviceAccount?.secret ?? Redacted.make("")]
  const secret = Redacted.value(password)
  const target: Target = {
    urls,
    user: Redacted.make(user),
    password,
    secrets: [token, Base64.encode(`${user}:${secret}`), ...(secret === "" ? [] : [secret])],
    gzip,
    timeout
  }
  const settings: Settings = { counters, limit, shape: { groupKey, token, whenTooLarge } }
  const memory: Memory = { outcomes: undefined, since: new WeakMap() }
  return Effect.succeed((messages) => send(target, settings, memory, messages))
}

/** What stands for a message in requests, with another word for the token. */
export const records = (shape: Omit<Shape, "token">): EventSink.Records => {
  const settings: Settings = { counters: "atLeastOnce", limit: 0, shape: { ...shape, token: "<token>" } }
  return Effect.fnUntraced(function* (message: Message.Message) {
    const batch = yield* batchOf(settings, { outcomes: undefined, since: new WeakMap() }, [message])
    return batch.requests.flatMap(({ jobs, path }) =>
      jobs.map(({ json }) => ({ to: `POST ${path}`, record: JSON.parse(json) as Schema.Json }))
    )
  })
}

/** A batch on its next attempt. */
const batchOf = Effect.fnUntraced(function* (
  settings: Settings,
  memory: Memory,
  messages: ReadonlyArray<Message.Message>
) {
  const unfit = identity.unfit(messages)
  const insertIds = unfit.length === 0 ? none : yield* Effect.promise(() => identity.insertIds(unfit))
  return new Batch(settings, memory, messages, insertIds, yield* Clock.currentTimeMillis)
})

const none: ReadonlyMap<string, string> = new Map()

const send = Effect.fnUntraced(function* (
  target: Target,
  settings: Settings,
  memory: Memory,
  messages: ReadonlyArray<Message.Message>
) {
  const batch = yield* batchOf(settings, memory, messages)
  for (const request of batch.requests) {
    const sent = yield* Effect.result(post(target, request))
    if (Result.isSuccess(sent)) batch.settle(request, sent.success)
    else batch.fail(request, sent.failure)
    // What is not available is not asked for more, under whatever path.
    if (Result.isFailure(sent) && sent.failure._tag === "Unavailable") break
  }
  return yield* batch.end(yield* Clock.currentTimeMillis)
})
