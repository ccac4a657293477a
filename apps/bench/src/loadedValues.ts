import { Entity } from "@trackmap/core"
import { compete, type Contestants, quick } from "./Contest.ts"
import { compare, type Measured, type Question } from "./Report.ts"
import * as Wholesale from "./wholesale.ts"

interface LoadedProduct extends Wholesale.ProductRow {
  readonly manufacturer: Wholesale.ManufacturerRow
}
interface LoadedLine extends Wholesale.LineRow {
  readonly product: LoadedProduct
  readonly order: Wholesale.OrderRow
}

const OrderLine = Wholesale.OrderLine.pipe(
  Entity.one(
    "product",
    Wholesale.Product.pipe(
      Entity.one("manufacturer", Wholesale.Manufacturer, (product: LoadedProduct) => product.manufacturer)
    ),
    (line: LoadedLine) => line.product
  ),
  Entity.one("order", Wholesale.Order, (line: LoadedLine) => line.order)
)

const lines = Array.from({ length: 64 }, (_, i): LoadedLine => ({
  id: 1001 + i,
  qty: 3 + i,
  product: { ...Wholesale.product(123 + i), manufacturer: Wholesale.manufacturer(789 + i) },
  order: Wholesale.order(357 + i)
}))

const literal = ({ id, order, product, qty }: LoadedLine): Entity.Values<typeof OrderLine> => ({
  OrderLine_id: id,
  OrderLine_qty: qty,
  Product_id: product.id,
  Product_name: product.name,
  Product_price: product.price,
  Product_sku: product.sku,
  Order_id: order.id,
  Order_uuid: order.uuid,
  Order_total: order.total,
  Manufacturer_id: product.manufacturer.id,
  Manufacturer_uuid: product.manufacturer.uuid,
  Manufacturer_name: product.manufacturer.name,
  Manufacturer_externalID: product.manufacturer.externalID
})

interface Description {
  readonly attributes: ReadonlyArray<string>
  readonly key: string
  readonly related: Readonly<Record<string, string>>
}
const dictionary: Readonly<Record<string, Description>> = {
  OrderLine: { attributes: ["id", "qty"], key: "id", related: { product: "Product", order: "Order" } },
  Product: { attributes: ["id", "name", "price", "sku"], key: "id", related: { manufacturer: "Manufacturer" } },
  Order: { attributes: ["id", "uuid", "total"], key: "id", related: {} },
  Manufacturer: { attributes: ["id", "uuid", "name", "externalID"], key: "id", related: {} }
}
const walk = (name: string, row: any): Record<string, unknown> => {
  const values: Record<string, unknown> = {}
  const queue: Array<readonly [string, any]> = [[name, row]]
  while (queue.length > 0) {
    const [entity, model] = queue.shift()!
    const { attributes, related } = dictionary[entity]!
    for (const attribute of attributes) values[`${entity}_${attribute}`] = model[attribute]
    for (const [relation, target] of Object.entries(related)) {
      if (model[relation] != null) queue.push([target, model[relation]])
    }
  }
  return values
}

export const contestants = {
  unchecked: () => quick(lines, Entity.valuesSync(Entity.unchecked(OrderLine))),
  checked: () => quick(lines, Entity.valuesSync(OrderLine)),
  literal: () => quick(lines, literal),
  walk: () => quick(lines, (line) => walk("OrderLine", line)),
  stringify: () => ({
    ...quick(lines.map(literal), (values) => JSON.stringify(values)),
    result: () => lines.map(literal)
  })
} satisfies Contestants

const names = ["unchecked", "checked", "literal", "walk", "stringify"] as const
const baselines = {
  literal: "hand-written literal",
  walk: "walk over a dictionary",
  stringify: "JSON.stringify of the result"
} as const
type Targets = Readonly<Record<"unchecked" | "checked", Readonly<Record<keyof typeof baselines, number | null>>>>

const competeWith = async (
  suffix: string,
  targets: Targets,
  flags: ReadonlyArray<string>
): Promise<ReadonlyArray<Measured>> => {
  const samples = await compete(import.meta.url, names, { processes: 3, rounds: 7, flags })
  const rows: Array<Measured> = []
  for (const subject of ["unchecked", "checked"] as const) {
    for (const baseline of ["literal", "walk", "stringify"] as const) {
      rows.push(
        compare(
          {
            name: `loaded values, ${subject}${suffix}`,
            unit: "ns/call",
            baseline: baselines[baseline],
            target: targets[subject][baseline]
          },
          samples(subject, "time"),
          samples(baseline, "time")
        )
      )
    }
    if (suffix !== "") continue
    rows.push(
      compare(
        { name: `loaded values, ${subject}: heap`, unit: "B/call", baseline: baselines.literal, target: 1.1 },
        samples(subject, "heap"),
        samples("literal", "heap")
      )
    )
  }
  return rows
}

export const loadedValues: Question = {
  name: "loaded",
  measure: async () => [
    ...(await competeWith(
      "",
      {
        unchecked: { literal: 1.5, walk: 0.02, stringify: null },
        checked: { literal: 3, walk: null, stringify: null }
      },
      []
    )),
    ...(await competeWith(
      ", no code generation",
      {
        unchecked: { literal: 25, walk: null, stringify: null },
        checked: { literal: null, walk: null, stringify: null }
      },
      ["--disallow-code-generation-from-strings"]
    ))
  ]
}
