import * as HttpSink from "@trackmap/core/HttpSink"
import * as Checked from "@trackmap/core/Options"
import { Misconfigured } from "@trackmap/core/SendError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** How to reach a database of ClickHouse. */
export interface Connection {
  /** The address of ClickHouse's HTTP interface: `https://clickhouse.example:8443`. */
  readonly url: string
  /** The database, which must exist. Default: "default". */
  readonly database?: string | undefined
  /** The user, which needs the rights in the README. Default: "default". */
  readonly user?: string | undefined
  /** The user's password. It is in the `Authorization` header, and nowhere else. Default: none. */
  readonly password?: Redacted.Redacted<string> | undefined
  /** The cluster on which to make tables, replicated. Default: only the server at `url`, or what ClickHouse Cloud does by itself. */
  readonly cluster?: string | undefined
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 30 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/** The options of the sink. */
export interface Options extends Connection {
  /** The names of events' tables, by event. Default: the event's name in snake_case. */
  readonly tables?: Readonly<Record<string, string>> | undefined
  /** The names of columns, by key. Default: the key. */
  readonly columns?: Readonly<Record<string, string>> | undefined
  /** Compresses bodies of 1,024 bytes or more. Default: false. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts and logs. Default: "clickhouse". */
  readonly name?: string | undefined
}

export const connectionNames: Checked.Names<Connection> = {
  url: true,
  database: true,
  user: true,
  password: true,
  cluster: true,
  timeout: true
}

/** Checks the names of the options. */
export const checkNames = (options: Options): Options =>
  Checked.check<Options>("ClickHouse.sink", options, {
    ...connectionNames,
    tables: true,
    columns: true,
    gzip: true,
    name: true
  })

const none = Redacted.make("")

const wrongIn = ({ cluster, database, password = none, user = "default" }: Connection): string | undefined => {
  if (!Redacted.isRedacted(password))
    return "the password is not Redacted: pass Redacted.make(password), which keeps it out of logs"
  if (typeof Redacted.value(password) !== "string") return "the password is not a string"
  if (typeof user !== "string" || user === "") return "the user is empty"
  if (user.includes(":")) return "the user contains a colon, which Basic authentication does not allow"
  if (database === "" || cluster === "") return `the ${database === "" ? "database" : "cluster"} is empty`
  return undefined
}

/** The header that says who the user is, if the options are valid. */
export const headersOf = (options: Connection): Effect.Effect<HttpSink.Headers, Misconfigured> =>
  Effect.suspend(() => {
    const { password = none, user = "default" } = options
    const reason = wrongIn(options)
    return reason === undefined
      ? Effect.succeed({
          authorization: HttpSink.basicAuth(user, password),
          "content-type": "text/plain; charset=utf-8",
          accept: "*/*"
        })
      : Effect.fail(new Misconfigured({ reason }))
  })

/** The password, to check that no error contains it. */
export const secretOf = ({ password = none }: Connection): string => Redacted.value(password)
