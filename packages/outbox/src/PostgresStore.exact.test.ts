import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "fast-check"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { client, nextSchema, unavailable } from "../test/database.ts"
import { entryOf, idsOf } from "../test/storeSuite.ts"
import { OutboxStore, PostgresStore } from "./index.ts"

const fresh = Layer.unwrap(Effect.sync(() => PostgresStore.layer({ schema: nextSchema() }))).pipe(
  Layer.provideMerge(client)
)

const batch = { limit: 7, lease: "1 minute" } as const

/** Claims and completes until nothing is left, and returns the ids in their order. */
const drain = (store: OutboxStore.Service, sink: string) =>
  Effect.gen(function* () {
    const ids: Array<string> = []
    for (;;) {
      const claim = yield* store.claim(sink, batch)
      if (claim === undefined) return ids
      ids.push(...idsOf(claim))
      assert.isTrue(yield* store.complete(claim))
    }
  })

const run = (connection: Connection, statement: string) => connection.executeUnprepared(statement, [], undefined)

describe.skipIf(unavailable)("claims", () => {
  it.live("of several relays get every message of concurrent writers once", () =>
    Effect.gen(function* () {
      const store = yield* OutboxStore.OutboxStore
      const sql = yield* SqlClient.SqlClient
      yield* store.start("a", "beginning")
      const committed: Array<string> = []
      const writing = new Set([0, 1, 2, 3, 4, 5])
      const writer = (name: number) =>
        Effect.gen(function* () {
          for (let turn = 0; turn < 40; turn++) {
            const ids = Array.from({ length: 1 + Math.floor(Math.random() * 4) }, (_, at) => `${name}-${turn}-${at}`)
            const isKept = Math.random() < 0.8
            const written = Effect.gen(function* () {
              for (const id of ids) {
                yield* store.insert([entryOf(id)])
                if (Math.random() < 0.3) yield* Effect.sleep(Math.random() * 6)
              }
              if (!isKept) return yield* Effect.fail("rolled back")
            })
            yield* Effect.ignore(sql.withTransaction(written))
            if (isKept) committed.push(...ids)
          }
          writing.delete(name)
        })
      const received: Array<string> = []
      const relay = Effect.gen(function* () {
        while (writing.size > 0) {
          const claim = yield* store.claim("a", batch)
          if (claim === undefined) {
            yield* Effect.sleep(1)
            continue
          }
          received.push(...idsOf(claim))
          assert.isTrue(yield* store.complete(claim))
        }
      })
      const all = [...Array.from({ length: 6 }, (_, name) => writer(name)), relay, relay, relay]
      yield* Effect.all(all, { concurrency: "unbounded", discard: true })
      received.push(...(yield* drain(store, "a")))
      assert.deepStrictEqual(received.toSorted(), committed.toSorted())
    }).pipe(Effect.provide(fresh))
  )

  it.live("pass a transaction that stays open, and get it once it commits", () =>
    Effect.gen(function* () {
      const store = yield* OutboxStore.OutboxStore
      const sql = yield* SqlClient.SqlClient
      yield* store.start("a", "beginning")
      const open = yield* sql.reserve
      yield* run(open, "BEGIN")
      const { params, sql: text } = store.statement([entryOf("open")])
      yield* open.execute(text, params, undefined)
      for (const id of ["1", "2"]) {
        yield* store.insert([entryOf(id)])
        assert.deepStrictEqual(yield* drain(store, "a"), [id])
      }
      yield* run(open, "COMMIT")
      assert.deepStrictEqual(yield* drain(store, "a"), ["open"])
    }).pipe(Effect.scoped, Effect.provide(fresh))
  )

  it.live("are not held back by a transaction that only reads", () =>
    Effect.gen(function* () {
      const store = yield* OutboxStore.OutboxStore
      const sql = yield* SqlClient.SqlClient
      yield* store.start("a", "beginning")
      const open = yield* sql.reserve
      yield* run(open, "BEGIN ISOLATION LEVEL REPEATABLE READ")
      yield* run(open, "SELECT count(*) FROM pg_class")
      yield* store.insert([entryOf("1")])
      assert.deepStrictEqual(yield* drain(store, "a"), ["1"])
      yield* run(open, "COMMIT")
    }).pipe(Effect.scoped, Effect.provide(fresh))
  )
})

/** One step of a history. Writers have a connection each. */
type Step =
  | { readonly type: "insert"; readonly writer: number }
  | { readonly type: "savepoint"; readonly writer: number; readonly isKept: boolean }
  | { readonly type: "end"; readonly writer: number; readonly how: "commit" | "rollback" | "prepare" }
  | { readonly type: "resolve"; readonly isKept: boolean }
  | { readonly type: "claim"; readonly limit: number; readonly next: "complete" | "keep" | "release" | "die" }
  | { readonly type: "complete" }

