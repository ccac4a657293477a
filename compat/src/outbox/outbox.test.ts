import * as PgClient from "@effect/sql-pg/PgClient"
import { PrismaPg } from "@prisma/adapter-pg"
import { Receipt, TrackedEvent, Tracking } from "@trackmap/node"
import { Outbox, OutboxStore, PostgresStore } from "@trackmap/outbox"
import { sql as drizzleSql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { CompiledQuery, Kysely, PostgresDialect } from "kysely"
import { Pool } from "pg"
import postgres from "postgres"
import { afterAll, assert, beforeAll, describe, inject, it } from "vitest"
import { z } from "zod"
import { PrismaClient } from "../orms/prisma/generated/client.ts"
import { type Database, openPostgres } from "../postgres/database.ts"

const changed = TrackedEvent.make("changed", { properties: { id: z.string() } })

/** A transaction of a client: runs statements of the service, and of the outbox. */
interface Transaction {
  readonly change: (id: string) => PromiseLike<unknown>
  readonly execute: Outbox.Execute
}

/** A client of the database, with what a service writes for it. */
interface Client {
  readonly execute: Outbox.Execute
  readonly begin: <A>(run: (transaction: Transaction) => Promise<A>) => Promise<A>
  readonly close: () => PromiseLike<unknown>
}

const poolOf = (connectionString: string): Pool => {
  const pool = new Pool({ connectionString })
  // `end` does not wait for the connections, so dropping the database may end them first.
  pool.on("error", () => {})
  return pool
}

const clients: Readonly<Record<string, (address: string) => Client>> = {
  pg: (connectionString) => {
    const pool = poolOf(connectionString)
    return {
      execute: ({ params, sql }) => pool.query(sql, params),
      begin: async (run) => {
        const client = await pool.connect()
        try {
          await client.query("BEGIN")
          const result = await run({
            change: (id) => client.query("INSERT INTO changes (id) VALUES ($1)", [id]),
            execute: ({ params, sql }) => client.query(sql, params)
          })
          await client.query("COMMIT")
          return result
        } catch (error) {
          await client.query("ROLLBACK")
          throw error
        } finally {
          client.release()
        }
      },
      close: () => pool.end()
    }
  },
  "postgres.js": (address) => {
    const sql = postgres(address)
    return {
      execute: (statement) => sql.unsafe(statement.sql, statement.params),
      begin: async (run) => {
        let result: { readonly value: Awaited<ReturnType<typeof run>> } | undefined
        await sql.begin(async (tx) => {
          const value = await run({
            change: (id) => tx`INSERT INTO changes (id) VALUES (${id})`,
            execute: (statement) => tx.unsafe(statement.sql, statement.params)
          })
          result = { value }
        })
        return result!.value
      },
      close: () => sql.end()
    }
  },
  Drizzle: (connectionString) => {
    const pool = poolOf(connectionString)
    const db = drizzle({ client: pool })
    return {
      execute: ({ params, strings }) => db.execute(drizzleSql(strings, ...params)),
      begin: (run) =>
        db.transaction((tx) =>
          run({
            change: (id) => tx.execute(drizzleSql`INSERT INTO changes (id) VALUES (${id})`),
            execute: ({ params, strings }) => tx.execute(drizzleSql(strings, ...params))
          })
        ),
      close: () => pool.end()
    }
  },
  Kysely: (connectionString) => {
    const db = new Kysely<{ readonly changes: { readonly id: string } }>({
      dialect: new PostgresDialect({ pool: poolOf(connectionString) })
    })
    return {
      execute: ({ params, sql }) => db.executeQuery(CompiledQuery.raw(sql, params)),
      begin: (run) =>
        db.transaction().execute((tx) =>
          run({
            change: (id) => tx.insertInto("changes").values({ id }).execute(),
            execute: ({ params, sql }) => tx.executeQuery(CompiledQuery.raw(sql, params))
          })
        ),
      close: () => db.destroy()
    }
  },
  Prisma: (connectionString) => {
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString }) })
    return {
      execute: ({ params, sql }) => prisma.$executeRawUnsafe(sql, ...params),
      begin: (run) =>
        prisma.$transaction((tx) =>
          run({
            change: (id) => tx.$executeRaw`INSERT INTO changes (id) VALUES (${id})`,
            execute: ({ params, sql }) => tx.$executeRawUnsafe(sql, ...params)
          })
        ),
      close: () => prisma.$disconnect()
    }
  }
}

