import type * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"

/** What the SQL of both databases is written with. Every instant is a number: milliseconds since 1970, by the database's clock. */
export interface Tables {
  readonly sql: SqlClient.SqlClient
  readonly message: Statement.Fragment
  readonly sink: Statement.Fragment
  readonly claim: Statement.Fragment
  readonly parked: Statement.Fragment
  /** The current time. */
  readonly now: Statement.Fragment
  /** Whether a body contains a text. */
  readonly contains: (text: string) => Statement.Fragment
  /** Locks selected rows, and leaves out those that another transaction has locked. */
  readonly skipLocked: Statement.Fragment
}

/** The columns of parked messages, which both databases have. */
export const parkedColumns = (integer: string): string =>
  [
    "sink text NOT NULL",
    "id text NOT NULL",
    "body text NOT NULL",
    "event text NOT NULL",
    `created ${integer} NOT NULL`,
    `attempts ${integer} NOT NULL`,
    "outcome text NOT NULL",
    `dead ${integer} NOT NULL`,
    `visible_at ${integer} NOT NULL`,
    `parked_at ${integer} NOT NULL`,
    "token text",
    `lease_until ${integer} NOT NULL DEFAULT 0`,
    "PRIMARY KEY (sink, id)"
  ].join(", ")
