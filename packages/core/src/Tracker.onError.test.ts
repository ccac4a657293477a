import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { refusal } from "../test/refusal.ts"
import { collector, Ping } from "../test/tracker.ts"
import { Entity, EventSink, Loader, Receipt, type RowError, TrackedEvent, Tracker } from "./index.ts"

const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: Schema.Int } })
const thrown = new RangeError("jane@example.com")
type Row = { readonly id: number }
const keyed = (load: () => any) =>
  Loader.at(
    Loader.byKey({ name: "leaves", load: load as () => Effect.Effect<ReadonlyArray<Row>>, keyOf: (row) => row.id }),
    (row: Row) => row.id
  )

/** The failures that `onError` receives while an event is tracked, and the log. */
const told = (
  sink: EventSink.EventSink<never, never>,
  event: TrackedEvent.Any,
  input: unknown,
  onError: (failure: Tracker.Failure) => any = () => {}
) =>
  Effect.gen(function* () {
    const failures: Array<Tracker.Failure> = []
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    const receipts = yield* Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Tracker.track(event as any, input as any) as Effect.Effect<Tracker.Tracked, unknown, Tracker.Tracker>
      )
      return exit._tag === "Success" ? yield* exit.value.receipts : undefined
    }).pipe(
      Effect.provide(
        Tracker.layer(sink, {
          onError: (failure) => {
            failures.push(failure)
            return onError(failure)
          }
        })
      ),
      Effect.provide(Logger.layer([logger]))
    )
    return { failures, lines, receipts }
  })

const relations: Readonly<Record<string, readonly [Entity.Any, path: string]>> = {
  "a resolver that throws": [
    Leaf.pipe(
      Entity.one(
        "parent",
        Leaf,
        (_: { id: number }): { id: number } => {
          throw thrown
        },
        { prefix: "P" }
      )
    ),
    "Leaf.parent"
  ],
  "a resolver that rejects": [
    Leaf.pipe(
      Entity.one("parent", Leaf, (_: { id: number }): Promise<{ id: number }> => Promise.reject(thrown), {
        prefix: "P"
      })
    ),
    "Leaf.parent"
  ],
  "a loader that rejects": [
    Leaf.pipe(
      Entity.one(
        "parent",
        Leaf,
        keyed(() => Promise.reject(thrown)),
        { prefix: "P" }
      )
    ),
    "Leaf.parent"
  ],
  "a loader whose Effect fails": [
    Leaf.pipe(
      Entity.one(
        "parent",
        Leaf,
        keyed(() => Effect.fail(thrown)),
        { prefix: "P" }
      )
    ),
    "Leaf.parent"
  ],
  "a computed attribute that throws": [
    Leaf.pipe(
      Entity.computed("double", Schema.Int, (_: { id: number }): number => {
        throw thrown
      })
    ),
    "Leaf.double"
  ]
}

describe("onError", () => {
  for (const [what, [leaf, path]] of Object.entries(relations)) {
    it.live(`is told the error itself, with its event and its path: ${what}`, () =>
      Effect.gen(function* () {
        const event = TrackedEvent.make("tracked", { entities: { leaf } })
        const { failures, lines, receipts } = yield* told(collector().sink, event, { leaf: { id: 1 } })
        assert.deepStrictEqual(failures, [{ _tag: "Relation", event: "tracked", path, cause: thrown }])
        assert.strictEqual(failures[0]!.cause, thrown)
        assert.strictEqual(receipts?.[0]?.outcome._tag, "Delivered")
        assert.notInclude(lines.join(), "jane")
        assert.include(lines.join(), `tracked: ${path}: `)
      })
    )
  }

  it.live("is told of a call that fails, too, and of a row that is required and missing", () =>
    Effect.gen(function* () {
      const strict = TrackedEvent.make("strict", {
        entities: { leaf: relations["a resolver that rejects"]![0] },
        relations: "fail"
      })
      const { failures, receipts } = yield* told(collector().sink, strict, { leaf: { id: 1 } })
      assert.deepStrictEqual(failures, [{ _tag: "Relation", event: "strict", path: "Leaf.parent", cause: thrown }])
      assert.isUndefined(receipts)

      const loader = Loader.required(Loader.byKey({ load: (): Array<{ id: number }> => [], keyOf: (row) => row.id }))
      const required = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (row: { id: number }) => row.id),
          { prefix: "P" }
        )
      )
      const event = TrackedEvent.make("tracked", { entities: { leaf: required } })
      const missing = yield* told(collector().sink, event, { leaf: { id: 1 } })
      assert.strictEqual((missing.failures[0]!.cause as RowError.MissingRow)._tag, "MissingRow")
    })
  )

  it.live("is not told of a value that its schema refuses: the violation says all", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("tracked", { entities: { leaf: Leaf } })
      const { failures } = yield* told(collector().sink, event, { leaf: { id: "1" } })
      assert.deepStrictEqual(failures, [])
    })
  )

  const sinkOf = (send: () => any) => EventSink.make({ name: "m", send: send as () => Effect.Effect<never> })
  const refused = Object.assign(new TypeError("fetch failed to jane"), {
    cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" })
  })
  const bug = new TypeError("jane is undefined")
  const sends: ReadonlyArray<readonly [string, () => any, unknown, reason: string]> = [
    ["refuses the connection", () => Promise.reject(refused), refused, "m rejected with TypeError (ECONNREFUSED)"],
    ["has a bug, and rejects", () => Promise.reject(bug), bug, "m rejected with TypeError"],
    ["fails with something", () => Effect.fail(bug), bug, "m rejected with TypeError"],
    [
      "has a bug, and throws",
      () => {
        throw bug
      },
      bug,
      "m threw TypeError"
    ]
  ]
  for (const [what, send, cause, reason] of sends) {
    it.live(`is told the error of a sink that ${what}, which its receipt names`, () =>
      Effect.gen(function* () {
        const { failures, receipts } = yield* told(sinkOf(send), Ping, { properties: { n: 1 } })
        assert.deepStrictEqual(failures, [{ _tag: "Sink", sink: "m", cause }])
        assert.strictEqual(failures[0]!.cause, cause)
        const outcome = receipts![0]!.outcome
        assert.include("reason" in outcome ? outcome.reason : "", reason)
        assert.notInclude(JSON.stringify(receipts), "jane")
      })
    )
  }

  it.live("is told nothing of a sink that refuses a message by its outcome", () =>
    Effect.gen(function* () {
      const sink = EventSink.make({
        name: "m",
        send: (batch) => Effect.succeed(batch.map(() => Receipt.rejected("no")))
      })
      assert.deepStrictEqual((yield* told(sink, Ping, { properties: { n: 1 } })).failures, [])
    })
  )

  for (const [what, onError] of [
    [
      "throws",
      () => {
        throw new Error("no")
      }
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["fails", () => Effect.die(new Error("no"))]
  ] as const) {
    it.live(`that ${what} itself is logged, and stops nothing`, () =>
      Effect.gen(function* () {
        const event = TrackedEvent.make("tracked", { entities: { leaf: relations["a resolver that throws"]![0] } })
        const { lines, receipts } = yield* told(collector().sink, event, { leaf: { id: 1 } }, onError)
        assert.strictEqual(receipts?.[0]?.outcome._tag, "Delivered")
        assert.isTrue(lines.some((line) => line.includes("onError threw")))
      })
    )
  }

  it("is a function", () => {
    const make = () => Effect.runSync(Effect.scoped(Tracker.make(collector().sink, { onError: "log" as never })))
    assert.strictEqual(refusal(make).message, "Tracker: onError must be a function, not a string of length 3")
  })
})
