import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Attribute, Description, Entity, Loader, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { Diff, Lock } from "./index.ts"

const lockOf = (...events: ReadonlyArray<TrackedEvent.Any>): Lock.Lock => Lock.make(Plan.describe(Plan.make(...events)))

/** The changes of one property, in words. */
const changed = (before: Attribute.Any, after: Attribute.Any): ReadonlyArray<string> =>
  said(
    lockOf(TrackedEvent.make("seen", { properties: { it: before as Schema.String } })),
    lockOf(TrackedEvent.make("seen", { properties: { it: after as Schema.String } }))
  )

const said = (before: Lock.Lock, after: Lock.Lock): ReadonlyArray<string> =>
  Diff.between(before, after).changes.map(
    ({ aspect, class: own, kind, key, name, warning, what }) =>
      `${own}${warning ? "!" : ""} ${aspect}: ${kind === "event" ? "" : `${kind} `}${name}${key === undefined ? "" : ` ${key}`}: ${what}`
  )

const Text = Schema.String
const atMost = (max: number) => Schema.Int.check(Schema.isLessThanOrEqualTo(max))
const one = (properties: Attribute.Fields) => TrackedEvent.make("seen", { properties: properties as {} })

describe("the class of a change", () => {
  it("of the type of a key is major unless readers can read every new value", () => {
    const rows: ReadonlyArray<readonly [Attribute.Any, Attribute.Any, string]> = [
      [Text, Schema.Int, "major readers: seen it: the type string became integer"],
      [Schema.Int, Schema.Finite, "major readers: seen it: the type integer became number"],
      [Schema.Finite, Schema.Int, "minor history: seen it: the type number became integer"],
      [Text, Schema.NullOr(Text), "major readers: seen it: the type string became string | null"],
      [Schema.NullOr(Text), Text, "minor history: seen it: the type string | null became string"],
      [Schema.Literals(["a"]), Text, `major readers: seen it: the type "a" became string`],
      [Text, Schema.Literals(["a"]), `minor history: seen it: the type string became "a"`],
      [Schema.Literals(["a"]), Schema.Literals(["a", "b"]), `minor! readers: seen it: the type "a" became "a" | "b"`],
      [Schema.Literals(["a", "b"]), Schema.Literals(["a"]), `minor history: seen it: the type "a" | "b" became "a"`],
      [
        Schema.Literals(["a", "b"]),
        Schema.Literals(["b", "c"]),
        `minor! readers: seen it: the type "a" | "b" became "b" | "c"`
      ],
      [Text, Schema.Date, "minor history: seen it: the type string became string(date-time)"],
      [Schema.Date, Text, "major readers: seen it: the type string(date-time) became string"],
      [
        Schema.Int.check(Schema.isLessThanOrEqualTo(9)),
        Schema.Int.check(Schema.isLessThanOrEqualTo(10)),
        "minor! readers: seen it: the type integer (at most 9) became integer (at most 10)"
      ],
      [
        Text.check(Schema.isMaxLength(9)),
        Text.check(Schema.isMaxLength(8)),
        "minor history: seen it: the type string (at most 9 characters) became string (at most 8 characters)"
      ],
      [
        Schema.Struct({ a: Text }),
        Schema.Struct({ a: Schema.Int }),
        "major readers: seen it: the type inside object changed"
      ],
      ...[
        (max: number) => Schema.Tuple([atMost(max), Text]),
        (max: number) => Schema.TupleWithRest(Schema.Tuple([Text]), [atMost(max)]),
        (max: number) => Schema.Struct({ a: atMost(max) }),
        (max: number) => Schema.Record(Text, atMost(max)),
        (max: number) => Schema.Union([atMost(max), Schema.Array(atMost(max))])
      ].map((of) => {
        const [before, after] = [of(9), of(10)]
        const event = TrackedEvent.make("seen", { properties: { it: after as Schema.Codec<any> } })
        const type = Description.typeText(TrackedEvent.describe(event).nodes[0]!.keys[0]!.type)
        return [before, after, `minor! readers: seen it: the type inside ${type} changed`] as const
      })
    ]
    for (const [before, after, expected] of rows) assert.deepStrictEqual(changed(before, after), [expected])
    assert.deepStrictEqual(changed(Schema.Literals(["a", "b"]), Schema.Literals(["b", "a"])), [])
    assert.deepStrictEqual(changed(Schema.Boolean, Schema.Literals([true, false])), [])
    assert.deepStrictEqual(
      changed(Schema.Struct({ a: Text }), Schema.Struct({ a: Text, b: Schema.optional(Text) })),
      []
    )
  })

  it("of the presence of a key is major if it can be absent", () => {
    const [always, sometimes] = [one({ it: Text }), one({ it: Schema.optional(Text) })].map((event) => lockOf(event))
    assert.deepStrictEqual(said(always!, sometimes!), ["major readers: seen it: it can be absent now"])
    assert.deepStrictEqual(said(sometimes!, always!), ["minor history: seen it: it is always present now"])
  })

  it("of a key that comes is minor, and of one that goes major", () => {
    const [none, optional, required] = [one({}), one({ it: Schema.optional(Text) }), one({ it: Text })].map((event) =>
      lockOf(event)
    )
    assert.deepStrictEqual(said(none!, optional!), ["minor readers: seen it: it was added as string"])
    assert.deepStrictEqual(said(none!, required!), [
      "minor history: seen it: it was added as string, and is always present"
    ])
    assert.deepStrictEqual(said(optional!, none!), ["major readers: seen it: it was removed"])
  })

  it("of an event that comes is minor, and of one that goes or has another name major", () => {
    const [seen, bought] = [TrackedEvent.make("seen"), TrackedEvent.make("bought", { properties: { it: Text } })]
    assert.deepStrictEqual(said(lockOf(seen), lockOf(seen, bought)), ["minor readers: bought: it was added"])
    assert.deepStrictEqual(said(lockOf(seen, bought), lockOf(seen)), ["major readers: bought: it was removed"])
    const ordered = TrackedEvent.make("ordered", { properties: { it: Text } })
    assert.deepStrictEqual(said(lockOf(seen, bought), lockOf(seen, ordered)), [
      `major readers: bought: it was renamed to "ordered"`
    ])
    const cased = TrackedEvent.make("Seen")
    assert.deepStrictEqual(said(lockOf(seen), lockOf(cased)), [`major readers: seen: it was renamed to "Seen"`])
  })

  it("of personal data is major, whether it comes or goes", () => {
    const personal = Pii.personal(Text)
    assert.deepStrictEqual(changed(Text, personal), ["major privacy: seen it: it is personal data now"])
    assert.deepStrictEqual(changed(personal, Text), ["major privacy: seen it: it is no longer marked as personal data"])
    const [none, some] = [one({}), one({ it: Schema.optional(personal) })].map((event) => lockOf(event))
    assert.deepStrictEqual(said(none!, some!), ["minor readers: seen it: it was added as string, and is personal data"])
  })

  it("of purposes and modes is minor", () => {
    const event = (options: object) => lockOf(TrackedEvent.make("seen", options))
    assert.deepStrictEqual(said(event({}), event({ purposes: ["b", "a"] })), [
      "minor delivery: seen: its purposes changed from none to a, b"
    ])
    assert.deepStrictEqual(said(event({ purposes: ["b", "a"] }), event({ purposes: ["a", "b"] })), [])
    assert.deepStrictEqual(said(event({ validation: "strip" }), event({ relations: "omit" })), [
      "minor delivery: seen: its relations mode changed from the tracker's to omit",
      "minor delivery: seen: its validation mode changed from strip to the tracker's"
    ])
  })

  it("of text is a patch, and minor if it deprecates", () => {
    const annotated = (annotations: object) => Attribute.annotate(Text, annotations)
    assert.deepStrictEqual(changed(Text, annotated({ description: "a", owner: "b" })), [
      "patch text: seen it: the description was added",
      "patch text: seen it: the owner was added"
    ])
    assert.deepStrictEqual(changed(annotated({ description: "a" }), annotated({ description: "b" })), [
      "patch text: seen it: the description was changed"
    ])
    assert.deepStrictEqual(changed(Text, annotated({ deprecated: { replacedBy: "b", reason: "old" } })), [
      "minor text: seen it: it is deprecated: use b (old)"
    ])
    assert.deepStrictEqual(
      changed(annotated({ tags: ["a"] }), annotated({ deprecated: true })),
      ["patch text: seen it: the tags were removed", "minor text: seen it: it is deprecated"].toReversed()
    )
    assert.deepStrictEqual(changed(annotated({ deprecated: true }), Text), [
      "patch text: seen it: it is no longer deprecated"
    ])
  })
})

