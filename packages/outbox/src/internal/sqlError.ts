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

interface Kind extends Said {
  readonly codes: RegExp
}

/** Errors that Effect does not classify, and that pass: by PostgreSQL's SQLSTATE (appendix A of its manual), or SQLite's primary result code. */
const passing: ReadonlyArray<Kind> = [
  { codes: /^(53100|SQLite 13)$/, reason: "the database's disk is full", remedy: "free space on it" },
  { codes: /^53300$/, reason: "the database has too many connections", remedy: "lower those of each process" },
  { codes: /^(53|58)/, reason: "the database lacks resources", remedy: "look at its own log" },
  { codes: /^SQLite 10$/, reason: "the disk fails", remedy: "check the disk" },
  {
    codes: /^SQLite 14$/,
    reason: "the database's file cannot be opened",
    remedy: "check its folder, and the limit of open files"
  },
  { codes: /^57P/, reason: "the database is restarting", remedy: "wait until it accepts connections" },
  { codes: /^(25006|SQLite 8)$/, reason: "the database is read-only", remedy: "connect to the one that accepts writes" }
]

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

/** SQLite's extended result codes have the primary one in their lowest eight bits ("Result and Error Codes"). */
const primaryOf = (code: string): string => {
  const [database, number] = code.split(" ")
  return number === undefined ? code : `${database} ${Number(number) & 0xff}`
}

const isMissingTable = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "message" in cause && missingTable.test(String(cause.message))

/** The outbox's error for one of the database, without the database's text, which can quote values. */
export const outboxError = (operation: string, { reason }: SqlError): OutboxError => {
  const tag = isMissingTable(reason.cause) ? "SqlSyntaxError" : reason._tag
  const code = codeOf(reason.cause)
  const kind = code === undefined ? undefined : primaryOf(code)
  const passes = kind === undefined ? undefined : passing.find(({ codes }) => codes.test(kind))
  const unknown = { reason: "the database reports an error", remedy: "look the code up in its manual" }
  const known = passes ?? said[tag] ?? unknown
  return new OutboxError({
    operation,
    reason: code === undefined ? known.reason : `${known.reason} (${code})`,
    remedy: known.remedy,
    transient: passes !== undefined || reason.isRetryable
  })
}

/** Turns the database's errors of an operation into the outbox's, and also its defects: a rollback whose connection is gone dies with its error. */
export const asOutboxError =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E | SqlError, R>): Effect.Effect<A, Exclude<E, SqlError> | OutboxError, R> =>
    effect.pipe(
      Effect.mapError((error) => (isSqlError(error) ? outboxError(operation, error) : (error as Exclude<E, SqlError>))),
      Effect.catchDefect((defect) =>
        isSqlError(defect) ? Effect.fail(outboxError(operation, defect)) : Effect.die(defect)
      )
    )

const isSqlError = (error: unknown): error is SqlError =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"
