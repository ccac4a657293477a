import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Entity, Plan, TrackedEvent } from "@trackmap/core"
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Export } from "./index.ts"

const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true })
addFormats.default(ajv)

const Product = Entity.make("Product", {
  key: "id",
  attributes: {
    id: Schema.Int,
    name: Schema.NonEmptyString,
    sold: Schema.NullOr(Schema.Date),
    size: Schema.Literals(["S", "M"]),
    tags: Schema.Array(Schema.String),
    price: Schema.optional(Schema.Finite)
  }
})
interface Row extends Entity.Row<typeof Product> {
  readonly parts: ReadonlyArray<Entity.Row<typeof Product>>
}
const Seen = TrackedEvent.make("seen", {
  entities: {
    it: Product.pipe(
      Entity.many("parts", Product, ({ parts }: Row) => parts, Aggregate.list({ max: 2 }), Aggregate.count)
    )
  }
})

const part: fc.Arbitrary<Entity.Row<typeof Product>> = fc.record(
  {
    id: fc.integer(),
    name: fc.string({ minLength: 1, unit: "grapheme" }),
    sold: fc.option(fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true })),
    size: fc.constantFrom("S" as const, "M" as const),
    tags: fc.array(fc.string()),
    price: fc.double({ noNaN: true, noDefaultInfinity: true })
  },
  { requiredKeys: ["id", "name", "sold", "size", "tags"] }
)

describe("a plan as JSON Schema", () => {
  const { files, losses } = Export.jsonSchema(Plan.describe(Plan.make(Seen)))
  const validate = ajv.compile(JSON.parse(files.get("seen.json")!))

  it("is valid for the values of any row, as ajv judges", async () => {
    assert.deepStrictEqual(losses, [])
    await fc.assert(
      fc.asyncProperty(part, fc.array(part, { maxLength: 3 }), async (row, parts) => {
        const values = await Effect.runPromise(Entity.values(Seen.entities.it, { ...row, parts }))
        assert.isTrue(validate(JSON.parse(JSON.stringify(values))), JSON.stringify(validate.errors))
      })
    )
  })

  it("refuses what is not the event's", () => {
    for (const values of [{}, { Product_id: "1" }, { Product_id: 1, Product_size: "L" }])
      assert.isFalse(validate(values))
  })

  it("has the calls of the plan, and tells a call from an event of its name", () => {
    const plan = Plan.make(TrackedEvent.make("identify")).pipe(Plan.calls({ identify: { name: Schema.String } }))
    const { files } = Export.jsonSchema(Plan.describe(plan))
    assert.deepStrictEqual([...files.keys()], ["identify.json", "identify-call.json"])
  })
})