const writer = Arbitrary.nat({ max: 2 })
const step: Arbitrary.Arbitrary<Step> = Arbitrary.oneof(
  { weight: 5, arbitrary: Arbitrary.record({ type: Arbitrary.constant("insert" as const), writer }) },
  {
    weight: 1,
    arbitrary: Arbitrary.record({ type: Arbitrary.constant("savepoint" as const), writer, isKept: Arbitrary.boolean() })
  },
  {
    weight: 3,
    arbitrary: Arbitrary.record({
      type: Arbitrary.constant("end" as const),
      writer,
      how: Arbitrary.constantFrom("commit" as const, "commit" as const, "rollback" as const, "prepare" as const)
    })
  },
  {
    weight: 1,
    arbitrary: Arbitrary.record({ type: Arbitrary.constant("resolve" as const), isKept: Arbitrary.boolean() })
  },
  {
    weight: 4,
    arbitrary: Arbitrary.record({
      type: Arbitrary.constant("claim" as const),
      limit: Arbitrary.integer({ min: 1, max: 4 }),
      next: Arbitrary.constantFrom("complete" as const, "keep" as const, "release" as const, "die" as const)
    })
  },
  { weight: 1, arbitrary: Arbitrary.record({ type: Arbitrary.constant("complete" as const) }) }
)

/** Runs a history, ends what it has left open, and returns what was committed and what was completed. */
const play = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const store = yield* OutboxStore.OutboxStore
    const sql = yield* SqlClient.SqlClient
    const sink = crypto.randomUUID()
    yield* store.start(sink, "now")
    const connections = yield* Effect.all([sql.reserve, sql.reserve, sql.reserve])
    const open = new Map<number, Array<string>>()
    const prepared: Array<{ readonly name: string; readonly ids: ReadonlyArray<string> }> = []
    const kept: Array<OutboxStore.Claim> = []
    const committed: Array<string> = []
    const completed: Array<string> = []
    const begin = (of: number) =>
      Effect.gen(function* () {
        const ids = open.get(of)
        if (ids !== undefined) return ids
        yield* run(connections[of]!, "BEGIN")
        open.set(of, [])
        return open.get(of)!
      })
    const insert = (of: number) =>
      Effect.gen(function* () {
        const id = crypto.randomUUID()
        const { params, sql: text } = store.statement([entryOf(id)])
        yield* connections[of]!.execute(text, params, undefined)
        return id
      })
    const complete = (claim: OutboxStore.Claim) =>
      Effect.gen(function* () {
        assert.isTrue(yield* store.complete(claim))
        completed.push(...idsOf(claim))
      })
    const end = (of: number, how: "commit" | "rollback" | "prepare") =>
      Effect.gen(function* () {
        const ids = open.get(of)
        if (ids === undefined) return
        open.delete(of)
        const name = crypto.randomUUID()
        yield* run(connections[of]!, how === "prepare" ? `PREPARE TRANSACTION '${name}'` : how)
        if (how === "commit") committed.push(...ids)
        if (how === "prepare") prepared.push({ name, ids })
      })
    const resolve = (isKept: boolean) =>
      Effect.gen(function* () {
        const one = prepared.shift()
        if (one === undefined) return
        yield* sql.unsafe(`${isKept ? "COMMIT" : "ROLLBACK"} PREPARED '${one.name}'`)
        if (isKept) committed.push(...one.ids)
      })
    for (const one of steps) {
      if (one.type === "insert") (yield* begin(one.writer)).push(yield* insert(one.writer))
      if (one.type === "savepoint") {
        const ids = yield* begin(one.writer)
        yield* run(connections[one.writer]!, "SAVEPOINT s")
        const id = yield* insert(one.writer)
        yield* run(connections[one.writer]!, one.isKept ? "RELEASE SAVEPOINT s" : "ROLLBACK TO SAVEPOINT s")
        if (one.isKept) ids.push(id)
      }
      if (one.type === "end") yield* end(one.writer, one.how)
      if (one.type === "resolve") yield* resolve(one.isKept)
      if (one.type === "complete" && kept.length > 0) yield* complete(kept.shift()!)
      if (one.type === "claim") {
        const lease = one.next === "die" ? 0 : "1 minute"
        const claim = yield* store.claim(sink, { limit: one.limit, lease })
        if (claim === undefined) continue
        if (one.next === "complete") yield* complete(claim)
        if (one.next === "keep") kept.push(claim)
        if (one.next === "release") yield* store.release(claim)
      }
    }
    for (const of of [0, 1, 2]) yield* end(of, "commit")
    while (prepared.length > 0) yield* resolve(true)
    for (const claim of kept) yield* complete(claim)
    completed.push(...(yield* drain(store, sink)))
    yield* store.remove(sink)
    return { committed: committed.toSorted(), completed: completed.toSorted() }
  }).pipe(Effect.scoped)

describe.skipIf(unavailable)("any history of transactions and claims", () => {
  it.live("completes each committed message once, and no other", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<OutboxStore.OutboxStore | SqlClient.SqlClient>()
      yield* Effect.promise(() =>
        Arbitrary.assert(
          Arbitrary.asyncProperty(Arbitrary.array(step, { maxLength: 40 }), async (steps) => {
            const { committed, completed } = await Effect.runPromiseWith(context)(play(steps))
            assert.deepStrictEqual(completed, committed)
          }),
          { numRuns: Number(process.env["RUNS"] ?? 25) }
        )
      )
    }).pipe(Effect.provide(fresh))
  )
})
