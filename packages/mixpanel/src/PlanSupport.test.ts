import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { arrivesWholeUnlessFound } from "../../../fixtures/plans/whole.ts"
import { type Description, Entity, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import Ajv from "ajv"
import addFormats from "ajv-formats"
import * as fc from "fast-check"
import { plan as anyPlan } from "../../../fixtures/plans/generated.ts"
import * as Schema from "effect/Schema"
import { against, track } from "../test/against.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan, without its remedies. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

const planOf = (properties: Schema.Struct.Fields, name = "orderPlaced") =>
  Plan.make(TrackedEvent.make(name, { properties }))

describe("mixpanel-limits", () => {
  it("finds names that are too long, what is nested too deep, and too many keys", () => {
    const deep = Schema.Array(Schema.Array(Schema.Array(Schema.Array(Schema.Int))))
    const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`k${index}`, Schema.Int]))
    assert.deepStrictEqual(said(planOf({ deep })), [
      "mixpanel-limits: orderPlaced deep: its lists and objects are nested deeper than the 3 levels that Mixpanel takes"
    ])
    assert.deepStrictEqual(said(planOf(many, "é".repeat(128))), [
      `mixpanel-limits: ${"é".repeat(128)}: its name has more than the 255 bytes that Mixpanel takes`,
      `mixpanel-limits: ${"é".repeat(128)}: it has 251 keys, and Mixpanel takes 250`
    ])
  })

  it("takes more traits than properties", () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, Schema.Int]))
    const plan = Plan.make(TrackedEvent.make("orderPlaced"))
    assert.isEmpty(said(Plan.calls(plan, { identify: many })))
    assert.deepStrictEqual(said(Plan.calls(plan, { page: many })), [
      "mixpanel-limits: page: it has 300 keys, and Mixpanel takes 250"
    ])
  })
})

describe("mixpanel-reserved", () => {
  it("finds the names of Mixpanel's own", () => {
    const plan = Plan.make(
      TrackedEvent.make("$merge", { properties: { time: Schema.Date, at: Schema.Date } }),
      TrackedEvent.make("mp_seen")
    ).pipe(Plan.calls({ identify: { time: Schema.Date }, page: { ip: Schema.String } }))
    assert.deepStrictEqual(said(plan), [
      "mixpanel-reserved: $merge: Mixpanel reads an event of the name $merge as a change of ids",
      'mixpanel-reserved: $merge time: Mixpanel or its sink uses the key "time" itself',
      "mixpanel-reserved: mp_seen: it begins with mp_, like Mixpanel's own events",
      'mixpanel-reserved: page ip: Mixpanel or its sink uses the key "ip" itself'
    ])
  })
})

it("an event arrives whole if no rule finds anything, and else does not", () =>
  arrivesWholeUnlessFound(support.rules, (sent) =>
    Effect.gen(function* () {
      const messages = sent.map(({ index, ...more }) => track(`m${index}`, more))
      const { events, outcomes } = yield* against([], messages)
      const stored = new Map(events.map(({ properties }) => [properties["$insert_id"], properties]))
      return sent.map(({ index }) => (outcomes[index] === "Delivered" ? stored.get(`m${index}`) : undefined))
    })
  ))

/** What the Lexicon Schemas API takes, by its description (OpenAPI, "Upload schemas for project"). */
const [flag, words] = [{ type: "boolean" }, { type: "string" }]
const only = (properties: object, ...required: ReadonlyArray<string>) => {
  return { type: "object", properties, required, additionalProperties: false }
}
const listOf = (items: object) => ({ type: "array", items })
const shown = { displayName: words, hidden: flag, dropped: flag }
const owner = only({ name: words, email: { type: "string", format: "email" } })
const metadata = {
  type: "object",
  properties: { "com.mixpanel": only({ ...shown, tags: listOf(words), owners: listOf(owner) }) }
}
const names = ["array", "boolean", "integer", "null", "number", "object", "string"]
const property = only({ type: { enum: names }, description: words, metadata: { type: "object" } }, "type")
const schemaJson = {
  type: "object",
  properties: { description: words, properties: { type: "object", additionalProperties: property }, metadata }
}
const entityType = { enum: ["event", "profile"] }
const entry = only({ entityType, name: words, schemaJson }, "name", "entityType", "schemaJson")
const api = only({ truncate: flag, entries: listOf(entry) }, "entries")
const ajv = new Ajv.default({ ownProperties: true })
addFormats.default(ajv)
const isTaken = ajv.compile(api)

