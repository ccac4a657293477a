import { Entity, Loader } from "@trackmap/core"
import { Entity as PromiseEntity } from "@trackmap/node"
import DataLoader from "dataloader"
import * as Effect from "effect/Effect"
import { compete, type Contestants, slow } from "./Contest.ts"
import { compare, type Measured, type Question } from "./Report.ts"
import { trackedRelationRows } from "./trackedRelations.ts"
import * as Wholesale from "./wholesale.ts"

interface Line extends Wholesale.LineRow {
  readonly productId: number
}
type Values = Entity.Values<typeof OrderLine>

const table = new Map(Array.from({ length: 500 }, (_, id) => [id, Wholesale.product(id)]))
const batch = async (ids: ReadonlyArray<number>): Promise<Array<Wholesale.ProductRow>> =>
  ids.map((id) => table.get(id)!)

const products = Loader.byKey({
  load: (ids: ReadonlyArray<number>) => Effect.promise(() => batch(ids)),
  keyOf: (product) => product.id
})
const OrderLine = Wholesale.OrderLine.pipe(
  Entity.one(
    "product",
    Wholesale.Product,
    Loader.at(Loader.required(products), (line: Line) => line.productId)
  )
)

const record = (line: Line, product: Wholesale.ProductRow): Values => ({
  OrderLine_id: line.id,
  OrderLine_qty: line.qty,
  Product_id: product.id,
  Product_name: product.name,
  Product_price: product.price,
  Product_sku: product.sku
})

const ways = {
  valuesAll: (lines: ReadonlyArray<Line>) => Effect.runPromise(Entity.valuesAll(OrderLine, lines)),
  values: (lines: ReadonlyArray<Line>) =>
    Effect.runPromise(Effect.forEach(lines, Entity.values(OrderLine), { concurrency: "unbounded" })),
  promises: (lines: ReadonlyArray<Line>) => Promise.all(lines.map((line) => PromiseEntity.values(OrderLine, line))),
  dataloader: (lines: ReadonlyArray<Line>) => {
    const loader = new DataLoader(batch)
    const values = async (line: Line) => record(line, await loader.load(line.productId))
    return Promise.all(lines.map(values))
  },
  dataloaderInEffect: (lines: ReadonlyArray<Line>) => {
    const loader = new DataLoader(batch)
    const values = (line: Line) =>
      Effect.map(
        Effect.promise(() => loader.load(line.productId)),
        (product) => record(line, product)
      )
    return Effect.runPromise(Effect.forEach(lines, values, { concurrency: "unbounded" }))
  }
}

const sizes = [10_000, 100_000]
const contestant = (way: keyof typeof ways, size: number) => () => {
  const lines = Array.from({ length: size }, (_, id): Line => ({ id, qty: 1 + (id % 9), productId: (id * 7) % 500 }))
  return {
    ...slow(size, Math.max(1, 40_000 / size), () => ways[way](lines)),
    result: () => ways[way](lines.slice(0, 1000))
  }
}
export const contestants: Contestants = Object.fromEntries(
  sizes.flatMap((size) =>
    (Object.keys(ways) as Array<keyof typeof ways>).map((way) => [`${way} ${size}`, contestant(way, size)])
  )
)

export const batchedLoader: Question = {
  name: "loader",
  measure: async () => {
    const rows: Array<Measured> = []
    for (const size of sizes) {
      const names = Object.keys(ways).map((way) => `${way} ${size}`)
      const samples = await compete(import.meta.url, names, { processes: 3, rounds: 3 })
      const row = (
        name: string,
        way: keyof typeof ways,
        baseline: string,
        against: keyof typeof ways,
        target: number | null
      ) =>
        compare(
          { name: `${name}, ${size.toLocaleString("en-US")} rows`, unit: "ns CPU/row", baseline, target },
          samples(`${way} ${size}`, "cpu"),
          samples(`${against} ${size}`, "cpu")
        )
      rows.push(
        row("valuesAll with a Loader", "valuesAll", "dataloader", "dataloader", 0.5),
        row("concurrent values of promises", "promises", "dataloader", "dataloader", size === 10_000 ? 2 : 1.2),
        row("concurrent values with a Loader", "values", "dataloader", "dataloader", size === 10_000 ? 4.5 : null),
        row("concurrent values with a Loader", "values", "dataloader called from Effect", "dataloaderInEffect", null)
      )
    }
    return [...rows, ...(await trackedRelationRows())]
  }
}
