import * as CheckedOptions from "@trackmap/core/Options"
import type * as SendError from "@trackmap/core/SendError"
import type { ConnectionOptions } from "@nats-io/transport-node"
import { credsAuthenticator, nkeyAuthenticator } from "@nats-io/transport-node"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { misconfigured } from "./failures.ts"

type Secret = Redacted.Redacted<string>

/** How to authenticate: a token, a user and a password, the seed of an NKey, or the contents of a `.creds` file. */
export type Credentials =
  | { readonly token: Secret }
  | { readonly user: string; readonly password: Secret }
  | { readonly nkey: Secret }
  | { readonly creds: Secret }

/** TLS, with certificates and keys as PEM or as paths of files. */
export type Tls = NonNullable<ConnectionOptions["tls"]>

/** Where the stream is. */
export interface Connection {
  /** The addresses of one or more servers of the cluster, without credentials. Default: `127.0.0.1:4222`. */
  readonly servers?: string | ReadonlyArray<string> | undefined
  readonly credentials?: Credentials | undefined
  readonly tls?: Tls | undefined
  /** The time limit for connecting, and for each answer of the server. A number is milliseconds. Default: 5 seconds. */
  readonly timeout?: Duration.Input | undefined
  /** The name of the stream. Default: `TRACKING`. */
  readonly stream?: string | undefined
  /** The subject of the messages. Default: `tracking.events`. */
  readonly subject?: string | undefined
  /** How to create the stream if it does not exist. `false` never creates it. An existing stream keeps its settings. Default: `{}`. */
  readonly create?: false | Create | undefined
}

/** The settings of a stream that does not exist yet. It keeps messages in files, and refuses new ones when it is full. */
export interface Create {
  /** The number of servers that keep each message. Default: 3 in a cluster, otherwise 1. */
  readonly replicas?: number | undefined
  /** How long the stream keeps a message, delivered or not: at least 30 seconds. A number is milliseconds. Default: 7 days. */
  readonly maxAge?: Duration.Input | undefined
  /** The size at which the stream is full. Default: no limit. */
  readonly maxBytes?: number | undefined
  /** How long the stream recognises a message id that it has already: at least 30 seconds. A number is milliseconds. Default: 2 minutes. */
  readonly duplicateWindow?: Duration.Input | undefined
}

export const connectionNames: CheckedOptions.Names<Connection> = {
  servers: true,
  credentials: true,
  tls: true,
  timeout: true,
  stream: true,
  subject: true,
  create: true
}
const createNames: CheckedOptions.Names<Create> = {
  replicas: true,
  maxAge: true,
  maxBytes: true,
  duplicateWindow: true
}

/** Checks the names in `create`. */
export const checkCreate = (name: string, { create }: Pick<Connection, "create">): void => {
  if (create !== undefined && create !== false) CheckedOptions.check<Create>(`${name}: create`, create, createNames)
}

/** The stream to use, and how to create it. Times are in milliseconds. */
export interface StreamTarget {
  readonly stream: string
  readonly subject: string
  readonly create:
    | false
    | {
        readonly replicas: number | undefined
        readonly maxAge: number
        readonly maxBytes: number | undefined
        readonly duplicateWindow: number
      }
}

/** The options with their defaults, checked. Times are in milliseconds. */
export interface Target extends StreamTarget {
  readonly name: string
  readonly timeout: number
  readonly client: ConnectionOptions
}

/** The shortest duplicate window that covers a retry, in milliseconds. */
export const shortestWindow = 30_000

/** The longest time of Node's timers, in milliseconds. They end a longer one at once. */
const longestTimer = 2 ** 31 - 1

const day = 24 * 60 * 60 * 1_000

/** The error in a name, if any (NATS, "Subject-Based Messaging" and "Streams"). */
export const wrongName = (what: string, name: unknown): string | undefined =>
  typeof name === "string" && /^[\w-]+$/.test(name)
    ? undefined
    : `${what} is not a name that NATS accepts: use letters, digits, _ and -`

const wrongSubject = (subject: unknown): string | undefined =>
  typeof subject === "string" && /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject)
    ? undefined
    : "the subject is not one that can be published to: use words between dots, without spaces, * and >"

/** The error in a number, if any. */
export const wrongCount = (what: string, given: unknown): string | undefined =>
  Number.isInteger(given) && Number(given) > 0 ? undefined : `${what} is not a whole number above zero`

/** A time of the options in milliseconds. */
export const millis = (what: string, given: Duration.Input): Effect.Effect<number, SendError.Misconfigured> => {
  const found = Option.map(Duration.fromInput(given), Duration.toMillis)
  return Option.isSome(found) && Number.isFinite(found.value) && found.value > 0
    ? Effect.succeed(found.value)
    : Effect.fail(misconfigured(`${what} is not a time above zero, such as "5 seconds"`))
}

