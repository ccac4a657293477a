import type * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as Message from "@trackmap/core/Message"
import * as SendError from "@trackmap/core/SendError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { limits, reasonAgainst } from "./limits.ts"
import { interpret } from "./response.ts"
import { version } from "./version.ts"

/** The options of every service that speaks Segment's API. */
export interface CommonOptions {
  /** Compresses bodies of 1,024 bytes or more. Default: false. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts. Default: the service's. */
  readonly name?: string | undefined
  /** The time limit of an attempt, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/** A service that speaks Segment's API: what it has of its own. */
export interface Service {
  readonly name: string
  readonly url: string
  readonly key: Redacted.Redacted<string>
  /** The user and the password of Basic authentication in a key, or why it is invalid. */
  readonly credentials: (key: string) => readonly [user: string, password: string] | string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Bytes of a request, before compression. */
  readonly bytes: number
  /** Why the service would not accept a message that Segment would. */
  readonly reject?: ((message: Message.Message) => string | undefined) | undefined
}

const before = '{"batch":'
const context = JSON.stringify({ library: { name: "@trackmap/segment", version } })
const after = (sentAt: number): string => `,"sentAt":"${new Date(sentAt).toISOString()}","context":${context}}`

/** A key with an empty password. */
export const keyAlone = (key: string): readonly [string, string] | string =>
  key.includes(":") ? "the write key contains a colon, which Basic authentication does not allow" : [key, ""]

const authorizationOf = ({ credentials, key }: Service): Redacted.Redacted<string> | string => {
  if (!Redacted.isRedacted(key)) {
    return "the write key is not Redacted: pass Redacted.make(key), which keeps it out of logs"
  }
  // An environment variable that is not set comes as undefined.
  const text: unknown = Redacted.value(key)
  if (typeof text !== "string" || text === "") return "the write key is empty"
  const found = credentials(text)
  return typeof found === "string" ? found : HttpSink.basicAuth(...found)
}

/** The sink of a service, without retries. */
export const make = (
  service: Service,
  { gzip, name = service.name, timeout }: CommonOptions
): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> =>
  HttpSink.make({
    name,
    limits: {
      messages: limits.messages,
      messageBytes: limits.messageBytes,
      bytes: service.bytes - `${before}[]${after(0)}`.length
    },
    url: service.url,
    path: "/v1/batch",
    headers: Effect.suspend(() => {
      const authorization = authorizationOf(service)
      return typeof authorization === "string"
        ? Effect.fail(new SendError.Misconfigured({ reason: authorization }))
        : Effect.succeed({ ...service.headers, authorization })
    }),
    gzip,
    timeout,
    body: ({ jsonArray }, now) => [before, ...jsonArray, after(now)],
    reject: (message) => reasonAgainst(message) ?? service.reject?.(message),
    interpret,
    span: "Segment.send"
  })
