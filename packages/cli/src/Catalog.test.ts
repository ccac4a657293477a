import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Attribute, Entity, Loader, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Catalog } from "./index.ts"
import { code, plain } from "./internal/markdown.ts"

const Maker = Entity.make("Maker", { key: "id", attributes: { id: Schema.Int, name: Schema.String } }).pipe(
  Entity.annotate({ description: "Who makes it", owner: "catalogue", since: "2.4.0", tags: ["partners"] })
)
const makers = Loader.byKey({ name: "makers", load: () => [{ id: 1, name: "a" }], keyOf: (row) => row.id })
const Line = Entity.make("Line", {
  key: "id",
  attributes: {
    id: Schema.Int,
    size: Attribute.annotate(Schema.Literals(["S", "M"]), { description: "As the box says.", examples: ["S"] }),
    code: Attribute.annotate(Schema.String, {
      deprecated: { replacedBy: "id", reason: "old" },
      owner: "sales",
      since: "1"
    })
  }
}).pipe(
  Entity.one(
    "maker",
    Maker,
    Loader.at(makers, (row: { readonly maker: number }) => row.maker)
  ),
  Entity.annotateRelation("maker", { description: "Not who sells it" })
)
interface Row {
  readonly lines: ReadonlyArray<Entity.Row<typeof Line>>
}
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.many("lines", Line, ({ lines }: Row) => lines, Aggregate.list({ max: 2 }))
)
const Placed = TrackedEvent.make("order | placed", {
  entities: { order: Order },
  properties: { note: Pii.personal(Schema.optional(Schema.String)) },
  purposes: ["analytics"],
  relations: "fail"
}).pipe(TrackedEvent.annotate({ description: "A buyer *pays*", deprecated: true }))
const plan = Plan.make(Placed, TrackedEvent.make("seen", { entities: { line: Line } })).pipe(
  Plan.context({ ip: Schema.String })
)
const pages = Catalog.markdown(Plan.describe(plan))
const page = (name: string): ReadonlyArray<string> => pages.get(name)!.split("\n")

describe("the catalogue", () => {
  it("has a page for each event and each entity, and is the same whenever it is made", () => {
    assert.deepStrictEqual(
      [...pages.keys()],
      [
        "README.md",
        "events/order-placed.md",
        "events/seen.md",
        "entities/Line.md",
        "entities/Maker.md",
        "entities/Order.md"
      ]
    )
    assert.deepStrictEqual(Catalog.markdown(Plan.describe(plan)), pages)
  })

  it("links the events and the entities, draws their relations, and lists the context", () => {
    const index = page("README.md")
    assert.includeMembers(index as Array<string>, [
      String.raw`| [order \| placed](events/order-placed.md) | 4 | ${"`Order`, `Line`"} | **Deprecated**. A buyer \*pays\* |`,
      "| [Maker](entities/Maker.md) | `id` | Who makes it. Since 2.4.0. Owner: catalogue |",
      "  Order -->|lines *| Line",
      "  Line -->|maker| Maker",
      "| `ip` | `string` | always | `context.ip` |  |"
    ])
  })

  it("says of each key where it comes from, and what it is, also inside lists", () => {
    assert.deepStrictEqual(page("events/order-placed.md").slice(1), [
      "",
      String.raw`# order \| placed`,
      "",
      "**Deprecated**.",
      "",
      String.raw`A buyer \*pays\*`,
      "",
      "- Needs consent for: `analytics`",
      "- If a relation cannot be looked up: `fail`",
      "",
      "## Its own properties",
      "",
      "| key | type | presence | from | what it is |",
      "| --- | --- | --- | --- | --- |",
      String.raw`| ${"`note`"} | ${"`string`"} | optional, **personal** | ${"`order \\| placed.properties.note`"} |  |`,
      "",
      "## [Order](../entities/Order.md)",
      "",
      "| key | type | presence | from | what it is |",
      "| --- | --- | --- | --- | --- |",
      "| `Order_id` | `integer` | always | `Order.id` |  |",
      "",
      "## [Line](../entities/Line.md) as `Order.lines`, from the row that is related",
      "",
      "| key | type | presence | from | what it is |",
      "| --- | --- | --- | --- | --- |",
      "| `Order_lines` | `record[] (at most 2 items)` | always | `list of Order.lines` |  |",
      "| `Order_lines[].Line_id` | `integer` | always | `Order.lines[].id` |  |",
      String.raw`| ${"`Order_lines[].Line_size`"} | ${'`"S" \\| "M"`'} | always | ${"`Order.lines[].size`"} | As the box says. For example ${'`"S"`'} |`,
      "| `Order_lines[].Line_code` | `string` | always | `Order.lines[].code` | **Deprecated**: use `id` (old). Since 1. Owner: sales |",
      "| `Order_lines[].Maker_id` | `integer` | optional | `Order.lines[].maker.id` |  |",
      "| `Order_lines[].Maker_name` | `string` | optional | `Order.lines[].maker.name` |  |",
      "| `Order_lines_truncated` | `boolean` | always | `truncated of Order.lines` |  |",
      ""
    ])
  })

  it("says which events carry an entity, and under which keys", () => {
    assert.deepStrictEqual(page("entities/Maker.md").slice(1), [
      "",
      "# Maker",
      "",
      "Who makes it",
      "",
      "- Owner: catalogue",
      "- Since: 2.4.0",
      "- Tags: `partners`",
      "- Identified by: `id`",
      "",
      "## Attributes",
      "",
      "| attribute | type | presence | kind | what it is |",
      "| --- | --- | --- | --- | --- |",
      "| `id` | `integer` | always | attribute |  |",
      "| `name` | `string` | always | attribute |  |",
      "",
      "## Events",
      "",
      "| event | keys |",
      "| --- | --- |",
      String.raw`| [order \| placed](../events/order-placed.md) | ${"`Order_lines[].Maker_…`"} |`,
      "| [seen](../events/seen.md) | `Maker_…` |",
      ""
    ])
    assert.include(page("entities/Line.md"), "| `maker` | one [Maker](Maker.md) | Not who sells it |")
  })

  it("draws no more entities than a person can see", () => {
    const many = Array.from({ length: 61 }, (_, index) =>
      Entity.make(`E${index}`, { key: "id", attributes: { id: Schema.Int } })
    )
    const One = many[0]!.pipe(
      Entity.one("it", Maker, (row: { readonly it: { readonly id: number; readonly name: string } }) => row.it)
    )
    const entities = Object.fromEntries([One, ...many.slice(1)].map((entity) => [entity.name, entity]))
    const wide = Catalog.markdown(Plan.describe(Plan.make(TrackedEvent.make("seen", { entities }))))
    assert.notInclude(wide.get("README.md")!, "mermaid")
  })
})

describe("text in Markdown", () => {
  it("ends no cell, no line and no code, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("|", "`", "\n", "\\", "*", "<", "a", " ", "\u001b") }), (text) => {
        for (const shown of [plain(text), code(text)]) {
          assert.notMatch(shown, /\p{Cc}/u)
          assert.notMatch(shown.replaceAll(/\\./g, ""), /\|/)
        }
        assert.notMatch(plain(text).replaceAll(/\\./g, ""), /[`*<]/)
        const [fence = ""] = /^`+/.exec(code(text)) ?? []
        const inner = code(text).slice(fence.length, code(text).length - fence.length)
        if (fence !== "")
          assert.notInclude(
            Array.from(inner.matchAll(/`+/g), ([run]) => run),
            fence
          )
      })
    )
  })
})
