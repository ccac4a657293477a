import { type Description, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import * as fc from "fast-check"
import Papa from "papaparse"
import { plan as anyPlan } from "../../../fixtures/plans/generated.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { against, track } from "../test/against.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

/** A type of lists in lists. */
const lists = (depth: number): Schema.Codec<any> => (depth === 0 ? Schema.Int : Schema.Array(lists(depth - 1)))

describe("amplitude-limits", () => {
  it("finds what is nested too deep, which is one level less in traits", () => {
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { properties: { deep: lists(40), fine: lists(39) } })).pipe(
      Plan.calls({ identify: { deep: lists(39), fine: lists(38) } })
    )
    const what = (levels: number) =>
      `its lists and objects are nested deeper than the ${levels} levels that Amplitude takes`
    assert.deepStrictEqual(said(plan), [
      `amplitude-limits: orderPlaced deep: ${what(39)}`,
      `amplitude-limits: identify deep: ${what(38)}`
    ])
  })
})

describe("amplitude-reserved", () => {
  it("finds events with names of Amplitude's own", () => {
    const plan = Plan.make(
      TrackedEvent.make("$identify"),
      TrackedEvent.make("[Amplitude] Revenue"),
      TrackedEvent.make("$seen")
    )
    assert.deepStrictEqual(said(plan), [
      "amplitude-reserved: $identify: Amplitude reserves the name $identify",
      "amplitude-reserved: [Amplitude] Revenue: Amplitude reserves the name [Amplitude] Revenue"
    ])
  })
})

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const messages = sent.map(({ index, ...more }) => track({ messageId: `m${index}`, ...more }))
      const { events, outcomes } = yield* against(messages)
      const stored = new Map(events.map((event) => [event.insert_id, event.event_properties]))
      return sent.map(({ index }) => (outcomes[index] === "Delivered" ? stored.get(`m${index}`) : undefined))
    })
  ))

/** The rows of a plan's files, without empty cells, and what they lack. */
const exported = (plan: Description.Plan) => {
  const { files, losses } = support.formats[0]!.write(plan, PlanSupport.noSettings)
  const rowsOf = (text = "") => {
    const { data, errors } = Papa.parse(text, { header: true, skipEmptyLines: true })
    assert.isEmpty(text === "" ? [] : errors)
    return data.map((row) => Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== "")))
  }
  return { events: rowsOf(files.get("events.csv")), users: rowsOf(files.get("user-properties.csv")), losses, files }
}

