import { assert, it } from "@effect/vitest"
import { Envelope, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as SqlClient from "effect/sql/SqlClient"
import * as SqlService from "effect/sql/SqlClient"
import { type OutboxError, OutboxStore } from "../src/index.ts"

type Services = OutboxStore.OutboxStore | SqlClient.SqlClient

/** The entry of an event of a user. */
export const entryOf = (id: string, fields: Readonly<Record<string, unknown>> = {}): OutboxStore.Entry => ({
  id,
  body: JSON.stringify({ format: 1, message: { type: "track", event: "orderPlaced", messageId: id, ...fields } })
})

export const idsOf = (claim: OutboxStore.Claim | undefined): ReadonlyArray<string> =>
  claim?.rows.map(({ id }) => id) ?? []

const batch = { limit: 10, lease: "1 minute" } as const

/** Makes a lease so short that it has run out when the next statement runs. */
const expired = { ...batch, lease: 0 } as const

const parkedAs = (id: string, more: Partial<OutboxStore.Parked> = {}): OutboxStore.Parked => ({
  id,
  attempts: 1,
  outcome: Receipt.rejected("the vendor refuses it"),
  dead: true,
  ...more
})

/** What code without types can pass. */
const any = (given: unknown): any => given

const refused = (effect: Effect.Effect<unknown, OutboxError.OutboxError>, message: string) =>
  Effect.map(Effect.flip(effect), (error) => assert.strictEqual(error.message, `outbox, ${message}`))

/** What every store does. Each test has its own database. */
export const storeSuite = (layer: Layer.Layer<Services, unknown>, options: { readonly period: number }): void => {
  const test = (
    title: string,
    run: (store: OutboxStore.Service, sql: SqlClient.SqlClient) => Effect.Effect<void, unknown, Services>
  ): void => {
    it.live(title, () =>
      Effect.gen(function* () {
        yield* run(yield* OutboxStore.OutboxStore, yield* SqlService.SqlClient)
      }).pipe(Effect.provide(layer))
    )
  }

  test("hands out what was inserted, in order, and nothing twice", (store) =>
    Effect.gen(function* () {
      assert.isTrue(yield* store.start("a", "beginning"))
      yield* store.insert(["1", "2", "3"].map((id) => entryOf(id)))
      const first = yield* store.claim("a", { ...batch, limit: 2 })
      const second = yield* store.claim("a", batch)
      assert.deepStrictEqual([idsOf(first), idsOf(second)], [["1", "2"], ["3"]])
      assert.deepInclude(first, { sink: "a", source: "log", n: 1, attempt: 1 })
      assert.deepInclude(first!.rows[0], { body: entryOf("1").body, attempts: 0 })
      assert.isAtLeast(first!.leaseUntil, first!.rows[0]!.created + 59_000)
      assert.isUndefined(yield* store.claim("a", batch))
      assert.isTrue(yield* store.complete(first!))
      assert.isTrue(yield* store.complete(second!))
      assert.isUndefined(yield* store.claim("a", batch))
    }))

  test("accepts any text, and nothing", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const odd = [entryOf('it\'s "1" ? $1', { event: "\ud800 \\u0000 ☃ '; --" }), { id: "2", body: "no JSON" }]
      yield* store.insert([])
      yield* store.insert(odd)
      const claim = yield* store.claim("a", batch)
      assert.deepStrictEqual(
        claim!.rows.map(({ body, id }) => ({ body, id })),
        odd
      )
    }))

  test("accepts the id of any envelope", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const message = { type: "alias", previousId: "a", userId: "b", timestamp: "2026-03-01T12:00:00.000Z" } as const
      const rest = { format: 1, purposes: [], consent: "all", personal: [], violations: [] } as const
      const written = yield* store.insert([
        OutboxStore.entry({ ...rest, message: { ...message, messageId: "a\0b\ud800" } })
      ])
      const [row] = (yield* store.claim("a", batch))!.rows
      assert.deepStrictEqual([row!.id, yield* store.committed(written)], ["ab\ufffd", new Set(["ab\ufffd"])])
      assert.strictEqual(Envelope.fromJson(row!.body).message.messageId, "a\0b\ud800")
    }))

  test("inserts thousands of messages at once", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const ids = Array.from({ length: 10_001 }, (_, index) => `m${index}`)
      const written = yield* store.insert(ids.map((id) => entryOf(id)))
      assert.deepStrictEqual(idsOf(yield* store.claim("a", { ...batch, limit: 20_000 })), ids)
      assert.deepStrictEqual(yield* store.committed(written), new Set(ids))
    }))

  test("inserts in the transaction of the fiber: a rollback takes the messages", (store, sql) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const rolledBack = yield* sql
        .withTransaction(Effect.flatMap(store.insert([entryOf("1")]), (written) => Effect.fail(written)))
        .pipe(Effect.flip)
      const [kept, lost] = yield* sql.withTransaction(
        Effect.gen(function* () {
          const inside = yield* sql
            .withTransaction(Effect.flatMap(store.insert([entryOf("2")]), (written) => Effect.fail(written)))
            .pipe(Effect.flip)
          return [yield* store.insert([entryOf("3")]), inside] as const
        })
      )
      assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["3"])
      assert.deepStrictEqual(yield* store.committed(kept), new Set(["3"]))
      assert.deepStrictEqual(yield* store.committed(lost as OutboxStore.Written), new Set())
      assert.deepStrictEqual(yield* store.committed(rolledBack as OutboxStore.Written), new Set())
    }))

  test("keeps the progress of each sink apart", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1")])
      yield* store.start("b", "now")
      yield* store.insert([entryOf("2")])
      assert.deepStrictEqual(idsOf(yield* store.claim("b", batch)), ["2"])
      assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["1", "2"])
      assert.isFalse(yield* store.start("a", "now"))
    }))

  test("starts a sink at a time", (store) =>
    Effect.gen(function* () {
      yield* store.start("all", "beginning")
      yield* store.insert([entryOf("1")])
      yield* Effect.sleep(20)
      yield* store.insert([entryOf("2")])
      const [, second] = (yield* store.claim("all", batch))!.rows
      yield* store.start("since", new Date(second!.created - 10))
      yield* store.start("later", new Date(second!.created + 60_000))
      assert.deepStrictEqual(idsOf(yield* store.claim("since", batch)), ["2"])
      assert.isUndefined(yield* store.claim("later", batch))
    }))

  test("hands out the messages of a relay that has died again, under another lease", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2")])
      const dead = yield* store.claim("a", expired)
      yield* Effect.sleep(2)
      const other = yield* store.claim("a", batch)
      assert.deepStrictEqual(idsOf(other), ["1", "2"])
      assert.deepInclude(other, { n: dead!.n, attempt: 2 })
      assert.isFalse(yield* store.renew(dead!, "1 minute"))
      assert.isFalse(yield* store.complete(dead!, [parkedAs("1")]))
      yield* store.release(dead!)
      assert.deepStrictEqual(yield* store.letters(), [])
      assert.isUndefined(yield* store.claim("a", batch))
      assert.isTrue(yield* store.complete(other!))
      assert.isFalse(yield* store.complete(other!))
      assert.isUndefined(yield* store.claim("a", batch))
    }))

  test("keeps a claim that is renewed", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1")])
      const claim = yield* store.claim("a", expired)
      assert.isTrue(yield* store.renew(claim!, "1 minute"))
      yield* Effect.sleep(2)
      assert.isUndefined(yield* store.claim("a", batch))
      assert.isTrue(yield* store.complete(claim!))
      assert.isFalse(yield* store.renew(claim!, "1 minute"))
    }))

  test("hands out at once what a relay gives back", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1")])
      const claim = yield* store.claim("a", batch)
      yield* store.release(claim!)
      assert.isFalse(yield* store.complete(claim!))
      // A claim that was given back counts as none.
      const again = yield* store.claim("a", batch)
      assert.deepStrictEqual([idsOf(again), again!.attempt], [["1"], 1])
    }))

  test("hands out one claim at a time to relays that keep the order", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2")])
      const alone = { ...batch, limit: 1, alone: true }
      const first = yield* store.claim("a", alone)
      assert.isUndefined(yield* store.claim("a", alone))
      yield* store.complete(first!)
      assert.deepStrictEqual(idsOf(yield* store.claim("a", alone)), ["2"])
    }))

  test("sets messages aside, and hands them out when they are due", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert(["1", "2", "3"].map((id) => entryOf(id)))
      const claim = (yield* store.claim("a", batch))!
      const later = { dead: false, visibleAt: claim.leaseUntil + 60_000 }
      const parked = [parkedAs("1", { dead: false, attempts: 3 }), parkedAs("2", later)]
      assert.isTrue(yield* store.complete(claim, [...parked, parkedAs("of another claim")]))
      const due = (yield* store.claim("a", batch)) ?? (yield* store.claim("a", batch))
      assert.deepInclude(due, { source: "parked" })
      assert.deepStrictEqual(
        due!.rows.map(({ attempts, id }) => [id, attempts]),
        [["1", 3]]
      )
      assert.isTrue(yield* store.renew(due!, "1 minute"))
      assert.isTrue(yield* store.complete(due!, [parkedAs("1", { attempts: 4 })]))
      assert.isFalse(yield* store.complete(due!))
      assert.isUndefined(yield* store.claim("a", batch))
      assert.isUndefined(yield* store.claim("a", batch))
      const [{ parked: waiting, dead } = { parked: 0, dead: 0 }] = yield* store.stats
      assert.deepStrictEqual({ waiting, dead }, { waiting: 1, dead: 1 })
      assert.deepInclude(yield* store.letter("a", "1"), { attempts: 4, event: "orderPlaced", body: entryOf("1").body })
    }))

  test("leases parked messages like others", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1")])
      yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1", { dead: false })])
      const either = (options: OutboxStore.ClaimOptions) =>
        Effect.flatMap(store.claim("a", options), (claim) =>
          claim === undefined ? store.claim("a", options) : Effect.succeed(claim)
        )
      const dead = (yield* either(expired))!
      yield* Effect.sleep(2)
      const other = (yield* either(batch))!
      assert.deepStrictEqual([idsOf(dead), idsOf(other)], [["1"], ["1"]])
      assert.isFalse(yield* store.complete(dead))
      assert.isFalse(yield* store.renew(dead, "1 minute"))
      yield* store.release(other)
      assert.isTrue(yield* store.complete((yield* either(batch))!))
      assert.isUndefined(yield* either(batch))
    }))

  test("hands out a parked message with which a relay died alone, after all others", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const parking = (...ids: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          yield* store.insert(ids.map((id) => entryOf(id)))
          const parked = ids.map((id) => parkedAs(id, { dead: false }))
          yield* store.complete((yield* store.claim("a", batch))!, parked)
        })
      // A store looks for parked and for new messages in turn.
      const claim = (options: OutboxStore.ClaimOptions) =>
        Effect.flatMap(store.claim("a", options), (found) =>
          found === undefined ? store.claim("a", options) : Effect.succeed(found)
        )
      yield* parking("1", "2")
      assert.deepStrictEqual(idsOf(yield* claim(expired)), ["1", "2"])
      yield* Effect.sleep(2)
      yield* store.insert([entryOf("3"), entryOf("4")])
      yield* store.replay({ of: "log", sink: "a", ids: ["3", "4"] })
      const seen: Array<readonly [ids: ReadonlyArray<string>, attempt: number, attempts: number]> = []
      for (let found = yield* claim(batch); found !== undefined; found = yield* claim(batch)) {
        if (found.source === "parked") seen.push([idsOf(found), found.attempt, found.rows[0]!.attempts])
        assert.isTrue(yield* store.complete(found))
      }
      assert.deepStrictEqual(seen, [
        [["3", "4"], 1, 0],
        [["1"], 2, 2],
        [["2"], 2, 2]
      ])
    }))

  test("lists dead letters page by page, and selects them", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const ids = ["1", "2", "3"]
      yield* store.insert(ids.map((id) => entryOf(id, id === "2" ? { event: "orderPaid" } : {})))
      const claim = (yield* store.claim("a", batch))!
      yield* store.complete(
        claim,
        ids.map((id) => parkedAs(id))
      )
      const [first] = yield* store.letters({ limit: 1 })
      const rest = yield* store.letters({ limit: 5, after: first! })
      assert.sameMembers(
        [first!, ...rest].map(({ id }) => id),
        ids
      )
      assert.deepInclude(first, { sink: "a", outcome: Receipt.rejected("the vendor refuses it") })
      const count = (selection: OutboxStore.Selection) => Effect.map(store.letters(selection), ({ length }) => length)
      const { created } = claim.rows[0]!
      assert.strictEqual(yield* count({ events: ["orderPaid"], ids, sink: "a" }), 1)
      assert.strictEqual(yield* count({ sink: "b" }), 0)
      assert.strictEqual(yield* count({ ids: [] }), 0)
      assert.strictEqual(yield* count({ events: [] }), 0)
      assert.strictEqual(yield* count({ from: new Date(created - 1), to: new Date(created + 60_000) }), 3)
      assert.strictEqual(yield* count({ to: new Date(created - 1) }), 0)
      assert.isUndefined(yield* store.letter("a", "4"))
    }))

  test("sends dead letters again, and wakes the relays", (store) =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* store.start("a", "beginning")
        yield* store.insert([entryOf("1"), entryOf("2")])
        yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1"), parkedAs("2")])
        const woken = yield* store.wakes
        assert.strictEqual(yield* store.replay({ of: "letters", ids: ["2"] }), 1)
        yield* PubSub.take(woken)
        const due = (yield* store.claim("a", batch)) ?? (yield* store.claim("a", batch))
        assert.deepStrictEqual(idsOf(due), ["2"])
        assert.deepStrictEqual(
          (yield* store.letters()).map(({ id }) => id),
          ["1"]
        )
      })
    ))

  test("sends messages of the log again to one sink", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2", { event: "orderPaid" })])
      const claim = (yield* store.claim("a", batch))!
      yield* store.complete(claim)
      assert.strictEqual(yield* store.replay({ of: "log", sink: "a", events: ["orderPaid"] }), 1)
      const due = (yield* store.claim("a", batch)) ?? (yield* store.claim("a", batch))
      assert.deepStrictEqual(idsOf(due), ["2"])
      const { created } = claim.rows[0]!
      const within = { from: new Date(created - 1), to: new Date(created + 60_000) }
      assert.strictEqual(yield* store.replay({ of: "log", sink: "a", ids: ["1"], ...within }), 1)
      const error = yield* Effect.flip(store.replay({ of: "log" }))
      assert.strictEqual(error.message, "outbox, replay: messages of the log go to one sink: pass its name as sink")
    }))

  test("erases a user's messages, wherever they are", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1", { userId: "u" }), entryOf("2", { userId: "v" })])
      yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1"), parkedAs("2")])
      yield* store.insert([entryOf("3", { previousId: "u" }), entryOf("4", { userId: "v" }), { id: "5", body: "?" }])
      assert.strictEqual(yield* store.erase("u"), 3)
      assert.strictEqual(yield* store.erase("nobody"), 0)
      const rest = (yield* store.claim("a", batch)) ?? (yield* store.claim("a", batch))
      assert.deepStrictEqual(idsOf(rest), ["4", "5"])
      assert.deepStrictEqual(
        (yield* store.letters()).map(({ id }) => id),
        ["2"]
      )
    }))

  test("sets nothing aside that was erased while a relay had it", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1", { userId: "u" }), entryOf("2")])
      const logged = (yield* store.claim("a", batch))!
      yield* store.erase("u")
      assert.isTrue(yield* store.complete(logged, [parkedAs("1"), parkedAs("2")]))
      yield* store.insert([entryOf("3", { userId: "u" }), entryOf("4")])
      yield* store.complete((yield* store.claim("a", batch))!)
      yield* store.replay({ of: "log", sink: "a", ids: ["3", "4"] })
      const parked = (yield* store.claim("a", batch)) ?? (yield* store.claim("a", batch))
      yield* store.erase("u")
      assert.isTrue(yield* store.complete(parked!, [parkedAs("3"), parkedAs("4")]))
      assert.sameMembers(
        (yield* store.letters()).map(({ id }) => id),
        ["2", "4"]
      )
    }))

  test("forgets a sink that is removed, except for its dead letters", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2")])
      yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1"), parkedAs("2", { dead: false })])
      assert.isTrue(yield* store.remove("a"))
      assert.isFalse(yield* store.remove("a"))
      assert.deepStrictEqual(yield* store.stats, [])
      assert.strictEqual(yield* store.replay({ of: "letters" }), 0)
      assert.strictEqual((yield* store.letters()).length, 1)
      for (const of of ["letters", "log"] as const) {
        const error = yield* Effect.flip(store.replay({ of, sink: "a" }))
        assert.strictEqual(error.reason, 'the sink "a" has not started')
      }
      for (const source of ["log", "parked"]) {
        const error = yield* Effect.flip(Effect.andThen(store.claim("a", batch), store.claim("a", batch)))
        assert.strictEqual(error.reason, 'the sink "a" has not started', source)
      }
    }))

  test("starts a sink that was removed anew, whatever it knew of it", (store) =>
    Effect.gen(function* () {
      const claims = Effect.map(store.claim("a", batch), idsOf)
      yield* store.start("a", "beginning")
      assert.deepStrictEqual(yield* claims, [])
      yield* store.remove("a")
      yield* store.insert([entryOf("before")])
      yield* store.start("a", "now")
      yield* store.insert([entryOf("after")])
      assert.deepStrictEqual([yield* claims, yield* claims], [["after"], []])
    }))

  test("renames a sink with all its state", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.start("c", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2")])
      const done = (yield* store.claim("a", { ...batch, limit: 1 }))!
      yield* store.complete(done, [parkedAs("1")])
      const open = (yield* store.claim("a", batch))!
      assert.isTrue(yield* store.rename("a", "b"))
      assert.isFalse(yield* store.rename("a", "b"))
      for (const name of ["c", "b"]) {
        const error = yield* Effect.flip(store.rename("b", name))
        assert.strictEqual(error.reason, `the outbox has a sink "${name}" already`)
      }
      assert.lengthOf(yield* store.letters({ sink: "b" }), 1)
      assert.isUndefined(yield* store.claim("b", batch))
      assert.isTrue(yield* store.complete({ ...open, sink: "b" }))
      assert.strictEqual((yield* store.letter("b", "1"))?.sink, "b")
    }))

  test("deletes only what every sink has completed", (store) =>
    Effect.gen(function* () {
      const counted = Effect.gen(function* () {
        yield* store.start("probe", "beginning")
        const claim = yield* store.claim("probe", batch)
        yield* store.remove("probe")
        return idsOf(claim)
      })
      const none = { messages: 0, letters: 0 }
      // What is stored now is older than the retention, and its partition has ended.
      const ended = Effect.sleep(options.period + 2)
      yield* store.insert([entryOf("1"), entryOf("2")])
      yield* ended
      yield* store.sweep(none)
      assert.deepStrictEqual(yield* counted, ["1", "2"])
      yield* store.start("a", "beginning")
      yield* store.start("b", "beginning")
      yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1")])
      const open = (yield* store.claim("b", batch))!
      yield* ended
      yield* store.sweep(none)
      assert.deepStrictEqual(yield* counted, ["1", "2"])
      assert.deepStrictEqual(yield* store.letters(), [])
      yield* store.complete(open)
      yield* store.sweep({ letters: 0 })
      assert.deepStrictEqual(yield* counted, ["1", "2"])
      yield* store.sweep(none)
      assert.deepStrictEqual(yield* counted, [])
      yield* store.insert([entryOf("3")])
      assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["3"])
    }))

  test("says how far each sink is", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert(["1", "2", "3"].map((id) => entryOf(id)))
      yield* store.claim("a", { ...batch, limit: 1 })
      yield* Effect.sleep(5)
      const [stats] = yield* store.stats
      assert.deepInclude(stats, { sink: "a", depth: 2, claims: 1, parked: 0, dead: 0 })
      assert.isAtLeast(stats!.oldest, 4)
      yield* store.start("b", "now")
      assert.deepInclude((yield* store.stats)[1], { sink: "b", depth: 0, oldest: 0, claims: 0 })
    }))

  test("hands out each message to one of several relays that claim at the same time", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      const ids = Array.from({ length: 40 }, (_, at) => `${at}`)
      yield* store.insert(ids.map((id) => entryOf(id)))
      const claims = yield* Effect.all(
        Array.from({ length: 8 }, () => store.claim("a", { ...batch, limit: 5 })),
        { concurrency: "unbounded" }
      )
      assert.sameMembers(claims.flatMap(idsOf), ids)
      const [again] = claims
      yield* Effect.all(
        claims.map((claim) => store.release(claim!)),
        { concurrency: "unbounded", discard: true }
      )
      const taken = yield* Effect.all(
        Array.from({ length: 8 }, () => store.claim("a", batch)),
        { concurrency: "unbounded" }
      )
      assert.sameMembers(taken.flatMap(idsOf), ids)
      assert.isFalse(yield* store.complete(again!))
    }))

  test("wakes who has subscribed, once for several wakes", (store) =>
    Effect.scoped(
      Effect.gen(function* () {
        const woken = yield* store.wakes
        yield* store.wake
        yield* store.wake
        yield* PubSub.take(woken)
        assert.strictEqual((yield* PubSub.takeUpTo(woken, 5)).length, 0)
      })
    ))

  test("refuses what it cannot follow, and changes nothing", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "beginning")
      yield* store.insert([entryOf("1"), entryOf("2")])
      yield* store.complete((yield* store.claim("a", batch))!, [parkedAs("1")])
      const aName = "pass a name of 1 to 255 characters"
      for (const limit of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1.5, null]) {
        yield* refused(
          store.claim("a", { ...batch, limit: any(limit) }),
          `claim: limit is ${limit}: pass a whole number of at least 1`
        )
      }
      for (const lease of [-1, Number.NaN, Number.POSITIVE_INFINITY, undefined]) {
        yield* refused(
          store.claim("a", { ...batch, lease: any(lease) }),
          `claim: lease is ${lease}: pass a duration such as "1 minute"`
        )
      }
      yield* refused(store.claim("a", any(null)), "claim: the argument is null: pass an object with options")
      yield* refused(store.claim(any(undefined), batch), `claim: the sink is undefined: ${aName}`)
      yield* refused(store.start("", "now"), `start: the sink is empty: ${aName}`)
      yield* refused(store.start("a\0b", "now"), `start: the sink is a string of length 3: ${aName}`)
      yield* refused(store.start("b".repeat(256), "now"), `start: the sink is a string of length 256: ${aName}`)
      for (const from of ["yesterday", new Date(Number.NaN), null]) {
        const error = yield* Effect.flip(store.start("b", any(from)))
        assert.strictEqual(error.remedy, 'pass "now", "beginning" or a valid Date')
      }
      yield* refused(store.remove(any(null)), `remove: the sink is null: ${aName}`)
      yield* refused(store.rename("a", ""), `rename: the new name is empty: ${aName}`)
      yield* refused(
        store.insert(any([entryOf("3"), { id: 4 }])),
        "insert: one of the entries is of type object: pass an array of what OutboxStore.entry returns"
      )
      yield* refused(
        store.insert(any(null)),
        "insert: the argument is null: pass an array of what OutboxStore.entry returns"
      )
      assert.throws(() => store.statement([]), "outbox, statement: the array of entries is empty: pass at least one")
      yield* refused(store.complete(any(undefined)), "complete: the claim is undefined: pass what claim has returned")
      yield* refused(store.release(any(null)), "release: the claim is null: pass what claim has returned")
      yield* refused(store.renew(any({}), 1), "renew: the claim is of type object: pass what claim has returned")
      yield* refused(store.letter("a", any(1)), "letter: the id is 1: pass the id of a message")
      yield* refused(store.letters({ limit: Number.NaN }), "letters: limit is NaN: pass a whole number of at least 1")
      yield* refused(store.letters({ ids: any(null) }), "letters: ids is null: pass an array of strings")
      yield* refused(store.letters({ events: any([1]) }), "letters: events is of type object: pass an array of strings")
      yield* refused(store.letters({ to: any("now") }), "letters: to is a string of length 3: pass a valid Date")
      yield* refused(
        store.replay(any({ of: "letters", sinks: "b" })),
        'replay: it has no option "sinks": pass sink, ids, events, from, to, of'
      )
      yield* refused(store.replay(any({})), 'replay: of is undefined: pass "letters" or "log"')
      for (const [userId, said] of [
        [undefined, "undefined"],
        ["", "empty"],
        [357, "of type number"]
      ] as const)
        yield* refused(store.erase(any(userId)), `erase: the userId is ${said}: pass a string that is not empty`)
      yield* refused(store.sweep({ messages: -1 }), 'sweep: messages is -1: pass a duration such as "7 days"')
      yield* refused(store.sweep({ letters: Number.NaN }), 'sweep: letters is NaN: pass a duration such as "7 days"')
      yield* store.sweep({ messages: "Infinity", letters: Number.POSITIVE_INFINITY })
      assert.deepStrictEqual(
        (yield* store.stats).map(({ claims, dead, depth, sink }) => [sink, depth, claims, dead]),
        [["a", 0, 0, 1]]
      )
      assert.strictEqual(yield* store.replay({ of: "log", sink: "a" }), 2)
    }))

  test("can be migrated again, by several processes at once", (store) =>
    Effect.gen(function* () {
      yield* store.start("a", "now")
      yield* Effect.all([store.migrate, store.migrate, store.migrate], { concurrency: "unbounded" })
      assert.isFalse(yield* store.start("a", "now"))
    }))
}
