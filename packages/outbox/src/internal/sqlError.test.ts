import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqlErrors from "effect/sql/SqlError"
import { SqliteClient } from "../index.ts"
import * as SqlClient from "effect/sql/SqlClient"
import { eventOf, isOf } from "./body.ts"
import { migrate } from "./migrate.ts"
import { asOutboxError, outboxError } from "./sqlError.ts"

const errorOf = (cause: unknown) =>
  new SqlErrors.SqlError({ reason: new SqlErrors.UnknownError({ cause, operation: "execute" }) })

describe("an error of the database", () => {
  it("is told by its code, without its text, which can contain values", () => {
    const cause = Object.assign(new Error("secret"), { cause: Object.assign(new Error("secret"), { code: "XX000" }) })
    const error = outboxError("insert", errorOf(cause))
    const message = "outbox, insert: the database reports an error (XX000): look the code up in its manual"
    assert.strictEqual(error.message, message)
    assert.notInclude(JSON.stringify(error), "secret")
    assert.isFalse(error.transient)
  })

  it("is told without a code if it has none, or if it is no code", () => {
    const message = "outbox, claim: the database reports an error: look the code up in its manual"
    for (const cause of [undefined, "secret", { code: "my secret" }, { cause: { cause: {} } }])
      assert.strictEqual(outboxError("claim", errorOf(cause)).message, message)
  })
})

describe("an error that passes", () => {
  const cases = [
    ["53100", "the database's disk is full"],
    ["53300", "the database has too many connections"],
    ["58030", "the database lacks resources"],
    ["57P01", "the database is restarting"],
    ["25006", "the database is read-only"]
  ] as const
  it.each(cases)("is transient: %s, %s", (code, reason) => {
    const error = outboxError("claim", errorOf({ code }))
    assert.deepStrictEqual([error.reason, error.transient], [`${reason} (${code})`, true])
  })

  it.each([
    [13, "the database's disk is full"],
    [10, "the disk fails"],
    // SQLITE_IOERR_SHMSIZE and SQLITE_READONLY_RECOVERY.
    [4874, "the disk fails"],
    [264, "the database is read-only"],
    [14, "the database's file cannot be opened"]
  ])("is transient on SQLite: %s, %s", (errcode, reason) => {
    const error = outboxError("insert", errorOf({ errcode }))
    assert.deepStrictEqual([error.reason, error.transient], [`${reason} (SQLite ${errcode})`, true])
  })

  it.effect("is one too if it comes as a defect, as from a rollback whose connection is gone", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(asOutboxError("complete")(Effect.die(errorOf({ code: "57P01" }))))
      assert.strictEqual(error.reason, "the database is restarting (57P01)")
      const exit = yield* Effect.exit(asOutboxError("complete")(Effect.die(new TypeError("ours"))))
      assert.match(String(exit), /ours/)
    })
  )
})

describe("a migration that fails", () => {
  const run = (migrations: Parameters<typeof migrate>[1]["migrations"]) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      return yield* Effect.flip(migrate(sql, { table: "migrations", migrations, lock: Effect.void }))
    }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))

  it.effect("says what the database says", () =>
    Effect.gen(function* () {
      const failing = Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.asVoid(sql`SELECT * FROM nowhere`))
      assert.match((yield* run({ "1_first": failing })).message, /^outbox, migrate: the outbox's tables are missing/)
    })
  )

  it.effect("says what the Migrator says", () =>
    Effect.gen(function* () {
      const twice = { "1_first": Effect.void, "1_again": Effect.void }
      assert.match((yield* run(twice)).message, /^outbox, migrate: Found duplicate migration id's: report it/)
    })
  )
})

describe("a body", () => {
  it("names its event and its user, as far as it can be read", () => {
    const identify = JSON.stringify({ message: { type: "identify", userId: "u" } })
    assert.deepStrictEqual(["[]", "null", "{", '{"message":1}', identify].map(eventOf), ["", "", "", "", "identify"])
    assert.isTrue(isOf(identify, "u"))
    assert.isFalse(isOf("null", "u"))
  })
})
