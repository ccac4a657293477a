import { Aggregate, Attribute, type Description, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import Ajv from "ajv"
import addFormats from "ajv-formats"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { rudder } from "../test/rudder.ts"
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

  it("has a rule for all messages, of the keys of the context, which are optional", () => {
    const plan = Plan.describe(Plan.context(Plan.make(TrackedEvent.make("seen")), { ip: Schema.String }))
    const [, common] = rulesIn(exported(plan, "segment"))
    const context = { type: "object", properties: { ip: { type: "string" } } }
    assert.deepStrictEqual(common, {
      type: "COMMON",
      version: 1,
      jsonSchema: { $schema: schema.$schema, type: "object", properties: { context, traits: {}, properties: {} } }
    })
    assert.deepStrictEqual(
      support.formats.find(({ name }) => name === "rudderstack")!.write(plan, PlanSupport.noSettings).losses,
      [{ name: "the context", what: "its declared keys" }]
    )
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

describe("the export rudderstack", () => {
  const write = (plan: Description.Plan, name?: string) =>
    support.formats.find((one) => one.name === "rudderstack")!.write(plan, { ...PlanSupport.noSettings, name })
  const planOf = (...properties: ReadonlyArray<Readonly<Record<string, Description.JsonType>>>): Description.Plan => ({
    format: 1,
    entities: [],
    events: properties.map((types, index) => {
      const name = `seen${index}`
      const keys = Object.entries(types).map(([key, type]): Description.Key => {
        return { key, path: key, attribute: key, kind: "property", type, optional: false, personal: false }
      })
      return { name, purposes: [], nodes: [{ path: name, entity: name, to: "one", resolver: { _tag: "Row" }, keys }] }
    })
  })

  it("has the properties, the events and the tracking plan that refers to them", () => {
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
    const Shipped = Entity.make("Order", {
      key: "id",
      attributes: { id: Schema.Int, note: Schema.optional(Schema.String) }
    }).pipe(Entity.many("lines", Line, () => [], Aggregate.list({ max: 3 })))
    const plan = Plan.make(
      TrackedEvent.make("orderPlaced", { entities: { order: Shipped } }).pipe(
        TrackedEvent.annotate({ description: "An order was placed.", tags: ["Sales"], owner: "Shop" })
      ),
      TrackedEvent.make("größe")
    ).pipe(Plan.calls({ identify: { tier: Schema.Literals(["free", "pro"]) } }))
    const { files, losses } = write(Plan.describe(plan), "Shop events")
    const found = rudder(files)
    assert.isEmpty(found.problems)
    assert.deepStrictEqual(
      [...files.keys()],
      ["categories.yaml", "properties.yaml", "events.yaml", "tracking-plan.yaml"]
    )
    assert.deepStrictEqual(
      found.events.map(({ id: _, ...event }) => event),
      [
        { name: "orderPlaced", event_type: "track", description: "An order was placed.", category: "#category:Sales" },
        { name: "größe", event_type: "track" },
        { event_type: "identify" }
      ]
    )
    // What loses letters ends with a hash.
    assert.match(found.events.map(({ id }) => id).join(" "), /^orderPlaced gr-e-[0-9a-f]{8} identify-call-[0-9a-f]{8}$/)
    assert.deepInclude(found.properties, {
      id: "Order_lines",
      name: "Order_lines",
      type: "array",
      item_type: "object",
      config: { max_items: 3 }
    })
    assert.deepInclude(found.properties, {
      id: "tier",
      name: "tier",
      type: "string",
      config: { enum: ["free", "pro"] }
    })
    const [placed, , identify] = found.plan["rules"]
    assert.deepStrictEqual(placed, {
      type: "event_rule",
      id: "orderPlaced_rule",
      event: "#event:orderPlaced",
      additional_properties: true,
      properties: [
        { property: "#property:Order_id", required: true },
        { property: "#property:Order_note", required: false },
        {
          property: "#property:Order_lines",
          required: true,
          additional_properties: true,
          properties: [{ property: "#property:Line_id", required: true }]
        },
        { property: "#property:Order_lines_truncated", required: true }
      ]
    })
    assert.deepInclude(identify, {
      identity_section: "traits",
      properties: [{ property: "#property:tier", required: false }]
    })
    assert.deepStrictEqual(found.plan["display_name"], "Shop events")
    assert.deepStrictEqual(losses, [{ name: "orderPlaced", what: "its owner" }])
  })

  it("has a type of its own for a property whose name has other values elsewhere", () => {
    const literals = (...values: ReadonlyArray<string>): Description.JsonType => ({ _tag: "Literals", values })
    const plan = planOf(
      { status: literals("a") },
      { status: literals("b") },
      { status: { _tag: "Integer" } },
      { status: literals("a") }
    )
    const { customTypes, plan: tracking, problems, properties } = rudder(write(plan).files)
    assert.isEmpty(problems)
    assert.deepStrictEqual(
      customTypes.map(({ config, type }) => [type, config]),
      [["string", { enum: ["b"] }]]
    )
    assert.deepStrictEqual(
      properties.map(({ name, type }) => [name, type]),
      [
        ["status", "string"],
        ["status", `#custom-type:${customTypes[0]!["id"]}`],
        ["status", "integer"]
      ]
    )
    const used = tracking["rules"].map((rule: any) => rule.properties[0].property)
    assert.strictEqual(used[0], used[3])
    assert.strictEqual(new Set(used).size, 3)
  })

  const types: ReadonlyArray<readonly [Description.JsonType, Readonly<Record<string, unknown>>, string | undefined]> = [
    [{ _tag: "String", format: "date-time", nullable: true }, { types: ["string", "null"] }, "its format, date-time"],
    [
      { _tag: "String", format: "uuid", minLength: 3, maxLength: 9, patterns: ["^a"] },
      { type: "string", config: { min_length: 2, max_length: 9, pattern: "^a", format: "uuid" } },
      "its length"
    ],
    [
      { _tag: "String", format: "decimal", patterns: ["a", "b"] },
      { type: "string" },
      "its format, decimal, its pattern"
    ],
    [
      { _tag: "Integer", minimum: 1, exclusiveMaximum: 4, multipleOf: 3 },
      { type: "integer", config: { minimum: 1, exclusive_maximum: 4, multiple_of: 3 } },
      undefined
    ],
    [{ _tag: "Integer", minimum: 0.5 }, { type: "integer" }, "its bounds"],
    [{ _tag: "Number", minimum: 0.5 }, { type: "number", config: { minimum: 0.5 } }, undefined],
    [{ _tag: "Literals", values: [true] }, { type: "boolean", config: { enum: [true] } }, undefined],
    [{ _tag: "Literals", values: [1, "a"] }, { types: ["integer", "string"] }, 'its type, 1 | "a"'],
    [{ _tag: "Union", types: [{ _tag: "Boolean" }, { _tag: "Null" }] }, { types: ["boolean", "null"] }, undefined],
    [{ _tag: "Union", types: [{ _tag: "Boolean" }, { _tag: "Json" }] }, {}, undefined],
    [{ _tag: "Json" }, {}, undefined],
    [
      { _tag: "Array", items: { _tag: "String", nullable: true }, minItems: 1 },
      { type: "array", item_types: ["string", "null"], config: { min_items: 1 } },
      undefined
    ],
    [
      { _tag: "Array", items: { _tag: "Literals", values: ["a"] } },
      { type: "array", item_type: "string" },
      "what its elements are"
    ],
    [
      { _tag: "Tuple", items: [{ type: { _tag: "Boolean" }, optional: false }] },
      { type: "array", config: { min_items: 1, max_items: 1 } },
      "what its elements are"
    ]
  ]
  it.each(types)("writes %j", (type, property, loss) => {
    const { files, losses } = write(planOf({ a: type }))
    assert.deepStrictEqual(rudder(files).properties, [{ id: "a", name: "a", ...property }])
    assert.deepStrictEqual(losses, loss === undefined ? [] : [{ name: "seen0", key: "a", what: loss }])
  })

  it("says what it cannot have: long names, deep objects, other descriptions", () => {
    const inside = (type: Description.JsonType): Description.JsonType => {
      return { _tag: "Object", properties: [{ name: "a", type, optional: false, personal: false }] }
    }
    const deep = inside(inside(inside(inside({ _tag: "Boolean" }))))
    const long = "k".repeat(66)
    const open: Description.JsonType = {
      ...inside({ _tag: "Boolean" }),
      rest: { _tag: "String" }
    } as Description.JsonType
    const { files, losses } = write(planOf({ deep, [long]: { _tag: "Boolean" }, open }))
    assert.isEmpty(rudder(files).problems)
    assert.deepStrictEqual(losses, [
      { name: "seen0", key: "deep", what: 'of "a" inside it, what is in it' },
      {
        name: "seen0",
        key: long,
        what: "the property, since RudderStack takes names of 1 to 65 characters without spaces around them"
      },
      { name: "seen0", key: "open", what: "what its other properties are" }
    ])
    const described = (description: string) =>
      TrackedEvent.make(description, { properties: { a: Attribute.annotate(Schema.Int, { description }) } })
    const { losses: others } = write(
      Plan.describe(
        Plan.make(
          described("one"),
          described("two"),
          TrackedEvent.make("e".repeat(65)),
          TrackedEvent.make("x").pipe(TrackedEvent.annotate({ description: "1.", tags: ["a", "b"] }))
        )
      )
    )
    assert.deepStrictEqual(others, [
      { name: "e".repeat(65), what: "the event, since RudderStack takes names of 1 to 64 bytes" },
      { name: "x", what: "its description, tags" },
      { name: "two", key: "a", what: "its description" }
    ])
  })

  it("needs a name that RudderStack takes for a plan", () => {
    assert.throws(
      () => write(planOf(), "=1"),
      'RudderStack does not take the name "=1" for a plan: use 3 to 65 letters'
    )
  })

  /** The JSON Schema of a use of a property. */
  const schemaOf = (use: any, resolve: ReturnType<typeof rudder>["resolve"]): object => {
    const property = resolve(use.property, "property")!
    const own: any = property["type"]?.startsWith("#") ? resolve(property["type"], "custom-type") : property
    const config = Object.entries<unknown>(own.config ?? {}).map(([key, value]) => {
      return [key.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]
    })
    const type = own.types ?? own.type
    const items = own.item_types ?? own.item_type
    const object = objectOf(use.properties ?? [], resolve)
    const isList = [type].flat().includes("array")
    return {
      ...Object.fromEntries(config),
      ...(type && { type }),
      ...(items && { items: { type: items } }),
      ...(use.properties && (isList ? { items: { ...object, type: items } } : object))
    }
  }
  const objectOf = (uses: ReadonlyArray<any>, resolve: ReturnType<typeof rudder>["resolve"]): object => ({
    properties: Object.fromEntries(
      uses.map((use) => [resolve(use.property, "property")!["name"], schemaOf(use, resolve)])
    ),
    required: uses.filter(({ required }) => required).map((use) => resolve(use.property, "property")!["name"])
  })

  it("is what rudder-cli takes for any plan, has each event and key or says which not, and accepts its messages", () =>
    fc.assert(
      fc.property(planWithValues, ([plan, values]) => {
        const { files, losses } = write(plan)
        const { events, plan: tracking, problems, resolve } = rudder(files)
        assert.isEmpty(problems)
        const ajv = new Ajv.default({ strict: false, ownProperties: true })
        addFormats.default(ajv)
        for (const [{ keys, kind, name }, own] of values) {
          const event = events.find((one) => (kind === "event" ? one["name"] === name : one["event_type"] === name))
          if (event === undefined) {
            assert.isTrue(
              losses.some((loss) => loss.name === name && loss.what.startsWith("the event")),
              name
            )
            continue
          }
          const { properties = [] } = tracking["rules"].find((rule: any) => rule.event === `#event:${event["id"]}`)
          const found = new Set(properties.map((use: any) => resolve(use.property, "property")!["name"]))
          for (const { key } of keys) {
            const isLost = losses.some(
              (loss) => loss.name === name && loss.key === key && loss.what.startsWith("the property")
            )
            assert.isTrue(found.has(key) || isLost, key)
          }
          assert.isTrue(ajv.validate({ type: "object", ...objectOf(properties, resolve) }, own), ajv.errorsText())
        }
      })
    ))
})