const secretOf = (what: string, secret: unknown): Effect.Effect<string, SendError.Misconfigured> => {
  if (!Redacted.isRedacted(secret)) {
    return Effect.fail(misconfigured(`${what} is not Redacted: pass Redacted.make(…), which keeps it out of logs`))
  }
  const value = Redacted.value(secret)
  return typeof value === "string" && value !== ""
    ? Effect.succeed(value)
    : Effect.fail(misconfigured(`${what} is empty`))
}

const encoder = new TextEncoder()

/** The client's options for credentials. No error contains a part of them. */
const authOf = (given: Credentials): Effect.Effect<ConnectionOptions, SendError.Misconfigured> => {
  // Code without types can pass null or a string.
  const credentials: Credentials = Object(given)
  if ("token" in credentials) return Effect.map(secretOf("the token", credentials.token), (token) => ({ token }))
  if ("user" in credentials) {
    if (typeof credentials.user !== "string" || credentials.user === "")
      return Effect.fail(misconfigured("the user of the credentials is empty"))
    return Effect.map(secretOf("the password", credentials.password), (pass) => ({ user: credentials.user, pass }))
  }
  const isSeed = "nkey" in credentials
  if (!isSeed && !("creds" in credentials)) {
    const kinds = "{ token }, { user, password }, { nkey } or { creds }"
    return Effect.fail(misconfigured(`the credentials are not of a kind that NATS has: pass ${kinds}`))
  }
  const what = isSeed ? "the NKey's seed" : "the text of the credentials"
  return Effect.flatMap(secretOf(what, isSeed ? credentials.nkey : credentials.creds), (secret) =>
    Effect.try({
      try: () => {
        const bytes = encoder.encode(secret)
        const authenticator = isSeed ? nkeyAuthenticator(bytes) : credsAuthenticator(bytes)
        // Reads the secret, which the client would do only when it connects.
        authenticator("nonce")
        return { authenticator }
      },
      catch: () =>
        misconfigured(
          isSeed
            ? "the NKey's seed cannot be read: it begins with SU"
            : "the credentials cannot be read: pass the whole text of the .creds file"
        )
    })
  )
}

const serversOf = (given: string | ReadonlyArray<string>): Effect.Effect<Array<string>, SendError.Misconfigured> => {
  const servers = typeof given === "string" ? given.split(",").map((server) => server.trim()) : Array.from(given ?? [])
  if (servers.length === 0 || servers.some((server) => typeof server !== "string" || server === ""))
    return Effect.fail(misconfigured("there is no address of a server, or an empty one"))
  return servers.some((server) => server.includes("@"))
    ? Effect.fail(misconfigured("the address of a server contains credentials: pass them as credentials, Redacted"))
    : Effect.succeed(servers)
}

const createOf = Effect.fnUntraced(function* (create: Create) {
  const { duplicateWindow = "2 minutes", maxAge = 7 * day, maxBytes, replicas } = create
  for (const [what, given] of Object.entries({ replicas, maxBytes })) {
    const reason = given === undefined ? undefined : wrongCount(`create: ${what}`, given)
    if (reason !== undefined) return yield* misconfigured(reason)
  }
  const times = {
    maxAge: yield* millis("create: maxAge", maxAge),
    duplicateWindow: yield* millis("create: duplicateWindow", duplicateWindow)
  }
  for (const [what, given] of Object.entries(times)) {
    if (given < shortestWindow)
      return yield* misconfigured(
        `create: ${what} is shorter than ${shortestWindow / 1_000} seconds, too short for a retry`
      )
  }
  return { replicas, maxBytes, ...times }
})

/** Checks the options of a connection. */
export const check = Effect.fnUntraced(function* (
  name: string,
  options: Connection
): Effect.fn.Return<Target, SendError.Misconfigured> {
  const {
    create = {},
    credentials,
    servers = "127.0.0.1:4222",
    stream = "TRACKING",
    subject = "tracking.events"
  } = options
  const reason = wrongName("the stream", stream) ?? wrongSubject(subject)
  if (reason !== undefined) return yield* misconfigured(reason)
  const timeout = Math.min(yield* millis("timeout", options.timeout ?? "5 seconds"), longestTimer)
  return {
    name,
    stream,
    subject,
    timeout,
    create: create === false ? false : yield* createOf(create),
    client: {
      name,
      servers: yield* serversOf(servers),
      ...(credentials !== undefined && (yield* authOf(credentials))),
      ...(options.tls && { tls: options.tls }),
      timeout,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      // Otherwise the client gives up after the same error twice, even if the server is only starting.
      ignoreAuthErrorAbort: true,
      // Notices within 15 seconds that a server no longer answers. The client's default is six minutes.
      pingInterval: 5_000,
      noAsyncTraces: true
    }
  }
})
