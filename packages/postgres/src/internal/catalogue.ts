import type { Table } from "@trackmap/warehouse"
import * as Effect from "effect/Effect"
import type { Query } from "./client.ts"
import type { Failure } from "./failure.ts"

/** What a schema has. */
export interface Catalogue {
  readonly role: string
  readonly encoding: string
  /** Whether the schema exists. */
  readonly exists: boolean
  readonly tables: ReadonlyArray<Relation>
  /** What else has a name there, such as an index or a view: its name, and what it is. */
  readonly others: ReadonlyMap<string, string>
}

/** A table, and the columns of each of its unique indexes. An expression has no name. */
interface Relation extends Table.Existing {
  readonly unique: ReadonlyArray<ReadonlyArray<string | null>>
}

const session = `SELECT current_user::text AS role, current_setting('server_encoding') AS encoding,
  EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)::text AS exists`

/** Types that clients read differently are text. A unique index over some rows only does not count. */
const relations = `SELECT c.relname::text AS name, CASE WHEN c.relispartition THEN 'partition' ELSE c.relkind::text END AS kind, obj_description(c.oid, 'pg_class') AS comment,
  (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
  (SELECT json_agg((SELECT json_agg(a.attname ORDER BY k.at)
      FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, at)
      LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum))
    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL)::text AS unique
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 ORDER BY c.relname`

const kinds: Readonly<Record<string, string>> = {
  v: "a view",
  m: "a materialized view",
  i: "an index",
  I: "an index",
  S: "a sequence",
  f: "a foreign table",
  c: "a type",
  partition: "a partition"
}

const isTable = (kind: unknown): boolean => kind === "r" || kind === "p"

const parsed = (text: unknown): ReadonlyArray<any> => (typeof text === "string" ? JSON.parse(text) : [])

/** Reads what a schema has. */
export const read = (query: Query, schema: string): Effect.Effect<Catalogue, Failure> =>
  Effect.gen(function* () {
    const [found] = yield* query(session, [schema])
    const rows = yield* query(relations, [schema])
    return {
      role: String(found!["role"]),
      encoding: String(found!["encoding"]),
      exists: found!["exists"] === "true",
      tables: rows
        .filter(({ kind }) => isTable(kind))
        .map(({ columns, comment, name, unique }) => ({
          name: String(name),
          comment: typeof comment === "string" ? comment : undefined,
          columns: parsed(columns),
          unique: parsed(unique)
        })),
      others: new Map(
        rows
          .filter(({ kind }) => !isTable(kind))
          .map(({ kind, name }) => [String(name), kinds[String(kind)] ?? "something else"])
      )
    }
  })
