import { PrismaPg } from "@prisma/adapter-pg"
import { Attribute, Entity } from "@trackmap/node"
import { assert, it } from "vitest"
import { z } from "zod"
import { bigint, instant, status, utcDay } from "../columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "../suite.ts"
import { Line, Manufacturer, Order, OrderLine, Product } from "../wholesale.ts"
import { type Prisma, PrismaClient } from "./generated/client.ts"

let prisma: PrismaClient

const connect = async (address: string) => {
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: address }) })
  return () => prisma.$disconnect()
}

describeOnPostgres("Prisma 7", connect, () => {
  const where = { id: 1001 }
  const include = { product: { include: { manufacturer: true } }, order: true } as const
  itTracks("with include", OrderLine, () => prisma.orderLine.findUniqueOrThrow({ where, include }))

  // One query for each row. Prisma itself batches those of one tick.
  const Lazy = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(
        Entity.one("manufacturer", Manufacturer, (row: { id: number }) =>
          prisma.product.findUniqueOrThrow({ where: { id: row.id } }).manufacturer()
        )
      ),
      (row: { id: number }) => prisma.orderLine.findUniqueOrThrow({ where: { id: row.id } }).product()
    ),
    Entity.one("order", Order, (row: { id: number }) =>
      prisma.orderLine.findUniqueOrThrow({ where: { id: row.id } }).order()
    )
  )
  itTracks("with its fluent API", Lazy, () => prisma.orderLine.findUniqueOrThrow({ where }))

  itNamesWhatIsMissing(
    "with `include` left out",
    OrderLine,
    async () => (await prisma.orderLine.findUniqueOrThrow({ where })) as never
  )

  const details = () => prisma.order.findUniqueOrThrow({ where: { id: 357 } })
  itGives("an int8 as a bigint, a numeric as a Decimal, and a date as a Date", details, {
    reference: "bigint",
    // The name of decimal.js's class in Prisma's bundle.
    weight: "Decimal2",
    dueOn: "Date"
  })
  it("gives a date at midnight in UTC", async () => {
    const { dueOn, weight } = await details()
    assert.strictEqual(dueOn.toISOString(), "2026-03-02T00:00:00.000Z")
    // A Decimal drops the trailing zeros that the column keeps.
    assert.deepStrictEqual([weight.toString(), weight.toFixed(3)], ["12.5", "12.500"])
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { id: z.int(), reference: bigint, placedAt: instant, dueOn: utcDay, status, meta: Attribute.json }
  }).pipe(Entity.computed("weight", z.string(), (row: { weight: Prisma.Decimal }) => row.weight.toFixed(3)))
  itValuesDetails(Details, details)
})
