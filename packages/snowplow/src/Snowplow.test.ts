import { assert, describe, it } from "@effect/vitest"
import {
  Aggregate,
  Entity,
  EventSink,
  HttpTransport,
  type Message,
  Pii,
  Plan,
  TrackedEvent,
  Tracker,
  Uuid
} from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as wholesale from "../../core/test/wholesale.ts"
import { Fault, SnowplowServer } from "../../testing/src/index.ts"
import * as SinkConformance from "../../testing/src/SinkConformance.ts"
import { against, call, type Given, id, track, uri, vendor } from "../test/against.ts"
import { registry } from "../test/iglu.ts"
import { Snowplow } from "./index.ts"
import { version } from "./internal/version.ts"

SinkConformance.suite("Snowplow's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  many: 600,
  make: Effect.map(SnowplowServer.make(), (server) => ({
    // Its options are valid, so opening it does not fail.
    sink: Snowplow.sink({ endpoint: server.url, vendor, unplanned: "generic" }) as unknown as EventSink.EventSink<
      never,
      HttpTransport.HttpTransport
    >,
    received: Effect.map(Effect.all([server.events, server.duplicates]), (kept) =>
      kept.flat().map(({ fields }) => fields["eid"]!)
    ),
    // The time of sending is that of an attempt, and no record for observers has it.
    records: Effect.map(server.requests, (requests) =>
      requests.flatMap(({ body }) => (body as any).data.map(({ stm: _, ...record }: any) => record))
    )
  }))
})

const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { line: wholesale.LoadedLine },
  properties: { action: Schema.String }
})

const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.one(
    "product",
    Entity.make("Product", { key: "id", attributes: { id: Schema.Int } }),
    (line: any) => line.product
  ),
  Entity.many(
    "notes",
    Entity.make("Note", { key: "id", attributes: { id: Schema.Int } }),
    (line: any) => line.notes,
    Aggregate.count
  )
)
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.many(
    "lines",
    Line as any,
    (order: any) => order.lines,
    Aggregate.list({ max: 2 }),
    Aggregate.first,
    Aggregate.count
  )
) as Entity.Any
const Address = Entity.make("Address", { key: "id", attributes: { id: Schema.Int, city: Pii.personal(Schema.String) } })
const Shipment = Entity.make("Shipment", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one("from", Address, (row: any) => row.from, { prefix: "Sender" }),
  Entity.one("to", Address, (row: any) => row.to, { prefix: "Recipient" })
) as Entity.Any

const Placed = TrackedEvent.make("orderPlaced", { entities: { order: Order } })
const Sent = TrackedEvent.make("Shipment Sent", { entities: { shipment: Shipment } })
const placed = Plan.make(Placed)

const line = (n: number) => ({ id: n, qty: 2, product: { id: 10 + n }, notes: [{ id: 1 }] })
const rowsOf = (lines: ReadonlyArray<object>) => Entity.valuesSync(Order as never, { id: 357, lines } as never) as {}

