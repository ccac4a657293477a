import * as Effect from "effect/Effect"
import type { SqlError, SqlErrorReason } from "effect/sql/SqlError"
import { OutboxError } from "../OutboxError.ts"

interface Said {
  readonly reason: string
  readonly remedy: string
}

const said: Readonly<Partial<Record<SqlErrorReason["_tag"], Said>>> = {
  ConnectionError: {
    reason: "the database does not respond",
    remedy: "check that it runs and accepts connections"
  },
  AuthenticationError: { reason: "the database refuses the login", remedy: "check the role and its password" },
  AuthorizationError: {
    reason: "the role may not use the outbox's tables",
    remedy: "grant it the rights that the README lists"
  },
  SqlSyntaxError: {
    reason: "the outbox's tables are missing or of another version",
    remedy: "run OutboxStore's migrate with this version of the package"
  },
  LockTimeoutError: { reason: "another transaction holds a lock for too long", remedy: "run it again later" },
  StatementTimeoutError: { reason: "the database took too long", remedy: "run it again later, or raise the timeout" },
  DeadlockError: { reason: "the database ended a deadlock", remedy: "run the transaction again" },
  SerializationError: { reason: "the transaction conflicts with another", remedy: "run the transaction again" }
}

const missingTable = /no such table|does not exist/

/** Codes such as 42P01, SQLITE_FULL and ECONNREFUSED say much and contain no value. */
const codeOf = (cause: unknown): string | undefined => {
  for (let at = cause, depth = 0; typeof at === "object" && at !== null && depth < 5; depth++) {
    const { cause: inner, code, errcode } = at as Readonly<Record<"cause" | "code" | "errcode", unknown>>
    if (typeof errcode === "number") return `SQLite ${errcode}`
    if (typeof code === "string" && /^\w{1,40}$/.test(code)) return code
    at = inner
  }
  return undefined
}

const isMissingTable = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "message" in cause && missingTable.test(String(cause.message))

/** The outbox's error for one of the database, without the database's text, which can quote values. */
export const outboxError = (operation: string, { reason }: SqlError): OutboxError => {
  const tag = isMissingTable(reason.cause) ? "SqlSyntaxError" : reason._tag
  const known = said[tag] ?? { reason: "the database reports an error", remedy: "look the code up in its manual" }
  const code = codeOf(reason.cause)
  return new OutboxError({
    operation,
    reason: code === undefined ? known.reason : `${known.reason} (${code})`,
    remedy: known.remedy,
    transient: reason.isRetryable
  })
}

/** Turns the database's errors of an operation into the outbox's. */
export const asOutboxError =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | OutboxError, R> =>
    Effect.mapError(effect, (error) =>
      isSqlError(error) ? outboxError(operation, error) : (error as Exclude<E, SqlError>)
    )

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