describe("the export amplitude", () => {
  it("has a row for each event and, below it, one for each of its keys", () => {
    const Order = Entity.make("Order", {
      key: "id",
      attributes: { id: Schema.Int, paid: Schema.optional(Schema.Boolean) }
    })
    const plan = Plan.make(
      TrackedEvent.make("orderPlaced", { entities: { order: Order } }).pipe(
        TrackedEvent.annotate({ description: 'An "order", placed.', owner: "shop@acme.com", tags: ["sales", "b2b"] })
      )
    ).pipe(Plan.calls({ identify: { tier: Schema.Literals(["free", "pro"]) }, group: { seats: Schema.Int } }))
    const { events, files, losses, users } = exported(Plan.describe(plan))
    assert.include(files.get("events.csv"), 'Event,orderPlaced,,shop@acme.com,"An ""order"", placed.",,"sales,b2b",')
    const property = { "Property Type": "Event Property", "Property Value Type": "number" }
    assert.deepStrictEqual(events, [
      {
        "Object Type": "Event",
        "Object Name": "orderPlaced",
        "Object Owner": "shop@acme.com",
        "Object Description": 'An "order", placed.',
        Tags: "sales,b2b"
      },
      { ...property, "Event Property Name": "Order_id", "Property Required": "True", "Number Is Integer": "True" },
      {
        ...property,
        "Event Property Name": "Order_paid",
        "Property Required": "False",
        "Property Value Type": "boolean"
      }
    ])
    assert.deepStrictEqual(users, [
      {
        "Property Type": "User Property",
        "Property Name": "tier",
        "Property Value Type": "enum",
        "Enum Values": "free,pro"
      }
    ])
    assert.deepStrictEqual(losses, [
      { name: "group", what: "the traits of group calls, since Amplitude imports none of groups" }
    ])
  })

  it("has an apostrophe before what a spreadsheet would run, but not before a number", () => {
    const plan = Plan.make(
      TrackedEvent.make("=1+1", { properties: { a: Schema.Int.check(Schema.isGreaterThanOrEqualTo(-5)) } })
    )
    const { events, losses } = exported(Plan.describe(plan))
    assert.deepStrictEqual([events[0]!["Object Name"], events[1]!["Number Property Value Min"]], ["'=1+1", "-5"])
    assert.deepStrictEqual(losses, [{ name: "=1+1", what: "its name without an apostrophe" }])
    const listed = TrackedEvent.make("seen", { properties: { a: Schema.Literals(["=1", "b"]) } })
    assert.deepStrictEqual(exported(Plan.describe(Plan.context(Plan.make(listed), { ip: Schema.String }))).losses, [
      { name: "the context", what: "its declared keys" },
      { name: "seen", key: "a", what: "its enum values without an apostrophe" }
    ])
  })

  it("says what of an annotation it does not have", () => {
    const annotated = TrackedEvent.make("seen").pipe(
      TrackedEvent.annotate({ owner: "Shop", tags: ["a,b"], since: "1" })
    )
    assert.deepStrictEqual(exported(Plan.describe(Plan.make(annotated))).losses, [
      { name: "seen", what: "its owner, tags, since" }
    ])
  })

  it("has one row for pages and for an event of their name", () => {
    const plan = Plan.calls(Plan.make(TrackedEvent.make("Page Viewed")), { page: { url: Schema.String }, screen: {} })
    const { events, losses } = exported(Plan.describe(plan))
    assert.deepStrictEqual(
      events.map((row) => row["Object Name"]),
      ["Page Viewed", "Screen Viewed"]
    )
    assert.deepStrictEqual(losses, [
      { name: "page", what: "the declared keys of page calls, since Page Viewed is an event, too" }
    ])
  })

  const types: ReadonlyArray<readonly [Description.JsonType, Readonly<Record<string, string>>, string | undefined]> = [
    [
      { _tag: "String", minLength: 1, maxLength: 2, patterns: ["^a"] },
      {
        "Property Value Type": "string",
        "String Property Value Min Length": "1",
        "String Property Value Max Length": "2",
        "Property Regex": "^a"
      },
      undefined
    ],
    [{ _tag: "String", patterns: ["a", "b"] }, { "Property Value Type": "string" }, "its pattern"],
    [
      { _tag: "Number", minimum: 0, maximum: 1.5 },
      { "Property Value Type": "number", "Number Property Value Min": "0", "Number Property Value Max": "1.5" },
      undefined
    ],
    [{ _tag: "Number", multipleOf: 2 }, { "Property Value Type": "number" }, "its bounds"],
    [{ _tag: "Literals", values: ["a"] }, { "Property Value Type": "const", "Const Value": "a" }, undefined],
    [{ _tag: "Literals", values: ["a", 1] }, { "Property Value Type": "enum", "Enum Values": "a,1" }, undefined],
    [{ _tag: "Literals", values: ["a,b", "c"] }, { "Property Value Type": "any" }, "its values"],
    [
      { _tag: "Array", items: { _tag: "Literals", values: ["a", "b"] }, minItems: 1, maxItems: 2 },
      {
        "Property Value Type": "enum",
        "Property Is Array": "True",
        "Array Min Items": "1",
        "Array Max Items": "2",
        "Enum Values": "a,b"
      },
      undefined
    ],
    [
      { _tag: "Array", items: { _tag: "Array", items: { _tag: "Boolean" } } },
      { "Property Value Type": "any", "Property Is Array": "True" },
      "what its elements are"
    ],
    [
      { _tag: "Tuple", items: [] },
      { "Property Value Type": "any", "Property Is Array": "True" },
      "what its elements are, its length"
    ],
    [{ _tag: "Json" }, { "Property Value Type": "any" }, undefined],
    [
      { _tag: "Object", properties: [], nullable: true },
      { "Property Value Type": "any" },
      "what is in it, that it can be null"
    ],
    [
      { _tag: "Union", types: [{ _tag: "Boolean" }, { _tag: "Literals", values: [true] }] },
      { "Property Value Type": "boolean" },
      "its type, boolean | true"
    ]
  ]
  it.each(types)("writes %j", (type, cells, loss) => {
    const key = {
      key: "a",
      path: "a",
      attribute: "a",
      kind: "property",
      type,
      optional: false,
      personal: false
    } as const
    const { losses, users } = exported({
      format: 1,
      entities: [],
      events: [],
      calls: [{ call: "identify", keys: [key] }]
    })
    assert.deepStrictEqual(users, [{ "Property Type": "User Property", "Property Name": "a", ...cells }])
    assert.deepStrictEqual(losses, loss === undefined ? [] : [{ name: "identify", key: "a", what: loss }])
  })

  it("has every event and every key for any plan, as another reader of CSV sees it", () =>
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { events, losses, users } = exported(plan)
        const guarded = (text: string) =>
          /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? `'${text}` : text
        const at = events.map((row) => row["Object Name"])
        for (const { keys, kind, name } of PlanSupport.subjectsOf(plan)) {
          if (kind === "call") continue
          const start = at.indexOf(guarded(name))
          assert.isAtLeast(start, 0, name)
          const rows = events.slice(start + 1, start + 1 + keys.length)
          assert.deepStrictEqual(
            rows.map((row) => row["Event Property Name"]),
            keys.map(({ key }) => guarded(key))
          )
          for (const { key } of keys) {
            const isLost = losses.some(
              (loss) => loss.name === name && loss.key === key && loss.what.includes("name without an apostrophe")
            )
            assert.strictEqual(isLost, guarded(key) !== key)
          }
        }
        const traits = plan.calls?.find(({ call }) => call === "identify")?.keys ?? []
        assert.deepStrictEqual(
          users.map((row) => row["Property Name"]),
          traits.map(({ key }) => guarded(key))
        )
      })
    ))
})
