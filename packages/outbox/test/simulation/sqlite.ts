/**
 * The real store on a real file, whose processes have a connection each. Its clock is the simulation's, and a commit can fail as the program says.
 * What it loads is loaded before the history, which has a clock of its own.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqliteClient from "../../src/SqliteClient.ts"
import * as SqliteStore from "../../src/SqliteStore.ts"
import type { Database, Opened } from "./databases.ts"
import type { Fault } from "./model.ts"

/** What the file's connections go by while a history runs. */
const machine = { now: () => 0 }

/** How statements of a connection fail, and whether it is a process's at all. */
const faults = new WeakMap<DatabaseSync, (operation: string) => Fault | undefined>()
const known = new WeakSet<DatabaseSync>()
const newest: Array<DatabaseSync> = []

// SQLite's own clock is replaced in every connection, before its first statement.
const prepare = DatabaseSync.prototype.prepare
DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  if (!known.has(this)) {
    known.add(this)
    newest.push(this)
    this.function("unixepoch", { varargs: true }, () => machine.now() / 1_000)
  }
  const statement = prepare.call(this, sql)
  return sql === "COMMIT" ? committing(this, statement) : statement
}

/** A commit that fails if its process has a fault at that time. */
const committing = (database: DatabaseSync, statement: StatementSync): StatementSync => {
  const all = (): Array<never> => {
    const fault = faults.get(database)?.("COMMIT")
    if (fault?.done !== false) statement.all()
    if (fault !== undefined) throw Object.assign(new Error("disk I/O error"), { errcode: 10 })
    return []
  }
  return { setReturnArrays: () => {}, all } as unknown as StatementSync
}

interface Connection extends Opened {
  readonly database: DatabaseSync
}

const connect = (filename: string, scope: Scope.Scope): Effect.Effect<Connection, unknown> =>
  Effect.gen(function* () {
    const sql = yield* SqliteClient.make({ filename, synchronous: "normal" })
    yield* sql`SELECT 1`
    const store = yield* Effect.provideService(SqliteStore.make(), SqlClient.SqlClient, sql)
    return { sql, store, database: newest.pop()! }
  }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make), Scope.provide(scope))

/** Prepares a file for a history with at most so many processes. */
export const prepareFile = async (processes: number): Promise<(now: () => number) => Database> => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-history-"))
  const filename = join(folder, "shop.db")
  const scope = Scope.makeUnsafe()
  const connections: Array<Connection> = []
  for (let at = 0; at < processes; at++) connections.push(await Effect.runPromise(connect(filename, scope)))
  const reader = new DatabaseSync(filename)
  machine.now = () => Date.UTC(2030, 0, 1)
  await Effect.runPromise(connections[0]!.store.migrate)
  reader.exec(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY);
    CREATE TABLE logged (place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL);
    CREATE INDEX logged_id ON logged (id);
    CREATE TRIGGER on_logged AFTER INSERT ON trackmap_message BEGIN INSERT INTO logged (id) VALUES (new.id); END`)
  const read = {
    order: reader.prepare("SELECT 1 FROM orders WHERE id = ?"),
    orders: reader.prepare("SELECT id FROM orders"),
    message: reader.prepare("SELECT 1 FROM logged WHERE id = ?"),
    logged: reader.prepare("SELECT id FROM logged ORDER BY place")
  }
  return (now) => {
    machine.now = now
    return {
      open: (process, through) => {
        const connection = connections.pop()
        if (connection === undefined) throw new Error("the program has more processes than were prepared")
        const { database, sql, store } = connection
        faults.set(database, through.fault)
        process.onDeath(() => database.isOpen && database.close())
        return { sql, store }
      },
      hasOrder: (order) => read.order.get(order) !== undefined,
      orders: () => read.orders.all().map(({ id }) => Number(id)),
      hasLogged: (id) => read.message.get(id) !== undefined,
      logged: () => read.logged.all().map(({ id }) => String(id)),
      close: () => {
        reader.close()
        for (const { database } of connections) if (database.isOpen) database.close()
        void Effect.runFork(Effect.ignoreCause(Scope.close(scope, Exit.void)))
        rmSync(folder, { recursive: true })
      }
    }
  }
}
