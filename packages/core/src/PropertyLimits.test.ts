import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Aggregate, Entity, Plan, PropertyLimits, TrackedEvent } from "./index.ts"

const event: PropertyLimits.PropertyLimits = {
  properties: 254,
  elements: 254,
  objectKeys: 254,
  depth: 3,
  stringBytes: 255,
  valueBytes: 8_000,
  bytes: 900_000,
  reserved: new Set(["time", "_truncated"]),
  marker: "_truncated"
}
const characters = { ...event, stringCharacters: 1_024, stringBytes: 3_072 }
const profile = { ...event, properties: 2_000, elements: Number.POSITIVE_INFINITY, valueBytes: 256_000 }

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

const counted = <A>(most: number, f: (index: number) => A) =>
  fc.integer({ min: 0, max: most }).map((length) => Array.from({ length }, (_, index) => f(index)))
const long = fc.integer({ min: 0, max: 400 }).map((length) => "é".repeat(length))
/** Any JSON, and what is too long, too wide or too deep. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  long,
  counted(400, (index) => index),
  counted(300, () => "x".repeat(60)),
  counted(400, (index) => [`k${index}`, index] as const).map(Object.fromEntries)
) as fc.Arbitrary<PropertyLimits.Values[string]>
const key = fc.oneof(
  fc.string({ unit: "grapheme" }),
  long,
  fc.constantFrom("", "time", "_truncated", "__proto__", "toJSON")
)
const values = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(key, value, { maxKeys: 8 }) },
  { weight: 1, arbitrary: counted(300, (index) => [`k${index}`, index] as const).map(Object.fromEntries) }
)

describe("properties that are cut", () => {
  for (const [name, limits] of [
    ["an event's", event],
    ["a profile's", profile]
  ] as const) {
    it(`fit ${name} limits, and a key that is not listed has its whole value`, () => {
      fc.assert(
        fc.property(values, fc.integer({ min: 0, max: 20 }), (before, others) => {
          const after = PropertyLimits.cut(before, limits, others + 1)
          const { _truncated, ...rest } = after
          const cut = new Set((_truncated ?? []) as ReadonlyArray<string>)
          const unnamed = [...cut].some((key) => /^and \d+ more$/.test(key))
          const entries = Object.entries(rest)
          assert.isTrue(PropertyLimits.fits(rest, limits, others))
          assert.isAtMost(entries.length + others + (_truncated === undefined ? 0 : 1), limits.properties)
          const whole = PropertyLimits.fits(before, limits, others + 1) && bytesOf(before) < limits.bytes
          assert.strictEqual(whole, _truncated === undefined)
          for (const [key, value] of entries) {
            if (!cut.has(key) && !unnamed) assert.strictEqual(JSON.stringify(value), JSON.stringify(before[key]))
            if (typeof value === "string") assert.isAtMost(Buffer.byteLength(value), limits.stringBytes)
            if (typeof value === "object") assert.isAtMost(bytesOf(value), limits.valueBytes)
          }
          if (_truncated !== undefined) assert.isAtMost(bytesOf(_truncated), limits.valueBytes)
        }),
        { numRuns: 200 }
      )
    })
  }

  it("keep the keys that were cut before, in front", () => {
    const cut = PropertyLimits.cut({ long: "x".repeat(256) }, event, 0, ["earlier"])
    assert.deepStrictEqual(cut, { long: "x".repeat(255), _truncated: ["earlier", "long"] })
  })
})

describe("strings whose characters are counted", () => {
  it("fit up to that number, however many bytes they are, and are cut between two characters", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "🦆"), minLength: 900, maxLength: 1_100 })
    fc.assert(
      fc.property(text, (whole) => {
        const { value, _truncated } = PropertyLimits.cut({ value: whole }, characters)
        const short = value as string
        assert.strictEqual(PropertyLimits.fits({ value: whole }, characters), whole.length <= 1_024)
        assert.strictEqual(short === whole, whole.length <= 1_024)
        assert.strictEqual(_truncated === undefined, short === whole)
        assert.isTrue(whole.startsWith(short) && short.isWellFormed())
        if (short !== whole) assert.oneOf(short.length, [1_023, 1_024])
      }),
      { numRuns: 50 }
    )
  })

  it("are told in a plan by their number", () => {
    const plan = Plan.make(TrackedEvent.make("é".repeat(100)))
    assert.isUndefined(PropertyLimits.reasonAgainstPlan(plan, "Example", characters))
    const reason = PropertyLimits.reasonAgainstPlan(plan, "Example", { ...characters, stringCharacters: 99 })
    assert.include(reason, "has a name of more than 99 characters")
  })
})

describe("properties that do not fit", () => {
  it("are told by their keys, never by a value", () => {
    const reason = PropertyLimits.reasonAgainst({ fine: 1, long: "secret".repeat(100), time: 7 }, event)
    assert.strictEqual(reason, "the destination does not accept all of long, time")
    assert.notInclude(reason, "secret")
  })

  it("are told by their number where there are too many", () => {
    const many = Object.fromEntries(Array.from({ length: 255 }, (_, index) => [`k${index}`, index]))
    assert.strictEqual(PropertyLimits.reasonAgainst(many, event, 4), "there are 255 properties, but only 250 fit")
  })
})

describe("a text that is shortened", () => {
  it("ends where a character does, as close to the limit as one fits", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "é", "€", "🦆"), maxLength: 300 }),
        fc.integer({ min: 4, max: 400 }),
        (whole, most) => {
          const short = PropertyLimits.shorten(whole, most)
          const bytes = Buffer.byteLength(short)
          assert.isTrue(whole.startsWith(short))
          assert.isTrue(short.isWellFormed())
          assert.isAtMost(bytes, most)
          if (short !== whole) assert.isAbove(bytes, most - 4)
          assert.strictEqual(PropertyLimits.exceeds(whole, most), short !== whole)
        }
      )
    )
  })
})

describe("a plan", () => {
  const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } })
  const rows = (order: { readonly lines: ReadonlyArray<{ readonly id: number }> }) => order.lines
  const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })

  it("whose events can arrive whole has nothing against it", () => {
    const order = Order.pipe(Entity.many("lines", Line, rows, Aggregate.list({ max: 254 })))
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { entities: { order } }))
    assert.isUndefined(PropertyLimits.reasonAgainstPlan(plan, "Example", event, 4))
  })

  it("names the events and keys that never fit", () => {
    const order = Order.pipe(Entity.many("lines", Line, rows, Aggregate.list({ max: 255 })))
    const deep = Schema.Array(Schema.Array(Schema.Array(Schema.Array(Schema.String))))
    const plan = Plan.make(
      TrackedEvent.make("orderPlaced", { entities: { order }, properties: { time: Schema.String, deep } }),
      TrackedEvent.make("fine")
    )
    assert.strictEqual(
      PropertyLimits.reasonAgainstPlan(plan, "Example", event, 4),
      "Example cannot take these planned events: orderPlaced has time, which the destination or its sink uses itself; " +
        "and deep, which are nested deeper than 3 levels; and Order_lines, which are lists of more than 254 elements"
    )
    const few = { ...event, properties: 6 }
    assert.include(
      PropertyLimits.reasonAgainstPlan(plan, "Example", few, 4),
      "5 keys, of which only 2 fit: Order_id, Order_lines, Order_lines_truncated"
    )
  })

  const deeper: ReadonlyArray<readonly [what: string, type: Schema.Top]> = [
    ["a list", Schema.Array(Schema.Array(Schema.Array(Schema.Array(Schema.String))))],
    ["a tuple", Schema.Tuple([Schema.Tuple([Schema.Tuple([Schema.Tuple([Schema.String])])])])],
    ["an object", Schema.Struct({ a: Schema.Struct({ b: Schema.Struct({ c: Schema.Struct({ d: Schema.Int }) }) }) })],
    [
      "an object of any names",
      Schema.Record(Schema.String, Schema.Struct({ b: Schema.Struct({ c: Schema.Array(Schema.Int) }) }))
    ]
  ]
  const reasonAgainst = (type: Schema.Top) =>
    PropertyLimits.reasonAgainstPlan(
      Plan.make(TrackedEvent.make("deep", { properties: { value: type } as { readonly value: Schema.Int } })),
      "Example",
      event
    )
  for (const [what, type] of deeper) {
    it(`finds ${what} that is nested too deep`, () =>
      assert.include(reasonAgainst(type), "value, which are nested deeper"))

    it(`takes ${what} that can be flat`, () => {
      assert.isUndefined(reasonAgainst(Schema.NullOr(type)))
      assert.isUndefined(reasonAgainst(Schema.Union([Schema.String, type])))
    })
  }

  it("counts the records inside a list as levels, and names the lists inside them", () => {
    const Tag = Entity.make("Tag", { key: "id", attributes: { id: Schema.Int, names: Schema.Array(Schema.String) } })
    const tagged = Line.pipe(Entity.many("tags", Tag, () => [], Aggregate.list({ max: 300 })))
    const order = Order.pipe(Entity.many("lines", tagged, () => [], Aggregate.list({ max: 1 }), Aggregate.first))
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { entities: { order } }))
    const reason = PropertyLimits.reasonAgainstPlan(plan, "Example", event)
    assert.include(reason, "Order_lines, Order_lines_first, which are nested deeper than 3 levels")
    assert.include(
      reason,
      "Order_lines.Line_tags, Order_lines_first.Line_tags, which are lists of more than 254 elements"
    )
  })

  it("names an event whose name is too long", () => {
    const plan = Plan.make(TrackedEvent.make("é".repeat(200)))
    assert.include(PropertyLimits.reasonAgainstPlan(plan, "Example", event), "has a name of more than 255 bytes")
  })
})

it("the events of a plan whose names a destination would not accept are named, with the reasons", () => {
  const plan = Plan.make(TrackedEvent.make("orderPlaced"), TrackedEvent.make("$identify"), TrackedEvent.make("$group"))
  const reasonAgainst = (name: string) => (name.startsWith("$") ? `Acme reserves ${name}` : undefined)
  assert.strictEqual(
    PropertyLimits.reasonAgainstNames(plan, "Acme", reasonAgainst),
    "Acme cannot take these planned events: $identify (Acme reserves $identify); $group (Acme reserves $group)"
  )
  assert.isUndefined(PropertyLimits.reasonAgainstNames(plan, "Acme", () => undefined))
  assert.isUndefined(PropertyLimits.reasonAgainstNames(undefined, "Acme", reasonAgainst))
})

describe("names that are listed", () => {
  it("are ten at the most, each shortened, and the number of the others", () => {
    const names = Array.from({ length: 12 }, (_, index) => `name${index}`)
    assert.strictEqual(PropertyLimits.listed(names.slice(0, 2), 4), "name, name")
    assert.match(PropertyLimits.listed(names, 9), /^name0, name1, .*, name9 and 2 more$/)
  })
})

describe("the rules of a destination", () => {
  const Tag = Entity.make("Tag", { key: "id", attributes: { id: Schema.Int } })
  const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
    Entity.many("tags", Tag, () => [], Aggregate.list({ max: 300 }))
  )
  const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
    Entity.many("lines", Line, () => [], Aggregate.list({ max: 2 }))
  )
  const plan = Plan.describe(
    Plan.make(
      TrackedEvent.make("orderPlaced", {
        entities: { order: Order },
        properties: { time: Schema.Date, abc: Schema.Int }
      })
    ).pipe(Plan.calls({ identify: { time: Schema.Date } }))
  )
  const said = (of: Partial<PropertyLimits.Destination>) =>
    PropertyLimits.rules({ rule: "acme", destination: "Acme", limitsOf: () => ({ limits: event }), ...of }).map(
      ({ find, name }) => [name, find(plan).map((one) => [one.event, one.key, one.what].join(": "))] as const
    )

  it("find what is too long, and lists that can be too long, inside others too", () => {
    const short = PropertyLimits.make({ stringCharacters: 10, elements: 254, marker: "_truncated" })
    assert.deepStrictEqual(said({ limitsOf: () => ({ limits: short }) })[0], [
      "acme-limits",
      [
        "orderPlaced: : its name has more than the 10 characters that Acme takes",
        "orderPlaced: Order_lines: the key has more than the 10 characters that Acme takes",
        "orderPlaced: Order_lines_truncated: the key has more than the 10 characters that Acme takes",
        "orderPlaced: Order_lines: it can have more than the 254 elements that Acme takes"
      ]
    ])
  })

  it("find the names that it reserves, for a reason or by its limits", () => {
    const reasonAgainstKey = (key: string) => (key === "abc" ? "Acme reads abc" : undefined)
    const reasonAgainstEvent = (name: string) => `Acme reserves ${name}`
    assert.deepStrictEqual(said({ reasonAgainstKey, reasonAgainstEvent })[1], [
      "acme-reserved",
      [
        "orderPlaced: : Acme reserves orderPlaced",
        'orderPlaced: time: Acme or its sink uses the key "time" itself',
        "orderPlaced: abc: Acme reads abc",
        'identify: time: Acme or its sink uses the key "time" itself'
      ]
    ])
  })
})
