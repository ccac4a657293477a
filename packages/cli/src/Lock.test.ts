import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Attribute, DefinitionError, Entity, Loader, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Catalog, Check, Diff, Export, Lock } from "./index.ts"

const Maker = Entity.make("Maker", { key: "id", attributes: { id: Schema.Int, name: Schema.String } }).pipe(
  Entity.annotate({ description: "Who makes it" })
)
const makers = Loader.byKey({ name: "makers", load: () => [{ id: 1, name: "a" }], keyOf: (row) => row.id })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.one(
    "maker",
    Maker,
    Loader.at(makers, (row: { readonly maker: number }) => row.maker)
  ),
  Entity.annotateRelation("maker", { owner: "catalogue" })
)
interface Row {
  readonly lines: ReadonlyArray<{ readonly id: number; readonly qty: number; readonly maker: number }>
}
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.many(
    "lines",
    Line,
    ({ lines }: Row) => lines,
    Aggregate.sum("qty"),
    Aggregate.list({ max: 2 }),
    Aggregate.first
  )
)
const Placed = TrackedEvent.make(`order "placed"`, {
  entities: { order: Order },
  properties: { note: Pii.personal(Schema.optional(Schema.String)) },
  purposes: ["analytics"],
  relations: "omit"
}).pipe(TrackedEvent.annotate({ description: "An order", tags: ["sales"], deprecated: true }))
const whole = Plan.make(TrackedEvent.make("seen"), Placed).pipe(
  Plan.calls({ identify: { email: Pii.personal(Schema.String) } }),
  Plan.context({ ip: Schema.String })
)
const lockOf = (plan: Plan.Plan, previous?: Lock.Lock) => Lock.make(Plan.describe(plan), previous)
const lock = lockOf(whole)