describe("the changes of entities", () => {
  const id = { id: Schema.Int }
  const Maker = Entity.make("Maker", { key: "id", attributes: { ...id, name: Text } })
  const makers = (name: string) => Loader.byKey({ name, load: () => [{ id: 1, name: "a" }], keyOf: (row) => row.id })
  const product = (prefix: string, loader: string) =>
    Entity.make("Product", { key: "id", attributes: id }).pipe(
      Entity.one(
        "maker",
        Maker,
        Loader.at(makers(loader), (row: { readonly maker: number }) => row.maker),
        { prefix }
      )
    )
  const seen = (entity: Entity.Any) => lockOf(TrackedEvent.make("seen", { entities: { it: entity } }))

  it("are known as renames where the attribute is the same", () => {
    assert.deepStrictEqual(said(seen(product("Maker", "makers")), seen(product("Brand", "makers"))), [
      "major readers: seen Maker_id: it was renamed to Brand_id",
      "major readers: seen Maker_name: it was renamed to Brand_name"
    ])
  })

  it("name the attribute, the entity or the rows that a key comes from", () => {
    const own = lockOf(TrackedEvent.make("seen", { properties: { Maker_id: Schema.Int, Maker_name: Text } }))
    assert.deepStrictEqual(said(own, seen(Maker)), [
      "minor meaning: seen Maker_id: it now comes from Maker.id instead of seen.properties.Maker_id",
      "minor meaning: seen Maker_name: it now comes from Maker.name instead of seen.properties.Maker_name"
    ])
    const Brand = Entity.make("Brand", { key: "id", attributes: { ...id, name: Text } })
    const related = (target: typeof Maker | typeof Brand) =>
      seen(
        Entity.make("Product", { key: "id", attributes: id }).pipe(
          Entity.one(
            "maker",
            target as typeof Maker,
            (row: { readonly maker: { readonly id: number; readonly name: string } }) => row.maker,
            {
              prefix: "Maker",
              required: true
            }
          )
        )
      )
    assert.deepStrictEqual(said(related(Maker), related(Brand)), [
      "minor meaning: seen Maker_id: it now belongs to the entity Brand instead of Maker",
      "minor meaning: seen Maker_name: it now belongs to the entity Brand instead of Maker"
    ])
    assert.deepStrictEqual(said(seen(product("Maker", "makers")), related(Maker)), [
      "minor history: seen Maker_id: it is always present now",
      "minor meaning: seen Maker_id: it is now loaded by no loader instead of the loader makers",
      "minor history: seen Maker_name: it is always present now",
      "minor meaning: seen Maker_name: it is now loaded by no loader instead of the loader makers"
    ])
  })

  it("of calls and of the context are told apart from those of events", () => {
    const plan = (schema: Schema.Codec<any>) =>
      Lock.make(Plan.describe(Plan.make().pipe(Plan.calls({ page: { it: schema } }), Plan.context({ it: schema }))))
    assert.deepStrictEqual(said(plan(Text), plan(Schema.Int)), [
      "major readers: call page it: the type string became integer",
      "major readers: context context it: the type string became integer"
    ])
  })

  it("name the loader that changed", () => {
    assert.deepStrictEqual(said(seen(product("Maker", "makers")), seen(product("Maker", "brands"))), [
      "minor meaning: seen Maker_id: it is now loaded by the loader brands instead of the loader makers",
      "minor meaning: seen Maker_name: it is now loaded by the loader brands instead of the loader makers"
    ])
  })

  it("reach into the rows of lists, whose maximum may not be lowered", () => {
    const order = (max: number, attributes: Attribute.Fields) =>
      Entity.make("Order", { key: "id", attributes: id }).pipe(
        Entity.many(
          "lines",
          Entity.make("Line", { key: "id", attributes: { ...id, ...attributes } as typeof id }),
          (row: { readonly lines: ReadonlyArray<{ readonly id: number }> }) => row.lines,
          Aggregate.list({ max })
        )
      )
    assert.deepStrictEqual(said(seen(order(3, {})), seen(order(2, {}))), [
      "major readers: seen Order_lines: the type record[] (at most 3 items) became record[] (at most 2 items)"
    ])
    assert.deepStrictEqual(said(seen(order(3, {})), seen(order(4, { qty: Schema.Int }))), [
      "minor! readers: seen Order_lines: the type record[] (at most 3 items) became record[] (at most 4 items)",
      "minor history: seen Order_lines[].Line_qty: it was added as integer, and is always present"
    ])
  })

  it("include another key, and what people need to know", () => {
    const Other = Entity.make("Maker", { key: "name", attributes: { ...id, name: Text } })
    assert.deepStrictEqual(said(seen(Maker), seen(Other)), [
      "minor meaning: entity Maker: it is now identified by name instead of id"
    ])
    const Annotated = product("Maker", "makers").pipe(
      Entity.annotate({ owner: "catalogue" }),
      Entity.annotateRelation("maker", { description: "Who makes it" })
    )
    assert.deepStrictEqual(said(seen(product("Maker", "makers")), seen(Annotated)), [
      "patch text: entity Product: the owner was added",
      "patch text: relation Product.maker: the description was added"
    ])
  })
})
