import { assert, describe, it } from "@effect/vitest"
import * as Receipt from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as fc from "fast-check"
import { type Claim, OutboxStore, type Service } from "../../src/OutboxStore.ts"
import { entryOf, storeSuite } from "../storeSuite.ts"
import { openModel } from "./databases.ts"
import { clientOf, direct, ModelDatabase, storeOf, wakes } from "./model.ts"
import type { Process } from "./process.ts"
import { prepareFile } from "./sqlite.ts"

const layer = Layer.unwrap(
  Effect.gen(function* () {
    const database = new ModelDatabase(() => Date.now())
    const sql = yield* clientOf(database, () => {})
    const store = storeOf(database, sql, yield* wakes)
    return Layer.merge(Layer.succeed(OutboxStore, store), Layer.succeed(SqlClient.SqlClient, sql))
  })
)

describe("the model of a database does what every store does", () => {
  storeSuite(layer, { period: 0 })
})

const sink = fc.constantFrom("a", "b")
const user = fc.constantFrom("u", "v")
const number = fc.nat({ max: 5 })
const operation = fc.oneof(
  fc.record({ do: fc.constant("insert" as const), users: fc.array(user, { minLength: 1, maxLength: 4 }) }),
  fc.record({ do: fc.constant("claim" as const), sink, limit: fc.integer({ min: 1, max: 4 }), alone: fc.boolean() }),
  fc.record({ do: fc.constant("complete" as const), claim: number, parks: fc.constantFrom("none", "dead", "later") }),
  fc.record({ do: fc.constantFrom("renew" as const, "release" as const), claim: number }),
  fc.record({
    do: fc.constant("replay" as const),
    of: fc.constantFrom("letters" as const, "log" as const),
    sink,
    number
  }),
  fc.record({ do: fc.constant("erase" as const), user }),
  fc.record({ do: fc.constant("sweep" as const), age: fc.constantFrom(0, 20_000) }),
  fc.record({ do: fc.constantFrom("start" as const, "remove" as const), sink }),
  fc.record({ do: fc.constant("rename" as const), sink, to: sink }),
  fc.record({ do: fc.constant("wait" as const), millis: fc.constantFrom(1, 5_000, 40_000) })
)
type Operation = typeof operation extends fc.Arbitrary<infer A> ? A : never

const process = { onDeath: () => {}, later: () => {} } as unknown as Process

/** What the operations have returned, without the leases' tokens. */
const answers = async (open: typeof openModel, operations: ReadonlyArray<Operation>) => {
  let now = Date.UTC(2030, 0, 1)
  let messages = 0
  const claims: Array<Claim> = []
  const database = open(() => now)
  const { store } = database.open(process, direct)
  const told: Array<unknown> = []
  for (const one of [{ do: "start", sink: "a" } as const, ...operations]) {
    // What is set aside at one time is due in any order.
    now += one.do === "wait" ? one.millis : 1
    const exit = await Effect.runPromise(Effect.result(run(store, one)))
    told.push([
      one,
      exit._tag === "Success" ? exit.success : exit.failure.message,
      await Effect.runPromise(store.stats)
    ])
  }
  database.close()
  return told

  function run(
    store: Service,
    one: Operation
  ): ReturnType<Service["letters"]> | Effect.Effect<unknown, { readonly message: string }> {
    const claimed = claims.length === 0 ? undefined : claims.at(-1 - ("claim" in one ? one.claim % claims.length : 0))
    switch (one.do) {
      case "insert":
        return store.insert(one.users.map((userId) => entryOf(`m${messages++}`, { userId }))).pipe(Effect.asVoid)
      case "claim":
        return Effect.map(store.claim(one.sink, { ...one, lease: 30_000 }), (claim) => {
          if (claim !== undefined) claims.push(claim)
          return claim && { ...claim, token: "", rows: claim.rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
        })
      case "complete": {
        const id = claimed?.rows[0]?.id
        if (claimed === undefined) return Effect.void
        if (one.parks === "none" || id === undefined) return store.complete(claimed)
        const outcome = Receipt.rejected("bad")
        return store.complete(claimed, [
          { id, attempts: 1, outcome, dead: one.parks === "dead", visibleAt: now + 3_000 }
        ])
      }
      case "renew":
        return claimed === undefined ? Effect.void : store.renew(claimed, 30_000)
      case "release":
        return claimed === undefined ? Effect.void : store.release(claimed)
      case "replay":
        return store.replay({ of: one.of, sink: one.sink, ids: [`m${one.number}`] })
      case "erase":
        return store.erase(one.user)
      case "sweep":
        return Effect.andThen(store.sweep({ messages: one.age, letters: one.age }), store.letters())
      case "start":
        return store.start(one.sink, "beginning")
      case "remove":
        return store.remove(one.sink)
      case "rename":
        return Effect.result(store.rename(one.sink, one.to)).pipe(Effect.map(({ _tag }) => _tag))
      case "wait":
        return store.letters()
    }
  }
}

describe("the model of a database and SQLite", () => {
  it("give the same answers to the same operations", { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 40 }), async (operations) => {
        const sqlite = await answers(await prepareFile(1), operations)
        assert.deepStrictEqual(await answers(openModel, operations), sqlite)
      }),
      { numRuns: 25 * Number(globalThis.process.env["RUNS"] ?? 1) }
    )
  )
})
