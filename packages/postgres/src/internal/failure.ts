import * as SendError from "@trackmap/core/SendError"
import { PostgresError } from "../PostgresError.ts"

/** What PostgreSQL or the connection to it says. Its message and details are left out, since they can quote values. */
export interface Failure {
  readonly _tag: "Failure"
  /** An SQLSTATE, or a code of the operating system, if there is one. */
  readonly code: string | undefined
  /** The table, the column and the constraint, as far as PostgreSQL names them. */
  readonly at: string
}

type Names = Readonly<Partial<Record<"cause" | "code" | "table" | "column" | "constraint", unknown>>>

const places = (["table", "column", "constraint"] as const).map(
  (place) => (found: Names) => (typeof found[place] === "string" ? `${place} "${found[place]}"` : "")
)

/** As Node.js names errors of TLS. */
const noTls: Failure = { _tag: "Failure", code: "ERR_TLS_UNSUPPORTED", at: "" }
/** Both clients have no code for this, only a text. */
const withoutTls = /^The server does not support (?:SSL|TLS)/

/** Codes such as 42P01 and ECONNREFUSED say much and contain no value. Clients wrap errors, so the code can be further inside. */
export const failureOf = (thrown: unknown): Failure => {
  let found = thrown
  for (let depth = 0; typeof found === "object" && found !== null && depth < 6; depth++) {
    const names = found as Names & { readonly message?: unknown; readonly reason?: unknown }
    if (withoutTls.test(String(names.message))) return noTls
    if (typeof names.code === "string" && /^\w{1,40}$/.test(names.code)) {
      const at = places.map((place) => place(names)).filter((text) => text !== "")
      return { _tag: "Failure", code: names.code, at: at.join(", ") }
    }
    found = names.reason ?? names.cause
  }
  return { _tag: "Failure", code: undefined, at: "" }
}

export const timedOut: Failure = { _tag: "Failure", code: "ETIMEDOUT", at: "" }

/** What a failure means: it passes, it needs a change of yours, or it comes from the values of some message. */
type Meaning = "passes" | "setting" | "values"

interface Known {
  readonly codes: RegExp
  readonly meaning: Meaning
  readonly reason: string
  readonly remedy: string
}

