import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Attribute, Entity, EventSink, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Treatment } from "../site/model.ts"
import { examplesOf } from "./example.ts"
import { sinkTable } from "./markdown.ts"
import { viewsOf } from "./preview.ts"

const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, note: Pii.personal(Schema.String) } })
const Order = Entity.make("Order", {
  key: "id",
  attributes: {
    id: Schema.Int,
    email: Attribute.annotate(Pii.personal(Schema.String), { examples: ["ada@example.com"] }),
    width: Schema.Int.check(Schema.isGreaterThan(7)),
    size: Schema.Struct({ unit: Schema.Literals(["cm", "in"]), depth: Schema.optional(Schema.Int) }),
    at: Schema.Date,
    parts: Schema.Tuple([Schema.Boolean, Schema.NullOr(Schema.Number)]),
    ratio: Schema.Finite.check(Schema.isBetween({ minimum: 0.1, maximum: 0.2 })),
    least: Schema.Finite.check(Schema.isLessThan(-3)),
    step: Schema.Int.check(Schema.isMultipleOf(4)),
    any: Schema.Json,
    tags: Schema.Array(Schema.String).check(Schema.isMinLength(2)),
    either: Schema.Union([Schema.Int, Schema.String.check(Schema.isMinLength(5))]),
    long: Schema.String.check(Schema.isMinLength(20)),
    short: Schema.String.check(Schema.isMaxLength(2))
  }
}).pipe(
  Entity.many(
    "lines",
    Line,
    (row: { readonly lines: ReadonlyArray<Entity.Row<typeof Line>> }) => row.lines,
    Aggregate.list({ max: 2 }),
    Aggregate.first
  )
)
const plan = Plan.make(
  TrackedEvent.make("orderPlaced", { entities: { order: Order } }),
  TrackedEvent.make("checked", { properties: { step: Schema.Int } })
).pipe(
  Plan.calls({
    identify: { email: Pii.personal(Schema.String) },
    group: { size: Schema.Int },
    page: { path: Schema.String },
    screen: { path: Schema.String }
  })
)
const description = Plan.describe(plan)

const named = (name: string) => EventSink.make({ name, open: () => Effect.die("a catalogue opens no sink") })

const changed = EventSink.map((message) =>
  message.type === "track"
    ? { ...message, properties: { ...message.properties, Order_id: 7, Order_email: null } }
    : message
)

describe("examples of a plan", () => {
  const [order, ...others] = examplesOf(description)

  it("are the same whenever they are made, within what the types allow", () => {
    assert.deepStrictEqual(examplesOf(description), [order!, ...others])
    assert.deepStrictEqual(order?.message.type === "track" && order.message.properties, {
      Order_id: 1,
      Order_email: "ada@example.com",
      Order_width: 8,
      Order_size: { unit: "cm", depth: 1 },
      Order_at: "2026-01-15T09:30:00.000Z",
      Order_parts: [true, 1],
      Order_ratio: 0.2,
      Order_least: -4,
      Order_step: 4,
      Order_any: null,
      Order_tags: ["a tags", "a tags"],
      Order_either: 1,
      Order_long: "a longxxxxxxxxxxxxxx",
      Order_short: "a ",
      Order_lines: [{ Line_id: 1, Line_note: "a note" }],
      Order_lines_truncated: true,
      Order_lines_first: { Line_id: 1, Line_note: "a note" }
    })
    assert.deepStrictEqual(
      others.map(({ message }) => message.type),
      ["track", "identify", "group", "page", "screen"]
    )
  })
})

describe("what sinks get", () => {
  it.effect("is told of each event and each key, without opening a sink", () =>
    Effect.gen(function* () {
      const exports = {
        alone: named("hashing"),
        sinks: EventSink.fanOut(
          named("hashing").pipe(EventSink.redact({ hash: Redacted.make("key") })),
          named("masking").pipe(EventSink.redact({ mask: "***" }), EventSink.recase("Title Case")),
          named("dropping").pipe(
            EventSink.redact("drop"),
            EventSink.filter((message) => message.type === "track" && message.event !== "checked")
          ),
          named("sampling").pipe(EventSink.sample(0.01)),
          named("nobody").pipe(EventSink.sample(0)),
          named("changing").pipe(changed)
        ),
        sinksOf: () => undefined,
        configuredSink: Effect.void,
        others: 1
      }
      const found = yield* viewsOf(EventSink, exports, plan, description)
      assert.deepStrictEqual(found?.names, ["hashing", "masking", "dropping", "sampling", "nobody", "changing"])
      assert.deepStrictEqual(found?.unseen, ["sinksOf", "configuredSink"])
      const [hashing, masking, dropping, sampling, nobody, changing] = found!.views.get("event orderPlaced")!
      const personal = ["Order_email", "Order_lines[].Line_note", "Order_lines_first.Line_note"]
      const all = (how: Treatment) => new Map(personal.map((key) => [key, how]))
      assert.deepStrictEqual(hashing, { gets: "all", keys: all("hashed"), renamed: new Map() })
      assert.deepStrictEqual([masking?.as, masking?.keys], ["Order Placed", all("masked")])
      assert.strictEqual(masking?.renamed.get("Order_lines[].Line_id"), "Line Id")
      assert.deepStrictEqual(dropping?.keys, all("dropped"))
      assert.deepStrictEqual([sampling?.gets, nobody?.gets], ["some", "none"])
      assert.strictEqual(nobody?.reason, "skipped: not in the sample")
      assert.deepStrictEqual(
        [...changing!.keys],
        [
          ["Order_id", "changed"],
          ["Order_email", "dropped"]
        ]
      )
      const checked = found!.views.get("event checked")!
      assert.deepStrictEqual(
        checked.map(({ gets }) => gets),
        ["all", "all", "none", "some", "none", "all"]
      )
      assert.strictEqual(checked[2]?.reason, "skipped: filtered")
      for (const call of ["identify", "group", "page", "screen"]) assert.lengthOf(found!.views.get(`call ${call}`)!, 6)
    })
  )

  it.effect("is a table of Markdown", () =>
    Effect.gen(function* () {
      const sinks = EventSink.fanOut(
        named("plain"),
        named("masking").pipe(EventSink.redact({ mask: "***" }), EventSink.rename({ orderPlaced: "Ordered" })),
        named("none").pipe(EventSink.filter(() => false)),
        named("some").pipe(EventSink.sample(0.1))
      )
      const found = yield* viewsOf(EventSink, { sinks }, plan, description)
      const personal = "`Order_email`, `Order_lines[].Line_note`, `Order_lines_first.Line_note`"
      assert.deepStrictEqual(sinkTable(description.events[0]!, found).slice(4), [
        `| plain | yes | ${personal} |  |`,
        `| masking | yes, as \`Ordered\` |  | masked: ${personal} |`,
        "| none | no: skipped: filtered |  |  |",
        `| some | of a share of users | ${personal} |  |`,
        ""
      ])
      assert.deepStrictEqual(sinkTable(description.events[0]!, undefined), [])
    })
  )

  it.effect("is not asked of a module without sinks", () =>
    Effect.map(viewsOf(EventSink, { plan }, plan, description), (found) => assert.isUndefined(found))
  )
})
