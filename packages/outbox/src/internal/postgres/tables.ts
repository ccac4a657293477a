import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"
import type { Migrations } from "../migrate.ts"
import { parkedColumns, type Tables } from "../tables.ts"

/** Milliseconds since 1970. Unlike `now()`, it goes on inside a transaction. */
const now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

/** The tables of a store, in a schema. */
export interface PostgresTables extends Tables {
  readonly schema: string
  readonly done: Statement.Fragment
  readonly partition: Statement.Fragment
}

export const tablesOf = (sql: SqlClient.SqlClient, schema: string): PostgresTables => ({
  sql,
  schema,
  message: sql.literal(`${schema}.message`),
  sink: sql.literal(`${schema}.sink`),
  claim: sql.literal(`${schema}.claim`),
  done: sql.literal(`${schema}.done`),
  parked: sql.literal(`${schema}.parked`),
  partition: sql.literal(`${schema}.partition`),
  now: sql.literal(now),
  contains: (text) => sql`strpos(body, ${text}) > 0`,
  skipLocked: sql.literal("FOR UPDATE SKIP LOCKED")
})

/**
 * `message` is the log: rows are inserted and, with their whole partition, dropped. `claim` is a log too: a claim is its newest revision, and the
 * newest claim is the sink's progress. A row of `done` completes a claim. Only what is parked has a state by row.
 *
 * A claim's messages are those that are not visible in the snapshot `prev`, are visible in `snap`, and lie behind (after_xid, after_seq) and up to
 * (last_xid, last_seq). All claims before `low` are completed.
 */
export const migrationsOf = ({ schema, sql }: PostgresTables): Migrations => {
  const run = (statements: ReadonlyArray<string>) =>
    Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  return {
    "1_outbox": run([
      `CREATE SEQUENCE ${schema}.message_seq`,
      `CREATE TABLE ${schema}.message (
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        seq bigint NOT NULL DEFAULT nextval('${schema}.message_seq'),
        created timestamptz NOT NULL DEFAULT now(),
        id text NOT NULL,
        body text NOT NULL) PARTITION BY RANGE (created)`,
      `CREATE INDEX message_position ON ${schema}.message (xid, seq)`,
      `CREATE TABLE ${schema}.partition (name text PRIMARY KEY, starts bigint NOT NULL, ends bigint)`,
      `CREATE TABLE ${schema}.sink (name text PRIMARY KEY, since timestamptz NOT NULL)`,
      `CREATE TABLE ${schema}.claim (
        sink text NOT NULL,
        n bigint NOT NULL,
        revision bigint NOT NULL,
        attempt integer NOT NULL,
        low bigint NOT NULL,
        prev pg_snapshot NOT NULL,
        snap pg_snapshot NOT NULL,
        after_xid xid8 NOT NULL,
        after_seq bigint NOT NULL,
        last_xid xid8 NOT NULL,
        last_seq bigint NOT NULL,
        is_last boolean NOT NULL,
        token text NOT NULL,
        lease_until bigint NOT NULL,
        claimed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (sink, n, revision))`,
      `CREATE TABLE ${schema}.done (sink text NOT NULL, n bigint NOT NULL, PRIMARY KEY (sink, n))`,
      `CREATE TABLE ${schema}.parked (${parkedColumns("bigint")})`,
      `CREATE INDEX parked_due ON ${schema}.parked (sink, dead, visible_at)`,
      `CREATE INDEX parked_at ON ${schema}.parked (dead, parked_at)`
    ])
  }
}