/** The entries of a plan, and what they lack. */
const exported = (plan: Description.Plan) => {
  const { files, losses } = support.formats[0]!.write(plan, PlanSupport.noSettings)
  return { body: JSON.parse(files.get("lexicon.json")!), losses, files }
}

describe("the export mixpanel", () => {
  it("has an entry for each event, and for the profile of users", () => {
    const Order = Entity.make("Order", {
      key: "id",
      attributes: { id: Schema.Int, note: Schema.optional(Schema.String) }
    })
    const plan = Plan.make(
      TrackedEvent.make("orderPlaced", { entities: { order: Order }, properties: { at: Schema.Date } }).pipe(
        TrackedEvent.annotate({ description: "An order was placed.", owner: "Shop", tags: ["sales"], since: "2.0.0" })
      )
    ).pipe(
      Plan.calls({ identify: { email: Schema.String }, page: { url: Schema.String }, group: { seats: Schema.Int } })
    )
    const { body, losses } = exported(Plan.describe(plan))
    assert.deepStrictEqual(body.entries, [
      {
        entityType: "event",
        name: "orderPlaced",
        schemaJson: {
          description: "An order was placed.",
          properties: { at: { type: "string" }, Order_id: { type: "integer" }, Order_note: { type: "string" } },
          required: ["at", "Order_id"],
          additionalProperties: true,
          metadata: { "com.mixpanel": { tags: ["sales"], owners: [{ name: "Shop" }] } }
        }
      },
      {
        entityType: "profile",
        name: "$user",
        schemaJson: { properties: { $email: { type: "string" } }, additionalProperties: true }
      },
      {
        entityType: "event",
        name: "Page Viewed",
        schemaJson: { properties: { url: { type: "string" } }, required: ["url"], additionalProperties: true }
      }
    ])
    assert.deepStrictEqual(losses, [
      { name: "orderPlaced", what: "its since" },
      { name: "orderPlaced", key: "at", what: "its format, date-time" },
      { name: "group", what: "the declared keys of group calls, since Lexicon has none of groups" }
    ])
  })

  it("has one entry for pages and for an event of their name", () => {
    const plan = Plan.calls(Plan.make(TrackedEvent.make("Page Viewed")), { page: { url: Schema.String } })
    const { body, losses } = exported(Plan.describe(plan))
    assert.strictEqual(body.entries.length, 1)
    assert.deepStrictEqual(losses, [
      { name: "page", what: "the declared keys of page calls, since Page Viewed is an event, too" }
    ])
  })

  it("is what Mixpanel takes, with every event and every key, for any plan", () =>
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { body, files, losses } = exported(plan)
        assert.isTrue(isTaken(body), ajv.errorsText(isTaken.errors))
        assert.isTrue(files.get("lexicon.json")!.endsWith("}\n"))
        const entries = new Map<string, any>(body.entries.map((one: any) => [`${one.entityType} ${one.name}`, one]))
        const names: Readonly<Record<string, string>> = {
          identify: "profile $user",
          page: "event Page Viewed",
          screen: "event Screen Viewed"
        }
        for (const { keys, kind, name } of PlanSupport.subjectsOf(plan)) {
          const entry = entries.get(kind === "event" ? `event ${name}` : names[name]!)
          if (entry === undefined) {
            assert.isTrue(losses.some((loss) => loss.name === name && loss.key === undefined))
            continue
          }
          assert.strictEqual(Object.keys(entry.schemaJson.properties).length, keys.length)
          const has = (key: string) => Object.hasOwn(entry.schemaJson.properties, key)
          for (const { key } of kind === "event" ? keys : []) assert.isTrue(has(key), key)
        }
      })
    ))
})