describe("a planned event", () => {
  it.live("has its own properties, and each entity of its map as an entity with its own attributes", () =>
    Effect.gen(function* () {
      const plan = Plan.make(OrderLineUpdated)
      const server = yield* SnowplowServer.make({ validate: registry(Snowplow.schemas(plan, { vendor })) })
      const sink = Snowplow.sink({ endpoint: server.url, vendor, appId: "shop" })
      yield* Effect.gen(function* () {
        const { receipts } = yield* Tracker.track(OrderLineUpdated, {
          line: wholesale.line,
          properties: { action: "orderLineUpdated" }
        })
        assert.strictEqual((yield* receipts)[0]?.outcome._tag, "Delivered")
      }).pipe(Effect.provide(Tracker.layer(sink, { plan })))
      const [event] = yield* server.events
      assert.deepStrictEqual(event?.event, {
        schema: uri("order_line_updated"),
        data: { action: "orderLineUpdated" }
      })
      assert.deepStrictEqual(event?.entities, [
        { schema: uri("order_line"), data: { id: 1001, qty: 3 } },
        { schema: uri("product"), data: { id: 123, name: "Gold Plated Duck Tape", price: 100000, sku: "gquack" } },
        { schema: uri("order"), data: { id: 357, uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980", total: 714328 } },
        {
          schema: uri("manufacturer"),
          data: {
            id: 789,
            uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            name: "Mario Bros Plumbing Supply",
            externalID: "MBroPS"
          }
        }
      ])
      assert.include(event?.fields, { e: "ue", p: "srv", aid: "shop", tv: `trackmap-${version}` })
      assert.deepStrictEqual(yield* server.failed, [])
    }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
  )

  it.effect(
    "has an entity for each row of a list, aggregates in the event, and those of a row on the row's entity",
    () =>
      Effect.gen(function* () {
        const plan = placed
        const { failed, parts } = yield* against([track(rowsOf([line(1), line(2), line(3)]))], {
          plan,
          validate: registry(Snowplow.schemas(plan, { vendor }))
        })
        assert.deepStrictEqual(parts, [
          [
            { schema: uri("order_placed"), data: { Order_lines_truncated: true, Order_lines_count: 3 } },
            { schema: uri("order"), data: { id: 357 } },
            // The first row of `Aggregate.first` is this one, and is not repeated.
            { schema: uri("order_line"), data: { id: 1, qty: 2, notes_count: 1 } },
            { schema: uri("product"), data: { id: 11 } },
            { schema: uri("order_line"), data: { id: 2, qty: 2, notes_count: 1 } },
            { schema: uri("product"), data: { id: 12 } }
          ]
        ])
        assert.deepStrictEqual(failed, [])
      })
  )

  it.effect("has no entity for a relation without a row, nor for an empty or absent list", () =>
    Effect.gen(function* () {
      const plan = placed
      const messages = [
        track(rowsOf([])),
        track({ Order_id: 1, Order_lines: null }, { messageId: id(2) }),
        track({}, { messageId: id(3) })
      ]
      const { parts } = yield* against(messages, { plan })
      assert.deepStrictEqual(
        parts.map((some) => some.map(({ data }) => data)),
        [[{ Order_lines_truncated: false, Order_lines_count: 0 }, { id: 357 }], [{}, { id: 1 }], [{}]]
      )
    })
  )

  it.effect("has two entities of one kind under the names of their prefixes", () =>
    Effect.gen(function* () {
      const rows = { id: 1, from: { id: 2, city: "Pisa" }, to: { id: 3, city: "Rome" } }
      const properties = Entity.valuesSync(Shipment as never, rows as never) as {}
      const { parts } = yield* against([track(properties, { event: "Shipment Sent" })], { plan: Plan.make(Sent) })
      assert.deepStrictEqual(parts[0]?.slice(2), [
        { schema: uri("sender"), data: { id: 2, city: "Pisa" } },
        { schema: uri("recipient"), data: { id: 3, city: "Rome" } }
      ])
    })
  )

  it.effect("has the names and versions that the options say", () =>
    Effect.gen(function* () {
      const options = {
        version: "2-0-0",
        versions: { bestellung: "2-0-1" },
        events: { orderPlaced: "placed" },
        entities: { Order: "bestellung" }
      }
      const { parts } = yield* against([track({ Order_id: 357 })], { plan: placed, options })
      assert.deepStrictEqual(
        parts[0]?.map(({ schema }) => schema),
        [uri("placed", "2-0-0"), uri("bestellung", "2-0-1")]
      )
    })
  )

  it.effect("is rejected if a list holds no rows, without its values", () =>
    Effect.gen(function* () {
      const { outcomes, reasons } = yield* against([track({ Order_lines: ["Luigi"] })], { plan: placed })
      assert.deepStrictEqual(outcomes, ["Rejected"])
      assert.deepStrictEqual(reasons, ["Order_lines does not have the rows that the plan says"])
    })
  )
})

describe("an event that the plan does not have", () => {
  const table: ReadonlyArray<readonly [string, Message.Track, Given["with"], RegExp]> = [
    ["by its name", track({}, { event: "other" }), undefined, /^the plan does not have this event: add it to the plan/],
    ["by a key", track({ other: 1 }), undefined, /^the plan does not have the key other of this event/],
    ["by a key of a row", track({ Order_lines: [{ other: 1 }] }), undefined, /the key other of this event/],
    ["behind recase", track({ Order_id: 1 }), EventSink.recase("snake_case"), /take EventSink.rename and recase off/],
    ["behind recase of keys", track({ Order_id: 1 }), EventSink.recase({ keys: "camelCase" }), /the key orderId/],
    ["behind rename", track({}), EventSink.rename({ orderPlaced: "Placed" }), /this event/]
  ]
  for (const [how, message, combinator, reason] of table) {
    it.effect(`${how}: is rejected with the remedy, or is the event unplanned_event`, () =>
      Effect.gen(function* () {
        const given = { plan: placed, ...(combinator && { with: combinator }) }
        const rejected = yield* against([message], given)
        assert.deepStrictEqual(rejected.outcomes, ["Rejected"])
        assert.match(rejected.reasons[0]!, reason)
        const validate = registry(Snowplow.schemas(placed, { vendor }))
        const generic = yield* against([message], { ...given, validate, options: { unplanned: "generic" } })
        assert.deepStrictEqual(generic.outcomes, ["Delivered"])
        assert.deepStrictEqual(generic.failed, [])
        assert.strictEqual(generic.parts[0]?.[0]?.schema, uri("unplanned_event"))
        assert.hasAllKeys(generic.parts[0]?.[0]?.data, ["event", "properties"])
      })
    )
  }
})

describe("the other calls", () => {
  const plan = placed.pipe(
    Plan.calls({ identify: { tier: Schema.String }, page: { url: Schema.String, depth: Schema.optional(Schema.Int) } })
  )
  const validate = registry(Snowplow.schemas(plan, { vendor }))
  const table: ReadonlyArray<readonly [string, object, ReadonlyArray<object>]> = [
    [
      "identify",
      { type: "identify", traits: { tier: "pro", more: 1 } },
      [{ schema: uri("identify"), data: { traits: { tier: "pro", more: 1 } } }]
    ],
    ["identify without traits", { type: "identify", traits: {} }, [{ schema: uri("identify"), data: { traits: {} } }]],
    [
      "group",
      { type: "group", groupId: "g", traits: { seats: 3 } },
      [{ schema: uri("group"), data: { groupId: "g", traits: { seats: 3 } } }]
    ],
    ["alias", { type: "alias", previousId: "u0" }, [{ schema: uri("alias"), data: { previousId: "u0" } }]],
    [
      "page",
      { type: "page", name: "Home", properties: { url: "/", depth: 1 } },
      [{ schema: uri("page"), data: { name: "Home", properties: { url: "/", depth: 1 } } }]
    ],
    [
      "screen",
      { type: "screen", name: "Home", category: "Shop", properties: {} },
      [
        { schema: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0", data: { name: "Home", id: id(1) } },
        { schema: uri("screen"), data: { name: "Home", category: "Shop", properties: {} } }
      ]
    ]
  ]
  for (const [name, message, expected] of table) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { failed, fields, outcomes, parts } = yield* against([call(message)], { plan, validate })
        assert.deepStrictEqual(failed, [])
        assert.deepStrictEqual(parts, [expected])
        assert.strictEqual(fields[0]?.["e"], name === "page" ? "pv" : "ue")
        assert.deepStrictEqual(outcomes, ["Delivered"])
      })
    )
  }

  it.effect("a trait that does not fit the plan becomes a failed event, although the collector has it", () =>
    Effect.gen(function* () {
      const { failed, outcomes } = yield* against([call({ type: "identify", traits: { tier: 1 } })], { plan, validate })
      assert.deepStrictEqual(outcomes, ["Delivered"])
      assert.match(failed[0]!, /com\.acme\/identify.*must be string/)
    })
  )

  it.effect("a screen without a name is rejected, since Snowplow requires it", () =>
    Effect.gen(function* () {
      const { reasons } = yield* against([call({ type: "screen", properties: {} })])
      assert.deepStrictEqual(reasons, ["the screen has no name, which Snowplow's screen_view requires"])
    })
  )
})