describe("a lock file", () => {
  it("has a sorted line for each event, key, entity and relation", () => {
    assert.deepStrictEqual(Lock.write(lock).split("\n"), [
      `["trackmap lock",1]`,
      `["call","identify",{"version":"1-0-0"}]`,
      `["call","identify","email",{"at":0,"from":"identify.email","personal":true,"type":{"_tag":"String"}}]`,
      `["context","context",{"version":"1-0-0"}]`,
      `["context","context","ip",{"at":0,"from":"context.ip","type":{"_tag":"String"}}]`,
      `["entity","Line",{"key":"id","version":"1-0-0"}]`,
      `["entity","Maker",{"description":"Who makes it","key":"id","version":"1-0-0"}]`,
      `["entity","Order",{"key":"id","version":"1-0-0"}]`,
      `["event","order \\"placed\\"",{"deprecated":{},"description":"An order","purposes":["analytics"],"relations":"omit","tags":["sales"],"version":"1-0-0"}]`,
      `["event","order \\"placed\\"","Order_id",{"at":1,"entity":"Order","from":"Order.id","type":{"_tag":"Integer"}}]`,
      `["event","order \\"placed\\"","Order_lines",{"aggregate":"list","at":3,"entity":"Line","from":"Order.lines","type":{"_tag":"Array","items":{"_tag":"Record","nodes":[]},"maxItems":2}}]`,
      ...["Line_id", "Line_qty"].map(
        (key, at) =>
          `["event","order \\"placed\\"","Order_lines[].${key}",{"at":${4 + at},"entity":"Line","from":"Order.lines[].${key.slice(5)}","type":{"_tag":"Integer"}}]`
      ),
      ...[
        ["id", "Integer"],
        ["name", "String"]
      ].map(
        ([key, type], at) =>
          `["event","order \\"placed\\"","Order_lines[].Maker_${key}",{"at":${6 + at},"entity":"Maker","from":"Order.lines[].maker.${key}","loader":"makers","optional":true,"type":{"_tag":"${type}"}}]`
      ),
      ...Lock.write(lock)
        .split("\n")
        .filter((line) => /"(Order_lines_\w+|Order_lines_first\.\w+|note)",/.test(line)),
      `["event","seen",{"version":"1-0-0"}]`,
      `["relation","Line","maker",{"entity":"Maker","owner":"catalogue","to":"one"}]`,
      `["relation","Order","lines",{"entity":"Line","to":"many"}]`,
      ""
    ])
  })

  it.effect("is the same whatever the order of the definitions, and says all that it was made of", () =>
    Effect.gen(function* () {
      const text = Lock.write(lock)
      const other = Plan.make(Placed, TrackedEvent.make("seen")).pipe(
        Plan.context({ ip: Schema.String }),
        Plan.calls({ identify: { email: Pii.personal(Schema.String) } })
      )
      assert.strictEqual(Lock.write(lockOf(other)), text)
      const known = yield* Lock.read(text)
      assert.strictEqual(Lock.write(known), text)
      assert.deepStrictEqual(Diff.between(known, lock).changes, [])
      assert.strictEqual(Lock.write(lockOf(whole, known)), text)
      assert.deepStrictEqual(Lock.write(yield* Lock.read(text.replaceAll("\n", "\r\n"))), text)
    })
  )

  it("keeps the places of columns, and puts new ones behind them", () => {
    const event = (properties: Attribute.Fields) =>
      Plan.make(TrackedEvent.make("seen", { properties: properties as {} }))
    const places = ({ subjects }: Lock.Lock) =>
      Array.from(subjects.get("event seen")!.keys, ([key, { at }]) => [key, at])
    const first = lockOf(event({ a: Schema.Int, b: Schema.Int }))
    const second = lockOf(event({ c: Schema.Int, b: Schema.Int, a: Schema.Int }), first)
    assert.deepStrictEqual(places(second), [
      ["c", 2],
      ["b", 1],
      ["a", 0]
    ])
    const third = lockOf(event({ d: Schema.Int, c: Schema.Int }), second)
    assert.deepStrictEqual(places(third), [
      ["d", 3],
      ["c", 2]
    ])
  })

  it("counts each event's versions by what has changed", () => {
    const event = (schema: Attribute.Any) =>
      Plan.make(TrackedEvent.make("seen", { properties: { it: schema as Schema.String } }))
    let known = lockOf(event(Schema.String))
    const versions = [
      Schema.String,
      Schema.String.annotate({ description: "text" }),
      Schema.String,
      Schema.Literals(["a"]),
      Schema.Literals(["a", "b"]),
      Schema.Int,
      Schema.Int.annotate({ description: "number" })
    ].map((schema) => {
      known = lockOf(event(schema), known)
      return known.subjects.get("event seen")!.header.version
    })
    assert.deepStrictEqual(versions, ["1-0-0", "1-0-1", "1-0-2", "1-1-0", "1-2-0", "2-0-0", "2-0-1"])
  })

  it("counts each entity's versions by what has changed in any event that has it", () => {
    const order = (attributes: Attribute.Fields) =>
      Entity.make("Order", { key: "id", attributes: { id: Schema.Int, ...attributes } as { readonly id: Schema.Int } })
    const seen = (name: string, attributes: Attribute.Fields) =>
      TrackedEvent.make(name, { entities: { order: order(attributes) } })
    const text = { note: Schema.String }
    let known: Lock.Lock | undefined
    const versions = [
      [seen("placed", {})],
      [seen("placed", {}), seen("paid", {})],
      [seen("placed", text), seen("paid", text)],
      // An event without it makes it optional for all.
      [seen("placed", {}), seen("paid", text)],
      [seen("placed", {}), seen("paid", { note: Attribute.annotate(Schema.String, { description: "A note" }) })],
      [seen("placed", { note: Schema.optional(Schema.String) })]
    ].map((events) => {
      known = lockOf(Plan.make(...events), known)
      return known.entities.get("Order")!.version
    })
    assert.deepStrictEqual(versions, ["1-0-0", "1-0-0", "1-1-0", "2-0-0", "2-0-1", "2-0-2"])
  })

  it.effect("has versions of entities from 1-0-0 if its file has none", () =>
    Effect.gen(function* () {
      const old = Lock.write(lock).replaceAll(/^(\["entity".*),"version":"1-0-0"/gm, "$1")
      const known = yield* Lock.read(old)
      assert.isUndefined(known.entities.get("Order")!.version)
      assert.strictEqual(lockOf(whole, known).entities.get("Order")!.version, "1-0-0")
    })
  )
})

describe("a text that is no lock file", () => {
  const wrong = (text: string) => Effect.map(Effect.flip(Lock.read(text, "a.lock")), ({ message }) => message)
  const first = `["trackmap lock",1]\n`
  const event = `["event","seen",{"version":"1-0-0"}]\n`
  const key = `["event","seen","a",{"at":0,"from":"a","type":{"_tag":"String"}}]\n`
  const again = "write it again with `trackmap lock`"

  it.effect("is refused with the line, and what to do", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<readonly [string, string]> = [
        ["", `a.lock:1: this is not a lock file of trackmap: ${again}`],
        ["{}", `a.lock:1: this is not a lock file of trackmap: ${again}`],
        [`["trackmap lock",2]\n`, "a.lock:1: a newer trackmap has written this file: update @trackmap/cli"],
        [`<<<<<<< HEAD\n${first}`, `a.lock:1: the file has merge conflicts: ${again}`],
        [`${first}${event}<<<<<<< HEAD\n${key}`, `a.lock:3: the file has merge conflicts: ${again}`],
        [`${first}${event}=======\n`, `a.lock:3: the file has merge conflicts: ${again}`],
        [`${first}${event}["event","seen"]\n`, `a.lock:3: this is not a line of a lock file: ${again}`],
        [`${first}["event","seen",{"version":"0-1"}]\n`, `a.lock:2: this is not a line of a lock file: ${again}`],
        [`${first}["event","seen",{"version":"1-0-0","x":1}]`, `a.lock:2: this is not a line of a lock file: ${again}`],
        [`${first}${event}${event}`, `a.lock:3: the event seen appears twice: ${again}`],
        [`${first}${event}${key}${key}`, `a.lock:4: the key a of seen appears twice: ${again}`],
        [`${first}${key}`, `a.lock:2: the event seen has no line of its own before its keys: ${again}`],
        [
          `${first}["entity","A",{"key":"id"}]\n["entity","A",{"key":"id"}]`,
          `a.lock:3: the entity A appears twice: ${again}`
        ]
      ]
      for (const [text, expected] of rows) assert.strictEqual(yield* wrong(text), expected)
      assert.deepStrictEqual(Lock.write(yield* Lock.read(`${first}${event}`)), `${first}${event}`)
    })
  )
})

