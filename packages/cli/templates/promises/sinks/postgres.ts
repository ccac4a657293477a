import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"
import { Postgres } from "@trackmap/postgres"

const key = process.env["POSTGRES_URL"]

/** PostgreSQL if POSTGRES_URL is set, otherwise this terminal. */
export const sink = key === undefined ? Console.sink() : Postgres.sink({ url: Redacted.make(key) })
