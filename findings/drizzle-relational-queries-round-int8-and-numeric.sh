#!/usr/bin/env bash
# drizzle-orm 0.45.4, over @electric-sql/pglite 0.3.14 (PostgreSQL 17).
#
# A service reads an int8 as a bigint, so that ids above 2^53 are exact: `bigint({ mode: "bigint" })`. `db.query.accounts.findFirst()` returns
# 9007199254740993n. The same row as a relation, `findFirst({ with: { account: true } })`, has the id 9007199254740992n: a different id, in a type that
# promises exactness, and without an error. A numeric column, which Drizzle returns as a string to keep its digits, loses digits in the same way.
# The query has PostgreSQL build the related row with `json_build_array`, so its numbers pass through JSON.parse before Drizzle maps them.
# Looking up the row by that id finds nothing; if the next id exists, it finds the wrong row.
# Load such relations by their foreign key (the column of the outer row is exact), or cast them to text.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund drizzle-orm@0.45.4 @electric-sql/pglite@0.3.14
cat > run.mjs <<'JS'
import { PGlite } from "@electric-sql/pglite"
import { eq, relations } from "drizzle-orm"
import { bigint, integer, numeric, pgTable } from "drizzle-orm/pg-core"
import { drizzle } from "drizzle-orm/pglite"

const accounts = pgTable("accounts", {
  id: bigint({ mode: "bigint" }).primaryKey(),
  balance: numeric({ precision: 40, scale: 3 }).notNull()
})
const entries = pgTable("entries", { id: integer().primaryKey(), accountId: bigint({ mode: "bigint" }).notNull() })
const entryRelations = relations(entries, ({ one }) => ({
  account: one(accounts, { fields: [entries.accountId], references: [accounts.id] })
}))

const client = new PGlite()
await client.exec(`
  CREATE TABLE accounts (id int8 PRIMARY KEY, balance numeric(40, 3) NOT NULL);
  CREATE TABLE entries (id int PRIMARY KEY, "accountId" int8 NOT NULL REFERENCES accounts);
  INSERT INTO accounts VALUES (9007199254740993, 12345678901234567890.500);
  INSERT INTO entries VALUES (1, 9007199254740993);`)
const db = drizzle({ client, schema: { accounts, entries, entryRelations } })

const alone = await db.query.accounts.findFirst()
const { account, accountId } = await db.query.entries.findFirst({ with: { account: true } })
const found = await db.query.accounts.findMany({ where: eq(accounts.id, account.id) })
console.log(`alone: ${alone.id} ${alone.balance}`)
console.log(`as a relation of the row whose accountId is ${accountId}: ${account.id} ${account.balance}`)
console.log(`accounts with that id: ${found.length}`)
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
alone: 9007199254740993 12345678901234567890.500
as a relation of the row whose accountId is 9007199254740993: 9007199254740992 12345678901234567000
accounts with that id: 0
SEEN