describe("what is no description and no lock", () => {
  it("is refused with what to pass", () => {
    const seen = Plan.describe(Plan.make(TrackedEvent.make("seen")))
    const wrong = (run: () => unknown): string => {
      try {
        run()
      } catch (error) {
        assert.instanceOf(error, DefinitionError.DefinitionError)
        return error.message
      }
      return assert.fail("it was taken")
    }
    for (const given of [null, undefined, [], {}, "plan", Plan.make(TrackedEvent.make("seen"))] as ReadonlyArray<any>) {
      for (const run of [Lock.make, Check.run, Export.jsonSchema, Catalog.markdown]) {
        assert.match(
          wrong(() => run(given)),
          /: it takes the description of a plan, .*: pass Plan\.describe\(plan\)$/
        )
      }
      for (const run of [Lock.write, () => Diff.between(given, Lock.empty), () => Diff.between(Lock.empty, given)]) {
        assert.match(
          wrong(() => run(given)),
          /: it takes a lock, .*: pass what Lock\.make or Lock\.read returns$/
        )
      }
    }
    assert.match(
      wrong(() => Lock.make(seen, "text" as never)),
      /^Lock\.make: it takes a lock/
    )
  })

  it.effect("is refused as a text, too", () =>
    Effect.gen(function* () {
      for (const given of [null, undefined, 1, {}] as ReadonlyArray<any>) {
        assert.match((yield* Effect.flip(Lock.read(given))).message, /^trackmap\.lock:1: this is not a lock file/)
      }
    })
  )
})
