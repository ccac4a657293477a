import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { type } from "arktype"
import * as v from "valibot"
import { z } from "zod"
import { type Annotations, Attribute, DefinitionError, Description, Entity, Pii, Plan, TrackedEvent } from "./index.ts"

/** What a plan says of an attribute besides its type. */
const annotationsOf = (schema: Attribute.Any) => {
  const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int, it: schema as Schema.Int } })
  const plan = Plan.make(TrackedEvent.make("seen", { entities: { thing: Thing } }))
  const { entities, events } = Plan.describe(plan)
  const { kind: _, name: __, optional: ___, personal: ____, type: _____, ...annotations } = entities[0]!.attributes[1]!
  const key = events[0]!.nodes[1]!.keys[1]!
  assert.deepInclude(key, annotations, "a key has the annotations of its attribute")
  return annotations
}

const all = {
  description: "Who makes it",
  owner: "catalogue",
  tags: ["partners"],
  since: "2.4.0",
  deprecated: { reason: "it has two", replacedBy: "Maker" },
  allow: { "key-case": "as the ERP has it" },
  examples: ["Mario Bros Plumbing Supply"]
} satisfies Annotations.Annotations

describe("annotations", () => {
  const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int } }).pipe(
    Entity.annotate({ description: "A firm", examples: [{ Manufacturer_id: 1 }] })
  )
  const Product = Entity.make("Product", {
    key: "id",
    attributes: {
      id: Schema.Int,
      name: Attribute.annotate(Schema.String, all)
    }
  }).pipe(
    Entity.one("manufacturer", Manufacturer, (row: { readonly maker: { readonly id: number } }) => row.maker),
    Entity.annotateRelation("manufacturer", all)
  )
  const Repriced = TrackedEvent.make("repriced", {
    entities: { product: Product },
    properties: { reason: Schema.String.annotate({ description: "In the buyer's words" }) }
  }).pipe(TrackedEvent.annotate({ ...all, deprecated: true }))

  it("of events, entities, relations, attributes and properties are in the description of their plan", () => {
    const described = Plan.describe(Plan.make(Repriced))
    assert.deepStrictEqual(Schema.decodeUnknownSync(Description.Plan)(JSON.parse(JSON.stringify(described))), described)
    const [maker, product] = described.entities
    const [event] = described.events
    assert.deepInclude(event!, { ...all, deprecated: {} })
    assert.deepInclude(event!.nodes[0]!.keys[0]!, { description: "In the buyer's words" })
    assert.deepInclude(maker!, { description: "A firm", examples: [{ Manufacturer_id: 1 }] })
    assert.deepInclude(product!.relations[0]!, all)
    assert.deepInclude(product!.attributes[1]!, all)
    assert.deepInclude(
      event!.nodes.flatMap(({ keys }) => keys).find(({ key }) => key === "Product_name")!,
      all
    )
    assert.notProperty(product!, "description")
  })

  it("are added to those before, and replace the same", () => {
    const twice = Repriced.pipe(TrackedEvent.annotate({ owner: "sales", since: undefined }))
    assert.deepInclude(TrackedEvent.describe(twice), { ...all, deprecated: {}, owner: "sales" })
    const Renamed = Entity.annotateRelation(Product, "manufacturer", { owner: "sales" })
    const [, product] = Plan.describe(Plan.make(TrackedEvent.make("seen", { entities: { product: Renamed } }))).entities
    assert.deepInclude(product!.relations[0]!, { ...all, owner: "sales" })
    const Once = Attribute.annotate(Attribute.annotate(Schema.String, { owner: "sales" }), { owner: "catalogue" })
    assert.deepStrictEqual(annotationsOf(Once), { owner: "catalogue" })
  })

  it("stay with every variant of an entity", () => {
    const Annotated = Entity.annotate(Product, { description: "What we sell" })
    const { Product: _, ...variants } = {
      Product,
      unchecked: Entity.unchecked(Annotated),
      omitted: Entity.omit(Annotated, "manufacturer"),
      extended: Entity.extras(Annotated, { coupon: Schema.String }),
      changed: Entity.changed(Annotated),
      computed: Entity.computed(Annotated, "twice", Schema.Int, (row: { readonly id: number }) => row.id * 2)
    }
    for (const variant of Object.values<Entity.Any>(variants)) {
      const { entities } = Plan.describe(Plan.make(TrackedEvent.make("seen", { entities: { product: variant } })))
      const found = entities.find(({ name }) => name === "Product")!
      assert.deepInclude(found, { description: "What we sell" })
      assert.deepInclude(found.attributes[1]!, all)
      for (const relation of found.relations) assert.deepInclude(relation, all)
    }
  })

  it("change the version of a plan, and not that of an event, which relays compare", () => {
    const Other = TrackedEvent.annotate(Repriced, { description: "A new text" })
    assert.notStrictEqual(Plan.version(Plan.make(Other)), Plan.version(Plan.make(Repriced)))
    assert.strictEqual(TrackedEvent.version(Other), TrackedEvent.version(Repriced))
    const Plain = TrackedEvent.make("repriced", {
      entities: { product: Product },
      properties: { reason: Schema.String }
    })
    assert.strictEqual(TrackedEvent.version(Plain), TrackedEvent.version(Repriced))
  })

  it("leave values as they are", () => {
    const row = { id: 1, name: "Duck Tape", maker: { id: 2 } }
    const Plain = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } }).pipe(
      Entity.one("manufacturer", Manufacturer, ({ maker }: typeof row) => maker)
    )
    assert.deepStrictEqual(Entity.valuesSync(Product, row), Entity.valuesSync(Plain, row))
  })
})