/** By SQLSTATE ("PostgreSQL Error Codes"). The first that matches counts. */
const known: ReadonlyArray<Known> = [
  {
    codes: /^(28|3D000)/,
    meaning: "setting",
    reason: "PostgreSQL refuses the login",
    remedy: "check the database, the role and its password in the URL"
  },
  {
    codes: /^42501$/,
    meaning: "setting",
    reason: "the role lacks a right",
    remedy: "grant the role the rights that the README lists"
  },
  {
    codes: /^(42|3F)/,
    meaning: "setting",
    reason: "the tables are not as the sink has made them",
    remedy: "undo the change of the table, or drop the table, which the sink then makes again"
  },
  {
    codes: /^0A000$/,
    meaning: "setting",
    reason: "PostgreSQL cannot make this change of a table",
    remedy: "drop the view or the rule that uses the column, open the sink once, and make it again"
  },
  {
    codes: /^23502$/,
    meaning: "setting",
    reason: "a column that is not Trackmap's demands a value",
    remedy: "drop its NOT NULL, or give it a default"
  },
  {
    codes: /^23/,
    meaning: "values",
    reason: "a constraint of the table refuses the row",
    remedy: "drop the constraint, or resend the dead letter"
  },
  {
    codes: /^22/,
    meaning: "values",
    reason: "a column cannot hold the value",
    remedy: "give the column the type that the README lists"
  },
  {
    codes: /^54/,
    meaning: "values",
    reason: "the row is beyond a limit of PostgreSQL",
    remedy: "track fewer or smaller values"
  },
  {
    codes: /^(P0|09|44)/,
    meaning: "values",
    reason: "a trigger of the table refuses the row",
    remedy: "look at the trigger, or drop it"
  },
  {
    codes: /^53100$/,
    meaning: "passes",
    reason: "the disk of PostgreSQL is full",
    remedy: "free space on it"
  },
  {
    codes: /^53300$/,
    meaning: "passes",
    reason: "PostgreSQL has too many connections",
    remedy: "lower those of each process"
  },
  {
    codes: /^25006$/,
    meaning: "passes",
    reason: "PostgreSQL is read-only, such as a standby",
    remedy: "connect to the server that accepts writes"
  },
  {
    codes: /^57P/,
    meaning: "passes",
    reason: "PostgreSQL is starting or shutting down",
    remedy: "wait until it accepts connections"
  },
  {
    codes: /^(57014|ETIMEDOUT)$/,
    meaning: "passes",
    reason: "PostgreSQL took too long",
    remedy: "look for locks, or raise statement_timeout and the sink's timeout"
  },
  {
    codes: /^ERR_TLS_UNSUPPORTED$/,
    meaning: "passes",
    reason: "PostgreSQL has no TLS, which the connection requires",
    remedy: "turn on ssl in PostgreSQL, or pass another sslmode"
  },
  {
    // Codes of OpenSSL's verification, as Node.js has them ("X509 certificate error codes"). A certificate can be renewed.
    codes: /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA$|HOSTNAME_MISMATCH$)/,
    meaning: "passes",
    reason: "PostgreSQL's certificate is not trusted",
    remedy: "let Node.js trust its authority (NODE_EXTRA_CA_CERTS), or pass a pool with its own ssl options"
  },
  {
    codes: /^55P03$/,
    meaning: "passes",
    reason: "another transaction holds a lock for too long",
    remedy: "look for it in pg_stat_activity"
  },
  {
    codes: /^40/,
    meaning: "passes",
    reason: "the transaction conflicts with another",
    remedy: "run it again"
  },
  {
    codes: /^(53|58|XX)/,
    meaning: "passes",
    reason: "PostgreSQL lacks resources, or fails",
    remedy: "look at its own log"
  }
]

const unreachable: Known = {
  codes: /./,
  meaning: "passes",
  reason: "PostgreSQL does not respond",
  remedy: "check that it runs and accepts connections"
}

const knownOf = ({ code = "" }: Failure): Known => known.find(({ codes }) => codes.test(code)) ?? unreachable

export const meaningOf = (failure: Failure): Meaning => knownOf(failure).meaning

const saidOf = (failure: Failure): { readonly reason: string; readonly remedy: string } => {
  const { reason, remedy } = knownOf(failure)
  const details = [failure.code ?? "", failure.at].filter((text) => text !== "").join(", ")
  return { reason: details === "" ? reason : `${reason} (${details})`, remedy }
}

/** The failure of a batch. */
export const toSendError = (failure: Failure): SendError.SendError => {
  const said = saidOf(failure)
  const reason = `${said.reason}: ${said.remedy}`
  switch (meaningOf(failure)) {
    case "passes":
      return new SendError.Unavailable({ reason })
    case "setting":
      return new SendError.Misconfigured({ reason })
    case "values":
      return new SendError.Refused({ reason })
  }
}

/** The failure of opening, where nothing depends on a message. `remedy` is for a missing right. */
export const toOpenError = (failure: Failure, remedy: string): SendError.Unavailable | SendError.Misconfigured => {
  const said = saidOf(failure)
  const what = failure.code === "42501" ? remedy : said.remedy
  const reason = `${said.reason}: ${what}`
  return meaningOf(failure) === "passes"
    ? new SendError.Unavailable({ reason })
    : new SendError.Misconfigured({ reason })
}

/** The failure of a command. */
export const toPostgresError =
  (operation: string) =>
  (failure: Failure): PostgresError =>
    new PostgresError({ operation, ...saidOf(failure), transient: meaningOf(failure) === "passes" })
