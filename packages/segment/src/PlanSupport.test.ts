import { type Description, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import Ajv from "ajv"
import addFormats from "ajv-formats"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { plan as anyPlan, planWithValues } from "../../../fixtures/plans/generated.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

describe("segment-limits", () => {
  it("finds an event with more properties than Segment keeps", () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, Schema.Int]))
    const planOf = (count: number) => Plan.make(TrackedEvent.make("orderPlaced", { properties: fields(count) }))
    assert.isEmpty(said(planOf(10_000)))
    assert.deepStrictEqual(said(planOf(10_001)), [
      "segment-limits: orderPlaced: it has 10001 keys, and Segment takes 10000"
    ])
  })
})

describe("segment-reserved", () => {
  it("finds properties and traits that Segment's warehouses discard", () => {
    const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, receivedAt: Schema.Date } })
    const properties = { userId: Schema.String, user: Schema.String }
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order }, properties })).pipe(
      Plan.calls({ identify: { timestamp: Schema.Date } })
    )
    const what = (column: string) => `Segment's warehouses discard it, since they have a column ${column} of their own`
    assert.deepStrictEqual(said(plan), [
      `segment-reserved: orderPlaced userId: ${what("user_id")}`,
      `segment-reserved: identify timestamp: ${what("timestamp")}`
    ])
  })
})

const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, note: Schema.optional(Schema.String) } })
const shop = Plan.describe(
  Plan.make(
    TrackedEvent.make("orderPlaced", {
      entities: { order: Order },
      properties: { tags: Schema.Tuple([Schema.Int]) }
    }).pipe(TrackedEvent.annotate({ description: "An order was placed.", owner: "Shop", deprecated: true })),
    TrackedEvent.make("seen")
  ).pipe(Plan.calls({ identify: { tier: Schema.String }, page: { url: Schema.String } }))
)

/** Exports a plan. */
const exported = (plan: Description.Plan, format: string): PlanSupport.Exported =>
  support.formats.find(({ name }) => name === format)!.write(plan, PlanSupport.noSettings)
const rulesIn = ({ files }: PlanSupport.Exported): ReadonlyArray<any> =>
  [...files.values()].flatMap((text) => JSON.parse(text).rules)

const schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  description: "An order was placed.",
  deprecated: true,
  type: "object",
  properties: {
    context: {},
    traits: {},
    properties: {
      type: "object",
      properties: {
        tags: {
          type: "array",
          items: [{ type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }],
          additionalItems: false,
          minItems: 1
        },
        Order_id: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
        Order_note: { type: "string" }
      },
      required: ["tags", "Order_id"]
    }
  },
  required: ["properties"]
}

describe("the export segment", () => {
  it("has a rule for each event and call, with a schema of the whole message", () => {
    const result = exported(shop, "segment")
    const [placed, seen, identify, page] = rulesIn(result)
    assert.deepStrictEqual([...result.files.keys()], ["1-put.json"])
    assert.deepStrictEqual(placed, { type: "TRACK", key: "orderPlaced", version: 1, jsonSchema: schema })
    assert.deepStrictEqual(seen.jsonSchema.properties.properties, { type: "object", properties: {} })
    const { $schema } = schema
    assert.deepStrictEqual(identify, {
      type: "IDENTIFY",
      version: 1,
      jsonSchema: {
        $schema,
        type: "object",
        properties: {
          context: {},
          properties: {},
          traits: { type: "object", properties: { tier: { type: "string" } } }
        }
      }
    })
    assert.deepStrictEqual([page.type, page.jsonSchema.required], ["PAGE", ["properties"]])
    assert.deepStrictEqual(result.losses, [{ name: "orderPlaced", what: "its owner" }])
  })

  it("replaces all rules by the first 200, and adds the others", () => {
    const many = Plan.describe(
      Plan.make(...Array.from({ length: 401 }, (_, index) => TrackedEvent.make(`seen${index}`)))
    )
    const { files } = exported(many, "segment")
    assert.deepStrictEqual(
      Array.from(files, ([name, text]) => [name, JSON.parse(text).rules.length]),
      [
        ["1-put.json", 200],
        ["2-patch.json", 200],
        ["3-patch.json", 1]
      ]
    )
    assert.deepStrictEqual(
      exported({ format: 1, entities: [], events: [] }, "segment").files,
      new Map([["1-put.json", '{\n  "rules": []\n}\n']])
    )
  })

  it("has schemas of draft 7 for any plan, which accept its messages", () =>
    fc.assert(
      fc.property(planWithValues, ([plan, values]) => {
        const ajv = new Ajv.default({ strict: false, ownProperties: true })
        addFormats.default(ajv)
        const rules = rulesIn(exported(plan, "segment"))
        assert.strictEqual(rules.length, values.length)
        for (const [index, [subject, own]] of values.entries()) {
          const { jsonSchema, key } = rules[index]
          assert.strictEqual(key, subject.kind === "event" ? subject.name : undefined)
          const part = PlanSupport.areTraits(subject) ? "traits" : "properties"
          assert.deepStrictEqual(
            Object.keys(jsonSchema.properties[part].properties).toSorted(),
            subject.keys.map(({ key }) => key).toSorted()
          )
          assert.isTrue(ajv.validateSchema(jsonSchema), ajv.errorsText())
          assert.isTrue(ajv.validate(jsonSchema, { context: {}, [part]: own }), ajv.errorsText())
        }
      })
    ))
})

describe("the export segment-terraform", () => {
  it("is a module, and a file for each rule", () => {
    const { files, losses } = exported(shop, "segment-terraform")
    assert.deepStrictEqual(
      [...files.keys()],
      ["main.tf", "rules/orderPlaced.json", "rules/seen.json", "rules/identify-call.json", "rules/page-call.json"]
    )
    assert.include(files.get("main.tf"), 'jsondecode(file("${path.module}/rules/${file}"))')
    assert.deepStrictEqual(JSON.parse(files.get("rules/orderPlaced.json")!).jsonSchema, schema)
    assert.deepStrictEqual(losses, [{ name: "orderPlaced", what: "its owner" }])
  })

  it("has the same rules as the export segment, for any plan", () =>
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const [, ...files] = exported(plan, "segment-terraform").files.values()
        assert.deepStrictEqual(
          files.map((text) => JSON.parse(text)),
          rulesIn(exported(plan, "segment"))
        )
      })
    ))
})