describe("the annotations of an attribute", () => {
  it("are what an Effect schema says, wherever it says it", () => {
    const said = { description: "it", examples: ["a"] }
    const text = Schema.String.annotate(said)
    for (const schema of [
      text,
      text.check(Schema.isMinLength(1)),
      Schema.String.check(Schema.isMinLength(1)).annotate(said),
      Schema.String.annotateKey(said),
      Schema.optional(text),
      Schema.optionalKey(text),
      Schema.NullOr(text),
      Schema.NullishOr(text),
      Pii.personal(text),
      Attribute.nullable(text)
    ]) {
      assert.deepStrictEqual(annotationsOf(schema), said)
    }
    assert.deepStrictEqual(annotationsOf(Schema.Option(text)), { description: "it", examples: ["a"] })
  })

  it("are those that were said last, and the key's before the schema's", () => {
    const first = Schema.String.annotate({ description: "first" })
    assert.deepStrictEqual(annotationsOf(first.annotate({ description: "last" })), { description: "last" })
    const checked = first.check(Schema.isMinLength(1)).annotate({ description: "last" })
    assert.deepStrictEqual(annotationsOf(checked), { description: "last" })
    assert.deepStrictEqual(annotationsOf(first.annotateKey({ description: "key" })), { description: "key" })
    assert.deepStrictEqual(annotationsOf(Schema.NullOr(first).annotate({ description: "last" })), {
      description: "last"
    })
  })

  it("are what another library says in its JSON Schema", () => {
    const meta = { description: "it", examples: ["a"], deprecated: true }
    assert.deepStrictEqual(annotationsOf(z.string().meta(meta)), { ...meta, deprecated: {} })
    assert.deepStrictEqual(annotationsOf(z.string().describe("it").optional()), { description: "it" })
    const valibot = toStandardJsonSchema(v.pipe(v.string(), v.description("it")))
    assert.deepStrictEqual(annotationsOf(valibot), { description: "it" })
    assert.deepStrictEqual(annotationsOf(type("string").describe("it")), { description: "it" })
    const own = z.string().meta(meta).pipe(z.string())
    assert.deepStrictEqual(annotationsOf(Attribute.annotate(own, { description: "ours", owner: "sales" })), {
      description: "ours",
      owner: "sales"
    })
  })

  it("have the JSON of their examples", () => {
    const dates = Schema.Date.annotate({ examples: [new Date(0)] })
    assert.deepStrictEqual(annotationsOf(dates), { examples: ["1970-01-01T00:00:00.000Z"] })
    assert.deepStrictEqual(annotationsOf(Attribute.annotate(Schema.Date, { examples: [new Date(0)] })), {
      examples: ["1970-01-01T00:00:00.000Z"]
    })
    const options = Schema.Option(Schema.Int).annotate({ examples: [Option.some(1)] })
    assert.deepStrictEqual(annotationsOf(options), { examples: [1] })
    const transformed = z.date().transform((at) => at.getTime())
    assert.deepStrictEqual(annotationsOf(Attribute.annotate(transformed, { examples: [new Date(5)] })), {
      examples: [5]
    })
  })

  it("have every JSON as an example of any JSON", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue() as fc.Arbitrary<Attribute.JsonValue>), (examples) => {
        const { examples: described } = annotationsOf(Attribute.annotate(Attribute.json, { examples }))
        assert.deepStrictEqual(JSON.stringify(described), JSON.stringify(examples))
      })
    )
  })
})