describe("the fields of an event", () => {
  const context = {
    ip: "203.0.113.9",
    userAgent: "Firefox",
    locale: "it-IT",
    timezone: "Europe/Rome",
    page: { url: "https://acme.com/a", referrer: "https://acme.com/", title: "A" }
  }
  const table: ReadonlyArray<readonly [string, object, object]> = [
    [
      "ids and times",
      { ...track({}), userId: "u", anonymousId: "a" },
      { eid: id(1), uid: "u", duid: "a", ttm: "1767225600000", dtm: "1767225600000" }
    ],
    ["an id that is no UUID", track({}, { messageId: "order-1" }), { eid: Uuid.of("order-1") }],
    [
      "the context",
      track({}, { context }),
      {
        ip: "203.0.113.9",
        ua: "Firefox",
        lang: "it-IT",
        tz: "Europe/Rome",
        url: "https://acme.com/a",
        refr: "https://acme.com/",
        page: "A"
      }
    ],
    [
      "a context that does not fit",
      track({}, { context: { ip: 7, userAgent: "x".repeat(1_001), locale: "", page: [] } }),
      { e: "ue" }
    ],
    [
      "a page's own properties before the context",
      call({ type: "page", name: "Home", context, properties: { url: "https://acme.com/b" } }),
      { e: "pv", url: "https://acme.com/b", page: "A" }
    ],
    ["a page's name as its title", call({ type: "page", name: "Home", properties: {} }), { page: "Home" }],
    ["a page without anything", call({ type: "page", properties: {} }), { e: "pv" }]
  ]
  for (const [name, message, expected] of table) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { failed, fields } = yield* against([message as Message.Message])
        assert.deepStrictEqual(failed, [])
        assert.include(fields[0], expected as {})
        assert.notProperty(fields[0], "ue_px")
        if (name.endsWith("does not fit")) assert.doesNotHaveAnyKeys(fields[0], ["ip", "ua", "lang", "url"])
      })
    )
  }

  it.effect("each request says that its sender is not the user", () =>
    Effect.gen(function* () {
      const { requests } = yield* against([track({})])
      assert.include(requests[0]?.headers, { "sp-anonymous": "*", "content-type": "application/json" })
    })
  )
})

