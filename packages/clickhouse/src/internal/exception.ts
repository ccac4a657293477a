import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as SendError from "@trackmap/core/SendError"

/** Why ClickHouse did not run a statement. */
export interface Fault {
  readonly error: SendError.SendError
  /** Whether somebody may have changed a table since the sink read the catalogue. */
  readonly changed: boolean
}

/**
 * What an exception means, by its code (ClickHouse, "system.errors"): the server's state, which passes; the sink's settings; the tables; the rows.
 * The HTTP status does not say: ClickHouse answers 500 to most of them.
 */
const meanings = {
  Unavailable: `95 CANNOT_READ_FROM_SOCKET, 96 CANNOT_WRITE_TO_SOCKET, 159 TIMEOUT_EXCEEDED, 173 CANNOT_ALLOCATE_MEMORY, 201 QUOTA_EXCEEDED,
    202 TOO_MANY_SIMULTANEOUS_QUERIES, 203 NO_FREE_CONNECTION, 209 SOCKET_TIMEOUT, 210 NETWORK_ERROR, 225 NO_ZOOKEEPER, 236 ABORTED,
    241 MEMORY_LIMIT_EXCEEDED, 242 TABLE_IS_READ_ONLY, 243 NOT_ENOUGH_SPACE, 252 TOO_MANY_PARTS, 279 ALL_CONNECTION_TRIES_FAILED,
    285 TOO_FEW_LIVE_REPLICAS, 286 UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE, 319 UNKNOWN_STATUS_OF_INSERT, 364 RECEIVED_ERROR_TOO_MANY_REQUESTS,
    394 QUERY_WAS_CANCELLED, 439 CANNOT_SCHEDULE_TASK, 473 DEADLOCK_AVOIDED, 517 CANNOT_ASSIGN_ALTER, 574 DISTRIBUTED_TOO_MANY_PENDING_BYTES,
    692 TOO_MANY_MUTATIONS, 999 KEEPER_EXCEPTION`,
  Misconfigured: `48 NOT_IMPLEMENTED, 50 UNKNOWN_TYPE, 56 UNKNOWN_STORAGE, 62 SYNTAX_ERROR, 73 UNKNOWN_FORMAT, 81 UNKNOWN_DATABASE,
    115 UNKNOWN_SETTING, 164 READONLY, 192 UNKNOWN_USER, 193 WRONG_PASSWORD, 194 REQUIRED_PASSWORD, 195 IP_ADDRESS_NOT_ALLOWED,
    291 DATABASE_ACCESS_DENIED, 344 SUPPORT_IS_DISABLED, 452 SETTING_CONSTRAINT_VIOLATION, 472 READONLY_SETTING, 497 ACCESS_DENIED, 511 UNKNOWN_ROLE,
    516 AUTHENTICATION_FAILED, 701 CLUSTER_DOESNT_EXIST, 774 TABLE_IS_PERMANENTLY_READ_ONLY, 1001 STD_EXCEPTION`,
  changed: `8 THERE_IS_NO_COLUMN, 10 NOT_FOUND_COLUMN_IN_BLOCK, 16 NO_SUCH_COLUMN_IN_TABLE, 47 UNKNOWN_IDENTIFIER, 53 TYPE_MISMATCH,
    60 UNKNOWN_TABLE, 70 CANNOT_CONVERT_TYPE, 218 TABLE_IS_DROPPED, 349 CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN`,
  Refused: `6 CANNOT_PARSE_TEXT, 25 CANNOT_PARSE_ESCAPE_SEQUENCE, 26 CANNOT_PARSE_QUOTED_STRING, 27 CANNOT_PARSE_INPUT_ASSERTION_FAILED,
    33 CANNOT_READ_ALL_DATA, 36 BAD_ARGUMENTS, 38 CANNOT_PARSE_DATE, 41 CANNOT_PARSE_DATETIME, 69 ARGUMENT_OUT_OF_BOUND, 72 CANNOT_PARSE_NUMBER,
    117 INCORRECT_DATA, 321 VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE, 467 CANNOT_PARSE_BOOL, 469 VIOLATED_CONSTRAINT, 524 ALTER_OF_COLUMN_IS_FORBIDDEN`
} as const

type Meaning = keyof typeof meanings

const known: ReadonlyMap<number, readonly [meaning: Meaning, name: string]> = new Map(
  (Object.keys(meanings) as ReadonlyArray<Meaning>).flatMap((meaning) =>
    [...meanings[meaning].matchAll(/(\d+) (\w+)/g)].map(([, code, name]) => [Number(code), [meaning, name!]] as const)
  )
)

/**
 * The code of an exception: in the header, or at the start of a line of the body, also of a response that began with 200 and rows (ClickHouse, "HTTP
 * response codes caveats"). A line of rows begins with a bracket.
 */
const codeOf = ({ headers, text }: HttpTransport.Response): number | undefined => {
  const code = headers["x-clickhouse-exception-code"] ?? /^Code: (\d+)[.,]/m.exec(text)?.[1]
  if (code !== undefined) return Number(code)
  return /^__exception__/m.test(text) ? 0 : undefined
}

/** The error of a response by its tag, with the wait that the response asks for. */
const errorOf = (
  tag: SendError.SendError["_tag"],
  reason: string,
  failure: SendError.SendError | undefined
): SendError.SendError => {
  switch (tag) {
    case "TooLarge":
      return new SendError.TooLarge({ reason })
    case "Refused":
      return new SendError.Refused({ reason })
    case "Misconfigured":
      return new SendError.Misconfigured({ reason })
    default: {
      const wait = failure?._tag === "Unavailable" ? failure.retryAfter : undefined
      return new SendError.Unavailable(wait === undefined ? { reason } : { reason, retryAfter: wait })
    }
  }
}

/** Interprets a response. Undefined if there is no exception. No reason quotes the body, since ClickHouse repeats rows in it. */
export const faultOf = (response: HttpTransport.Response, now: number): Fault | undefined => {
  const code = codeOf(response)
  const failure = SendError.fromResponse(response, now)
  if (code === undefined) return failure && { error: failure, changed: false }
  const [meaning, name] = known.get(code) ?? []
  const said = name === undefined ? "with an exception" : name
  const reason = `ClickHouse answered ${said} (code ${code}, status ${response.status})`
  const changed = meaning === "changed"
  const tag = changed ? "Refused" : (meaning ?? failure?._tag ?? "Unavailable")
  return { error: errorOf(tag, reason, failure), changed }
}

/** The text of an exception, for statements without rows. */
export const textOf = ({ text }: HttpTransport.Response): string =>
  /^Code: .*/m.exec(text)?.[0].replaceAll(/\s+/g, " ").slice(0, 300) ?? ""