describe("invalid annotations", () => {
  const detailOf = (define: () => unknown): string => {
    try {
      define()
    } catch (error) {
      assert.instanceOf(error, DefinitionError.DefinitionError)
      return error.message
    }
    return assert.fail("it defined")
  }
  const event = (given: unknown) => detailOf(() => TrackedEvent.make("seen").pipe(TrackedEvent.annotate(given as {})))

  it("are refused, with the part and what to write", () => {
    assert.strictEqual(
      event({ description: " " }),
      "seen: description must be a string with text, not a string of length 1"
    )
    assert.strictEqual(event({ owner: 1 }), "seen: owner must be a string with text, not 1")
    assert.strictEqual(event({ tags: "a" }), "seen: tags must be an array, not a string of length 1")
    assert.strictEqual(event({ tags: [""] }), "seen: a tag must be a string with text, not a string of length 0")
    assert.strictEqual(
      event({ deprecated: "no" }),
      "seen: deprecated must be true, or { reason, replacedBy }, not a string of length 2"
    )
    assert.match(
      event({ deprecated: { replaced: "a" } }),
      /^seen: it has no option "replaced": did you mean replacedBy\?/
    )
    assert.match(event({ descripton: "a" }), /^seen: it has no option "descripton": did you mean description\?/)
    assert.strictEqual(
      event({ allow: ["key-case"] }),
      "seen: allow must be reasons by the names of rules, not an array of length 1"
    )
    assert.match(event({ allow: { tense: "" } }), /^seen: the reason of allow\.tense must be a string with text/)
    assert.match(event({ examples: [1n] }), /^seen: an example is not JSON: it has /)
    const itself: { it?: unknown } = {}
    itself.it = itself
    assert.strictEqual(
      event({ examples: [itself] }),
      "seen: an example is not JSON: it contains itself, or is too deep"
    )
    assert.match(event(undefined), /^seen: it takes an object with its options/)
  })

  it("of relations name the relation, and those that there are", () => {
    const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int } })
    const annotate = (name: string) => detailOf(() => Entity.annotateRelation(Thing as Entity.Any, name, {}))
    assert.strictEqual(annotate("owner"), `Thing: there is no relation "owner" to annotate (it has none)`)
  })

  it("include examples that their schema does not accept", () => {
    const schema = Schema.Int.annotate({ examples: [1.5] })
    const detail = detailOf(() => Entity.make("Thing", { key: "id", attributes: { id: schema } }))
    assert.strictEqual(detail, `Thing: the attribute "id" has an example that its schema does not accept`)
  })
})