describe("a message that Snowplow would not accept", () => {
  const table: ReadonlyArray<readonly [string, Message.Message, Partial<Snowplow.Options>, string, string]> = [
    ["its timestamp", track({}, { timestamp: "soon" }), {}, "Rejected", "the timestamp is not a date"],
    [
      "a user id",
      track({}, { userId: "u".repeat(256) }),
      {},
      "Rejected",
      "the userId is longer than the 255 characters that Snowplow accepts"
    ],
    [
      "an anonymous id",
      track({}, { anonymousId: "a".repeat(129) }),
      {},
      "Rejected",
      "the anonymousId is longer than the 128 characters that Snowplow accepts"
    ],
    [
      "a size",
      track({ text: "x".repeat(900) }),
      { eventBytes: 900 },
      "Rejected",
      "the event is longer than the 900 bytes that the collector accepts"
    ],
    ["its JSON", track({ n: 1n as never }), {}, "Rejected", "the message has no JSON: TypeError"],
    [
      "integrations",
      track({}, { integrations: { Snowplow: false } }),
      {},
      "Skipped",
      "the message's integrations exclude Snowplow"
    ],
    [
      "all integrations",
      track({}, { integrations: { All: false } }),
      {},
      "Skipped",
      "the message's integrations exclude Snowplow"
    ]
  ]
  for (const [by, message, options, outcome, reason] of table) {
    it.effect(`by ${by}: the others arrive`, () =>
      Effect.gen(function* () {
        const { failed, outcomes, reasons } = yield* against([message, track({}, { messageId: id(2) })], { options })
        assert.deepStrictEqual(outcomes, [outcome, "Delivered"])
        assert.strictEqual(reasons[0], reason)
        assert.deepStrictEqual(failed, [])
      })
    )
  }
})

describe("the collector's answers", () => {
  it.live("a failure retries the messages that have no outcome yet, with the same eid and a new stm", () =>
    Effect.gen(function* () {
      const messages = [track({}, { timestamp: "soon" }), track({}, { messageId: id(2) })]
      const { fields, outcomes, requests } = yield* against(messages, { misbehave: [[Fault.status(503), 1]] })
      assert.deepStrictEqual(outcomes, ["Rejected", "Delivered"])
      assert.strictEqual(requests.length, 2)
      assert.deepStrictEqual(
        fields.map(({ eid }) => eid),
        [id(2)]
      )
      const stm = requests.map(({ body }) => Number((body as any).data[0].stm))
      assert.isAbove(stm[1]!, stm[0]!)
    })
  )

  it.live("a page that is not the collector's is retried", () =>
    Effect.gen(function* () {
      const { outcomes, requests } = yield* against([track({})], {
        misbehave: [[Fault.errorBody(" <html>Welcome"), 1]]
      })
      assert.deepStrictEqual([outcomes, requests.length], [["Delivered"], 2])
    })
  )
})

