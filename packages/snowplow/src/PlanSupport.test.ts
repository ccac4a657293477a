import { Aggregate, type Description, Entity, Plan, PlanSupport, PlanSupportError, TrackedEvent } from "@trackmap/core"
import { parse } from "yaml"
import * as Lock from "@trackmap/cli/Lock"
import { registry } from "../test/iglu.ts"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { name, plan as anyPlan } from "../../../fixtures/plans/generated.ts"
import { Snowplow } from "./index.ts"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(({ event, remedy, what }) => `${name}: ${event}: ${what}: ${remedy}`)
  )

describe("snowplow-names", () => {
  it("finds names that no schema can have", () => {
    const plan = Plan.make(TrackedEvent.make("größe"), TrackedEvent.make("Order Placed"))
    assert.deepStrictEqual(said(plan), [
      'snowplow-names: größe: the schema name "größe" of the event größe has other characters than letters, digits, dashes and underscores: give it another, with the option events of Snowplow.sink, or rename it'
    ])
  })

  it("finds events and entities that would share a schema, with each other or with a call", () => {
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
    const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many("lines", Line, () => [], Aggregate.list({ max: 2 }))
    )
    const plan = Plan.make(
      TrackedEvent.make("identify"),
      TrackedEvent.make("orderPlaced", { entities: { order: Order } }),
      TrackedEvent.make("line")
    )
    assert.deepStrictEqual(
      said(plan).map((text) => text.slice(0, text.lastIndexOf(":"))),
      [
        'snowplow-names: identify: identify calls and the event identify have the same schema name "identify"',
        'snowplow-names: line: the entity Line and the event line have the same schema name "line"'
      ]
    )
    assert.isEmpty(said(Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order } }))))
    const Odd = Entity.make("Page", { key: "id", attributes: { id: Schema.Int } })
    const [found] = said(Plan.make(TrackedEvent.make("seen", { entities: { odd: Odd } })))
    assert.include(found, "snowplow-names: seen: page calls and the entity Page have the same schema name")
  })

  it("finds what a sink refuses when it opens", () =>
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 4 }), (names) => {
        const made = Result.try(() => Plan.make(...names.map((one) => TrackedEvent.make(one))))
        if (Result.isFailure(made)) return
        const schemas = Result.try(() => Snowplow.schemas(made.success, { vendor: "com.acme" }))
        assert.strictEqual(Result.isFailure(schemas), said(made.success).length > 0)
      })
    ))
})

const vendor = "com.acme"
const [format] = support.formats

/** The structures of a plan by the names of their schemas, and what they lack. */
const exported = (plan: Description.Plan, settings: Partial<PlanSupport.Settings> = {}) => {
  const { files, losses } = format!.write(plan, { ...PlanSupport.noSettings, name: vendor, ...settings })
  const [versions, ...structures] = [...files].toReversed().map(([, text]) => parse(text))
  return {
    files: [...files.keys()],
    losses,
    versions: versions as Readonly<Record<string, string>>,
    structures: new Map<string, any>(structures.map((one) => [one.data.self.name, one]))
  }
}

/** What the lock of a plan knows. */
const settingsOf = ({ entities, subjects }: Lock.Lock): Partial<PlanSupport.Settings> => ({
  versionOf: (name, kind = "event") =>
    kind === "entity" ? entities.get(name)?.version : subjects.get(`${kind} ${name}`)?.header.version
})