const server = inject("postgres")

describe.skipIf("unavailable" in server).each(Object.keys(clients))("an outbox through %s", (name) => {
  let database: Database
  let client: Client
  let outbox: Outbox.Through
  let tracking: Tracking.Tracking
  let relay: ManagedRuntime.ManagedRuntime<OutboxStore.OutboxStore, unknown>
  beforeAll(async () => {
    database = await openPostgres(["CREATE TABLE changes (id text PRIMARY KEY)"])
    const pool = PgClient.layer({ url: Redacted.make(database.address) })
    relay = ManagedRuntime.make(PostgresStore.layer().pipe(Layer.provide(pool)))
    await relay.runPromise(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.start("relayed", "beginning")))
    client = clients[name]!(database.address)
    outbox = Outbox.through({ database: "postgres", execute: client.execute, whenInsertFails: "savepoint" })
    tracking = Tracking.make({ sinks: outbox.sink, flushAtExit: false })
  })
  afterAll(async () => {
    await tracking.close()
    await client.close()
    await relay.dispose()
    await database.drop()
  })

  const track = (id: string) => tracking.track(changed, { properties: { id } })

  /** What a relay gets. */
  const relayed = () =>
    relay.runPromise(
      Effect.gen(function* () {
        const store = yield* OutboxStore.OutboxStore
        const claim = yield* store.claim("relayed", { limit: 1_000, lease: "1 minute" })
        return (claim?.rows ?? []).map(({ body }) => JSON.parse(body).message.properties.id as string)
      })
    )

  it("stores the events of a transaction with its changes", async () => {
    const all = await outbox.transaction((inserting) =>
      client.begin(({ change, execute }) =>
        inserting(execute, async () => {
          await change("it's 1")
          return [await track("it's 1"), await track('"2" ? $1 \\u0000')]
        })
      )
    )
    for (const { receipts } of all)
      assert.deepStrictEqual(
        (await receipts).map(({ outcome }) => outcome),
        [Receipt.delivered]
      )
    assert.deepStrictEqual(await relayed(), ["it's 1", '"2" ? $1 \\u0000'])
  })

  it("rolls them back with its changes", async () => {
    const change = (id: string) =>
      outbox.transaction((inserting) =>
        client.begin(async (transaction) => {
          const tracked = await inserting(transaction.execute, async () => {
            await transaction.change(id)
            return track(id)
          })
          await transaction.change(id)
          return tracked
        })
      )
    const outcome = await change("3").then(
      () => "committed",
      () => "rolled back"
    )
    assert.strictEqual(outcome, "rolled back")
    assert.deepStrictEqual(await relayed(), [])
  })

  it("stores a thousand by one statement", async () => {
    const ids = Array.from({ length: 1_000 }, (_, at) => `${at}`)
    await outbox.transaction((inserting) =>
      client.begin(({ execute }) =>
        inserting(execute, async () => {
          for (const id of ids) await track(id)
        })
      )
    )
    assert.deepStrictEqual(await relayed(), ids)
  })

  it("stores what is tracked outside of a transaction, and wakes relays", async () => {
    const { receipts } = await track("4")
    assert.deepStrictEqual(
      (await receipts).map(({ outcome }) => outcome),
      [Receipt.delivered]
    )
    assert.deepStrictEqual(await relayed(), ["4"])
    await client.execute({ sql: "NOTIFY trackmap_wake", params: [], strings: Object.assign([""], { raw: [""] }) })
  })

  it("lets the transaction go on without the events if the insert fails", async () => {
    const admin = database.connect()
    await admin.query("ALTER TABLE trackmap.message RENAME TO hidden")
    const change = outbox.transaction((inserting) =>
      client.begin(({ change: insert, execute }) =>
        inserting(execute, async () => {
          await insert("5")
          return track("5")
        })
      )
    )
    const outcome = await change.then(
      async ({ receipts }) => (await receipts).map((receipt) => receipt.outcome._tag),
      () => "rolled back"
    )
    await admin.query("ALTER TABLE trackmap.hidden RENAME TO message")
    const { rowCount } = await admin.query("SELECT FROM changes WHERE id = '5'")
    await admin.end()
    // postgres.js rolls a transaction back if any of its statements fails, whoever catches the error.
    const [expected, rows] = name === "postgres.js" ? ["rolled back", 0] : [["Dropped"], 1]
    assert.deepStrictEqual(outcome, expected)
    assert.strictEqual(rowCount, rows)
  })
})