describe("personal data", () => {
  const Joined = TrackedEvent.make("joined", {
    properties: {
      email: Pii.personal(Schema.String),
      phones: Pii.personal(Schema.Array(Schema.String)),
      age: Pii.personal(Schema.NullOr(Schema.Int)),
      tier: Schema.String
    }
  })
  const plan = Plan.make(Joined)
  const message = track({ email: "a@b.c", phones: ["1", "2"], age: 7, tier: "pro" }, { event: "joined" })
  const table = [
    ["keep", undefined],
    ["drop", EventSink.redact("drop")],
    ["hash", EventSink.redact({ hash: Redacted.make("key") })]
  ] as const
  for (const [personal, combinator] of table) {
    it.effect(`fits the schemas for a sink that redacts: ${personal}`, () =>
      Effect.gen(function* () {
        const validate = registry(Snowplow.schemas(plan, { vendor, personal }))
        const { failed, parts } = yield* against([message], { plan, validate, ...(combinator && { with: combinator }) })
        assert.deepStrictEqual(failed, [])
        assert.strictEqual(Object.keys(parts[0]![0]!.data).length, personal === "drop" ? 1 : 4)
      })
    )
  }
})

describe("schemas", () => {
  it("say what their data is, in files of a static registry", () => {
    const files = Snowplow.schemas(placed, { vendor, versions: { order: "1-0-3" } })
    assert.deepStrictEqual(
      files.map(({ path }) => path.split("/")[2]),
      [
        "identify",
        "group",
        "alias",
        "page",
        "screen",
        "unplanned_event",
        "order_line",
        "product",
        "order",
        "order_placed"
      ]
    )
    assert.deepStrictEqual(
      files.find(({ uri }) => uri.includes("/order/")),
      {
        uri: "iglu:com.acme/order/jsonschema/1-0-3",
        path: "schemas/com.acme/order/jsonschema/1-0-3",
        schema: {
          $schema: "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
          description: "Trackmap: the entity Order",
          self: { vendor, name: "order", format: "jsonschema", version: "1-0-3" },
          type: "object",
          properties: { id: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 } },
          required: ["id"],
          additionalProperties: false
        }
      }
    )
  })

  it("require of an entity only what every event has, and accept what any event has", () => {
    const attributes = { id: Schema.Int, qty: Schema.Int }
    const Plain = Entity.make("Line", { key: "id", attributes })
    const Added = TrackedEvent.make("added", { entities: { line: Plain } })
    const Changed = TrackedEvent.make("changed", { entities: { line: Entity.changed(Plain) } })
    const Given = TrackedEvent.make("given", { entities: { line: Plain.pipe(Entity.extras({ state: Schema.Int })) } })
    const file = Snowplow.schemas(Plan.make(Added, Changed, Given), { vendor }).find(({ uri }) =>
      uri.includes("/line/")
    )
    assert.deepStrictEqual(file?.schema["required"], ["id", "qty"])
    const { state } = file!.schema["properties"] as any
    assert.deepStrictEqual(
      state.anyOf.map(({ type }: any) => type),
      ["string", "integer"]
    )
  })

  const types: ReadonlyArray<readonly [Schema.Top, object]> = [
    [Schema.Finite, { type: "number" }],
    [
      Schema.Finite.check(Schema.isGreaterThan(0.5), Schema.isLessThan(2)),
      { type: "number", minimum: 0.5, exclusiveMinimum: true, maximum: 2, exclusiveMaximum: true }
    ],
    [Schema.NullOr(Schema.Boolean), { type: ["boolean", "null"] }],
    [Schema.Null, { type: "null" }],
    [Schema.NullOr(Schema.Literals(["a", "b"])), { type: ["string", "null"], enum: ["a", "b", null] }],
    [
      Schema.NullOr(Schema.Union([Schema.String, Schema.Boolean])),
      { anyOf: [{ type: "string" }, { type: "boolean" }, { type: "null" }] }
    ],
    [
      Schema.Array(Schema.String).check(Schema.isMinLength(1)),
      { type: "array", items: { type: "string" }, minItems: 1 }
    ],
    [Schema.Date, { type: "string", format: "date-time" }],
    [Schema.Json, {}]
  ]
  it.each(types)("a type in draft 4: %#", (type, expected) => {
    const plan = Plan.make(TrackedEvent.make("seen", { properties: { value: type } as {} }))
    const file = Snowplow.schemas(plan, { vendor }).at(-1)
    assert.deepStrictEqual((file!.schema["properties"] as any).value, expected)
  })
})