describe("the export snowplow", () => {
  const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, note: Schema.String } }).pipe(
    Entity.annotate({ description: "An order.", owner: "Shop", tags: ["sales", "b2b"], since: "2.0.0" })
  )
  const plan = Plan.describe(
    Plan.make(
      TrackedEvent.make("orderPlaced", {
        entities: { order: Order },
        properties: { code: Schema.String.check(Schema.isPattern(/^a/)) }
      }).pipe(TrackedEvent.annotate({ deprecated: { reason: "too coarse", replacedBy: "orderPaid" } }))
    ).pipe(Plan.calls({ identify: { tier: Schema.String } }))
  )

  it("has a data structure for each event, entity and other call, with the versions of the lock", () => {
    const versionOf: PlanSupport.Settings["versionOf"] = (name, kind) => {
      const versions: Readonly<Record<string, string>> = { orderPlaced: "1-2-0", Order: "3-0-1", identify: "1-1-0" }
      return kind === "call" && name !== "identify" ? undefined : versions[name]
    }
    const { files, losses, structures, versions } = exported(plan, { versionOf })
    assert.deepStrictEqual(files.slice(-3), [
      "data-structures/com.acme/order.yaml",
      "data-structures/com.acme/order_placed.yaml",
      "versions.json"
    ])
    assert.deepStrictEqual(structures.get("order"), {
      apiVersion: "v1",
      resourceType: "data-structure",
      meta: {
        hidden: false,
        schemaType: "entity",
        customData: { owner: "Shop", tags: "sales, b2b", since: "2.0.0" }
      },
      data: {
        $schema: "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
        description: "An order.",
        self: { vendor, name: "order", format: "jsonschema", version: "3-0-1" },
        type: "object",
        properties: {
          id: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
          note: { type: "string" }
        },
        required: ["id", "note"],
        additionalProperties: false
      }
    })
    const { meta } = structures.get("order_placed")
    assert.deepStrictEqual(meta, {
      hidden: false,
      schemaType: "event",
      customData: { deprecated: "too coarse; replaced by orderPaid" }
    })
    assert.strictEqual(structures.get("page").meta.schemaType, "entity")
    // The schema of a call that is declared later differs from that of one that is not.
    assert.deepInclude(versions, { order_placed: "1-2-0", order: "3-0-1", identify: "2-1-0", group: "1-0-0" })
    assert.deepStrictEqual(losses, [{ name: "orderPlaced", key: "code", what: "its pattern /^a/" }])
  })

  it("says for each type what a schema does not have of it", () => {
    const types: ReadonlyArray<readonly [Description.JsonType, string]> = [
      [
        { _tag: "String", format: "decimal", minLength: 2 },
        "its format, decimal, its minimum length, which JSON Schema counts in code points"
      ],
      [{ _tag: "Integer", multipleOf: 2 }, "that it is a multiple of 2"],
      [{ _tag: "Array", items: { _tag: "Tuple", items: [] } }, "what its elements are"],
      [
        {
          _tag: "Object",
          properties: [{ name: "a", type: { _tag: "Recursive" }, optional: false, personal: false }],
          rest: { _tag: "Number", multipleOf: 3 }
        },
        "its type inside itself, that it is a multiple of 3"
      ],
      [{ _tag: "Union", types: [{ _tag: "String", patterns: ["a"] }, { _tag: "Boolean" }] }, "its pattern /a/"]
    ]
    for (const [type, what] of types) {
      const key = {
        key: "a",
        path: "a",
        attribute: "a",
        kind: "property",
        type,
        optional: false,
        personal: false
      } as const
      const { losses } = exported({ format: 1, entities: [], events: [], calls: [{ call: "identify", keys: [key] }] })
      assert.deepStrictEqual(losses, [{ name: "identify", key: "a", what }])
    }
  })

  it("needs a vendor, and names that schemas can have", () => {
    const wrong = (of: Description.Plan, name?: string) => {
      const written = Result.try(() => format!.write(of, { ...PlanSupport.noSettings, name }))
      assert.isTrue(Result.isFailure(written))
      return String(Result.getFailure(written).pipe((found) => (found._tag === "Some" ? found.value : "")))
    }
    assert.include(wrong(plan), "snowplow: it needs the vendor of your schemas: name it, such as `--name com.acme`")
    assert.include(wrong(plan, "com acme"), "has other characters than letters, digits, dots, dashes and underscores")
    const odd = Plan.describe(Plan.make(TrackedEvent.make("größe"), TrackedEvent.make("identify")))
    assert.include(
      wrong(odd, vendor),
      'identify calls and the event identify have the same schema name "identify" (and 1 more): rename it, or write the schemas with the options of your sink'
    )
  })

  it("has self-describing schemas of draft 4 with every event and key, for any plan that a sink takes", () =>
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const written = Result.try(() => exported(plan))
        if (Result.isFailure(written)) {
          assert.instanceOf(written.failure, PlanSupportError.PlanSupportError)
          assert.isNotEmpty(support.rules.flatMap(({ find }) => find(plan)))
          return
        }
        const { structures } = written.success
        registry([...structures.values()].map(({ data }) => ({ uri: data.self.name, path: "", schema: data })))
        const texts = JSON.stringify([...structures.values()].map(({ data }) => data.properties))
        for (const { nodes } of plan.events) {
          for (const { keys, prefix } of nodes) {
            for (const { attribute, key } of keys) {
              assert.include(texts, JSON.stringify(prefix === undefined ? key : attribute))
            }
          }
        }
      })
    ))

  const types: ReadonlyArray<Description.JsonType> = [
    { _tag: "Integer" },
    { _tag: "Number" },
    { _tag: "String" },
    { _tag: "String", nullable: true },
    { _tag: "Literals", values: ["a"] },
    { _tag: "Literals", values: ["a", "b"] }
  ]
  const attribute = fc.record({ type: fc.constantFrom(...types), optional: fc.boolean() })
  const attributes = fc.record({ a: attribute, b: attribute, c: attribute })
  const has = fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() })
  /** A plan of few names: those that follow each other differ in a few keys. */
  const small: fc.Arbitrary<Description.Plan> = fc
    .tuple(
      attributes,
      fc.array(fc.record({ own: has, order: fc.option(has), other: fc.option(has) }), { minLength: 1, maxLength: 2 })
    )
    .map(([all, events]) => {
      const names = ["a", "b", "c"] as const
      const keysOf = (which: Readonly<Record<"a" | "b" | "c", boolean>>, prefix: string) =>
        names
          .filter((name) => which[name])
          .map((name): Description.Key => {
            const isOwn = prefix === ""
            const [key, path] = isOwn ? [name, name] : [`${prefix}_${name}`, `Order.${name}`]
            const kind = isOwn ? ("property" as const) : ("attribute" as const)
            const { optional, type } = all[name]
            return { key, path, attribute: name, kind, personal: false, optional, type }
          })
      const nodeOf = (keys: ReadonlyArray<Description.Key>, entity: string, prefix?: string): Description.Node => {
        const node = { path: entity, entity, to: "one", resolver: { _tag: "Row" }, keys } as const
        return prefix === undefined ? node : { ...node, prefix }
      }
      const order = { name: "Order", key: "a", attributes: [], relations: [] }
      return {
        format: 1,
        entities: [order],
        events: events.map(({ order, other, own }, index) => {
          const others = [order && (["Order", order] as const), other && (["Other", other] as const)].filter(
            (one) => one !== null
          )
          const nodes = others
            .map(([prefix, which]) => nodeOf(keysOf(which, prefix), "Order", prefix))
            .filter(({ keys }) => keys.length > 0)
          return { name: `seen${index}`, purposes: [], nodes: [nodeOf(keysOf(own, ""), `seen${index}`), ...nodes] }
        })
      }
    })

  it("gives a schema that differs from the one before a greater version, by the lock, and never a lesser one", () => {
    let [changed, same] = [0, 0]
    fc.assert(
      fc.property(small, small, (first, second) => {
        const before = Lock.make(first)
        const [was, is] = [exported(first, settingsOf(before)), exported(second, settingsOf(Lock.make(second, before)))]
        for (const [name, { data }] of is.structures) {
          const known = was.structures.get(name)?.data
          if (known === undefined) continue
          const shape = ({ properties, required }: any) =>
            JSON.stringify([Object.entries(properties).toSorted(), required?.toSorted()])
          const numbers = ({ self }: any): ReadonlyArray<number> => self.version.split("-").map(Number)
          const [a, b] = [numbers(known), numbers(data)]
          const difference = b.map((n, at) => n - a[at]!).find((n) => n !== 0) ?? 0
          assert.isAtLeast(difference, 0, name)
          if (shape(known) === shape(data)) same++
          else {
            changed++
            assert.isAbove(difference, 0, `${name} ${shape(known)} ${shape(data)}`)
          }
        }
      }),
      { numRuns: 150 }
    )
    assert.isAbove(changed, 50)
    assert.isAbove(same, 100)
  })
})
