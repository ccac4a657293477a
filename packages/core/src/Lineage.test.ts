import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Aggregate, DefinitionError, Entity, Lineage, Loader, Pii, TrackedEvent } from "./index.ts"

interface Row {
  readonly id: number
}
const rows = Loader.byKey({
  name: "products",
  load: (_: ReadonlyArray<number>) => Effect.succeed<Array<Row>>([]),
  keyOf: (row) => row.id
})

const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.computed("double", Schema.Int, (line: { readonly qty: number }) => line.qty * 2),
  Entity.one(
    "product",
    Product,
    Loader.at(rows, (line: { readonly productId: number }) => line.productId)
  ),
  Entity.one(
    "buyer",
    Buyer,
    (line: { readonly buyer: { readonly id: number; readonly email: string } }) => line.buyer,
    {
      prefix: "By"
    }
  )
)
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })

describe("the lineage of an event", () => {
  it("tells of every key its entity, its attribute, what it is and whether it is personal", () => {
    const event = TrackedEvent.make("lineAdded", {
      entities: { line: Line },
      properties: { coupon: Pii.personal(Schema.String) }
    })
    assert.deepStrictEqual(
      Lineage.of(event).map(({ keys, ...node }) => [
        node,
        keys.map(({ attribute, key, kind, path, personal }) => [key, path, attribute, kind, personal])
      ]),
      [
        [
          {
            path: "lineAdded.properties",
            entity: "lineAdded",
            to: "one",
            resolver: { _tag: "Row" }
          },
          [["coupon", "lineAdded.properties.coupon", "coupon", "property", true]]
        ],
        [
          {
            path: "Line",
            entity: "Line",
            to: "one",
            prefix: "Line",
            resolver: { _tag: "Row" }
          },
          [
            ["Line_id", "Line.id", "id", "attribute", false],
            ["Line_qty", "Line.qty", "qty", "attribute", false],
            ["Line_double", "Line.double", "double", "computed", false]
          ]
        ],
        [
          {
            path: "Line.product",
            entity: "Product",
            parent: "Line",
            relation: "product",
            to: "one",
            prefix: "Product",
            resolver: { _tag: "Loader", loader: "products" }
          },
          [["Product_id", "Line.product.id", "id", "attribute", false]]
        ],
        [
          {
            path: "Line.buyer",
            entity: "Buyer",
            parent: "Line",
            relation: "buyer",
            to: "one",
            prefix: "By",
            resolver: { _tag: "Function" }
          },
          [
            ["By_id", "Line.buyer.id", "id", "attribute", false],
            ["By_email", "Line.buyer.email", "email", "attribute", true]
          ]
        ]
      ]
    )
  })

  it("has the same keys as the event, in the same order, whatever it is made of", () => {
    const lines = (order: { readonly lines: ReadonlyArray<any> }) => order.lines
    const events = [
      TrackedEvent.make("changed", { entities: { line: Entity.changed(Line) } }),
      TrackedEvent.make("placed", {
        entities: {
          order: Order.pipe(
            Entity.many("lines", Line, lines, Aggregate.list({ max: 3 }), Aggregate.count, Aggregate.sum("qty")),
            Entity.many("gifts", Line, lines, Aggregate.first, Aggregate.keys, Aggregate.max("qty"))
          ),
          extra: Entity.extras(Product, { why: Schema.String })
        },
        properties: { a: Schema.Int, b: Schema.optionalKey(Schema.String) }
      }),
      TrackedEvent.make("empty")
    ]
    for (const event of events) {
      const keys = Lineage.of(event).flatMap((node) => node.keys)
      assert.deepStrictEqual(
        keys.map(({ key }) => key),
        TrackedEvent.keys(event)
      )
      assert.deepStrictEqual(
        new Set(keys.filter(({ personal }) => personal).map(({ key }) => key)),
        TrackedEvent.personalKeys(event)
      )
    }
  })

  it("names aggregates, and what stands inside a list, which has no keys of its own", () => {
    const event = TrackedEvent.make("placed", {
      entities: {
        order: Order.pipe(
          Entity.many(
            "lines",
            Line,
            (order: { readonly lines: ReadonlyArray<any> }) => order.lines,
            Aggregate.list({ max: 3 }),
            Aggregate.sum("qty")
          ),
          Entity.many(
            "returns",
            Line,
            (order: { readonly returns: ReadonlyArray<any> }) => order.returns,
            Aggregate.count
          )
        )
      }
    })
    assert.deepStrictEqual(
      Lineage.of(event)
        .slice(2)
        .map(({ entity, keys, parent, path, relation, to }) => [
          path,
          entity,
          parent,
          relation,
          to,
          keys.map(({ attribute, kind, personal }) => `${attribute} ${kind} ${personal}`)
        ]),
      [
        [
          "Order.lines",
          "Line",
          "Order",
          "lines",
          "many",
          ["list aggregate true", "truncated aggregate false", "sum(qty) aggregate false"]
        ],
        ["Order.lines[].product", "Product", "Order.lines", "product", "one", []],
        ["Order.lines[].buyer", "Buyer", "Order.lines", "buyer", "one", []],
        ["Order.returns", "Line", "Order", "returns", "many", ["count aggregate false"]]
      ]
    )
  })

  it("is refused for what is no event", () => {
    for (const given of [null, undefined, {}, Product]) {
      assert.throws(() => Lineage.of(given as never), DefinitionError.DefinitionError)
    }
  })

  it("of what is tracked as a change tells what was made of the two rows", () => {
    const kinds = Lineage.of(
      TrackedEvent.make("changed", { entities: { line: Entity.changed(Product) } })
    )[1]!.keys.map(({ key, kind }) => [key, kind])
    assert.deepStrictEqual(kinds, [
      ["Product_id", "attribute"],
      ["Product_state", "computed"],
      ["Product_changed", "computed"],
      ["Product_id_before", "computed"]
    ])
  })
})