describe("opening", () => {
  const Named = TrackedEvent.make("Shipped", { entities: { shipment: Shipment } })
  const clash = Plan.make(TrackedEvent.make("order", { entities: { order: Order } }), TrackedEvent.make("größe"))
  const table: ReadonlyArray<readonly [string, Plan.Plan | undefined, Partial<Snowplow.Options>, RegExp]> = [
    ["without a plan", undefined, {}, /the sink has no plan.*pass one to the tracker, or set unplanned: "generic"/],
    [
      "with schema names that collide",
      clash,
      {},
      /the entity Order and the event order have the same schema name "order": give one of them another name, with the option events or entities/
    ],
    [
      "with an invalid schema name",
      clash,
      {},
      /the schema name "größe" of the event größe has other characters.*with the option events/
    ],
    [
      "with the name of another call",
      Plan.make(TrackedEvent.make("identify")),
      {},
      /identify calls and the event identify have the same schema name/
    ],
    [
      "with two prefixes of one name",
      Plan.make(Named),
      { entities: { Sender: "shipment" } },
      /the entity Shipment and the entity Address under the prefix Sender/
    ],
    [
      "with names that the plan does not have",
      placed,
      { events: { a: "b" }, entities: { c: "d" }, versions: { e: "1-0-0" } },
      /events names "a".*entities names "c".*versions names "e"/
    ],
    ["with an invalid vendor", placed, { vendor: "acme inc" }, /the vendor is empty, or has other characters/],
    ["without a vendor", placed, { vendor: undefined as never }, /the vendor is empty/],
    ["with an invalid version", placed, { version: "1.0.0" }, /the version "1.0.0" is no SchemaVer, such as 1-0-0/],
    ["with an invalid unplanned", placed, { unplanned: "drop" as never }, /unplanned is "reject" or "generic"/],
    ["with a long appId", placed, { appId: "a".repeat(256) }, /appId has more than the 255 characters/],
    ["with an invalid eventBytes", placed, { eventBytes: Number.NaN }, /eventBytes is a number of bytes/],
    ["with an invalid endpoint", placed, { endpoint: "collector" }, /url|http/i]
  ]
  for (const [how, plan, options, reason] of table) {
    it.effect(`fails ${how}, and says what to do`, () =>
      Effect.gen(function* () {
        const sink = Snowplow.sink({ endpoint: "http://127.0.0.1:1", vendor, ...options })
        const error = yield* Effect.flip(EventSink.deliver(sink, [], { plan }))
        assert.strictEqual(error._tag, "Misconfigured")
        assert.match(error.reason, reason)
      }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
    )
  }

  it("refuses an option that is misspelt", () => {
    assert.throws(() => Snowplow.sink({ endpoint: "x", vendor, appID: "a" } as never), /did you mean appId\?/)
    assert.throws(() => Snowplow.schemas(placed, { vendor, versoins: {} } as never), /did you mean versions\?/)
  })
})

it.effect("config reads the environment", () =>
  Effect.gen(function* () {
    const server = yield* SnowplowServer.make()
    const env = { SNOWPLOW_ENDPOINT: server.url, SNOWPLOW_VENDOR: vendor, SNOWPLOW_APP_ID: "shop" }
    const provider = ConfigProvider.fromEnv({ env })
    const sink = yield* Effect.provideService(Snowplow.config, ConfigProvider.ConfigProvider, provider)
    yield* EventSink.deliver(sink, [track({ Order_id: 1 })], { plan: placed })
    assert.strictEqual((yield* server.events)[0]?.fields["aid"], "shop")
  }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
)
