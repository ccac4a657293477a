import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Entity, EventSink, Message, Pii, Plan, type Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as EffectConsole from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestConsole from "effect/testing/TestConsole"
import * as fc from "fast-check"
import { afterEach, vi } from "vitest"
import { values } from "../../../fixtures/wholesale/rows.ts"
import { Console } from "./index.ts"
import { cut } from "./internal/text.ts"

const example: Message.Track = {
  type: "track",
  event: "orderLineUpdated",
  properties: { action: "orderLineUpdated", ...values },
  userId: "u-1",
  messageId: "01928e7a-5b7c-7def-8abc-0123456789ab",
  timestamp: "2026-01-01T12:34:56.789Z"
}
const track = (properties: unknown, more?: object): Message.Track =>
  ({ ...example, properties, ...more }) as Message.Track
const { messageId, timestamp } = example

const Address = Entity.make("Address", { key: "id", attributes: { id: Schema.Int, city: Pii.personal(Schema.String) } })
const Buyer = Entity.make("Buyer", {
  key: "id",
  attributes: { id: Schema.Int, email: Pii.personal(Schema.String) }
}).pipe(
  Entity.one("home", Address, (row: { readonly home: { readonly id: number; readonly city: string } }) => row.home, {
    prefix: "Buyer_home"
  })
)
const plan = Plan.make(
  TrackedEvent.make("signedUp", {
    entities: { buyer: Buyer },
    properties: { sign_up_method: Schema.String, note: Pii.personal(Schema.String) }
  }),
  TrackedEvent.make("noted", { properties: { note: Schema.String } })
)
const signedUp = {
  sign_up_method: "link",
  note: "n0te",
  Buyer_id: 1,
  Buyer_email: "ada@example.com",
  Buyer_home_id: 2,
  Buyer_home_city: "London"
}

interface Written {
  readonly lines: ReadonlyArray<string>
  readonly receipts: ReadonlyArray<Receipt.Receipt>
}
const written = (
  messages: ReadonlyArray<Message.Message>,
  options: Console.Options = {},
  plan?: Plan.Plan
): Effect.Effect<Written> =>
  Effect.gen(function* () {
    const receipts = yield* EventSink.deliver(Console.sink({ colors: false, ...options }), messages, { plan })
    return { receipts, lines: (yield* TestConsole.logLines) as ReadonlyArray<string> }
  }).pipe(Effect.scoped, Effect.provideServiceEffect(EffectConsole.Console, TestConsole.make))
const one = (message: Message.Message, options?: Console.Options, plan?: Plan.Plan): Effect.Effect<string> =>
  Effect.map(written([message], options, plan), ({ lines, receipts }) => {
    assert.deepStrictEqual([lines.length, receipts.map(({ outcome }) => outcome._tag)], [1, ["Delivered"]])
    return lines[0]!
  })
// oxlint-disable-next-line no-control-regex
const plain = (line: string): string => line.replaceAll(/\u001B\[\d+m/g, "")

afterEach(() => {
  vi.unstubAllGlobals()
})

describe("pretty", () => {
  it.effect("is a line, and below it the values by entity", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* one(example),
        `
12:34:56.789  track  orderLineUpdated  user u-1
  action        "orderLineUpdated"
  OrderLine
    id          1001
    qty         3
  Product
    id          123
    name        "Gold Plated Duck Tape"
    price       100000
    sku         "gquack"
  Order
    id          357
    uuid        "2500b32e-7c1b-11e2-830a-70cd60f2c980"
    total       714328
  Manufacturer
    id          789
    uuid        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    name        "Mario Bros Plumbing Supply"
    externalID  "MBroPS"`.slice(1)
      )
    })
  )

  it.effect("groups by the plan's entities where there is a plan, the event's own values first", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* one(track({ ...signedUp, Other_x: true }, { event: "signedUp" }), {}, plan),
        `
12:34:56.789  track  signedUp  user u-1
  sign_up_method  "link"
  note            •••
  Other_x         true
  Buyer
    id            1
    email         •••
  Buyer_home
    id            2
    city          •••`.slice(1)
      )
    })
  )

  it.effect("writes every kind of message, lists and objects on one line, keys without an entity", () =>
    Effect.gen(function* () {
      const common = { messageId, timestamp }
      const { lines, receipts } = yield* written([
        { type: "identify", traits: { plan: "pro", tags: ["a", "b"], at: { x: null } }, userId: "u-1", ...common },
        { type: "group", groupId: "g-1", traits: { _a: 1, b_: 2 }, anonymousId: "a-1", ...common },
        { type: "alias", previousId: "u-0", userId: "u-1", ...common },
        { type: "page", category: "Docs", name: "Get Started", properties: {}, ...common },
        { type: "screen", properties: {}, messageId, timestamp: "2026-01-01T00:00:00Z" },
        { ...example, properties: {}, timestamp: "2026-01-01T00:00:00+02:00" }
      ])
      assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))
      assert.deepStrictEqual(lines, [
        `12:34:56.789  identify  user u-1\n  plan  "pro"\n  tags  ["a","b"]\n  at    {"x":null}`,
        `12:34:56.789  group  g-1  anonymous a-1\n  _a  1\n  b_  2`,
        `12:34:56.789  alias  u-0  user u-1`,
        `12:34:56.789  page  Docs  Get Started`,
        `00:00:00.000  screen`,
        `2026-01-01T00:00:00+02:00  track  orderLineUpdated  user u-1`
      ])
    })
  )

  it.effect("a key that is very wide does not push the others to the right", () =>
    Effect.gen(function* () {
      const wide = "k".repeat(60)
      assert.include(yield* one(track({ [wide]: 1, a: 2 })), `  ${wide}  1\n  a  2`)
    })
  )
})

describe("compact", () => {
  it.effect("is one line", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* one(example, { format: "compact" }),
        `12:34:56.789 track orderLineUpdated user=u-1 action="orderLineUpdated" OrderLine_id=1001 OrderLine_qty=3 Product_id=123 ` +
          `Product_name="Gold Plated Duck Tape" Product_price=100000 Product_sku="gquack" Order_id=357 ` +
          `Order_uuid="2500b32e-7c1b-11e2-830a-70cd60f2c980" Order_total=714328 Manufacturer_id=789 ` +
          `Manufacturer_uuid="f81d4fae-7dec-11d0-a765-00a0c91e6bf6" Manufacturer_name="Mario Bros Plumbing Supply" ` +
          `Manufacturer_externalID="MBroPS"`
      )
    })
  )

  it.effect("is cut to the width that is told, else to the terminal's, with colours and without", () =>
    Effect.gen(function* () {
      const line = '12:34:56.789 track orderLineUpdated user=u-1 action="o… +383'
      const told = { format: "compact", width: 60 } as const
      assert.strictEqual(yield* one(example, told), line)
      assert.strictEqual(line.length, 60)
      assert.strictEqual(plain(yield* one(example, { ...told, colors: true })), line)
      vi.stubGlobal("process", { env: {}, stdout: { isTTY: true, columns: 60 } })
      assert.strictEqual(yield* one(example, { format: "compact" }), line)
      vi.stubGlobal("process", { env: {}, stdout: { isTTY: true, columns: 0 } })
      assert.isAbove((yield* one(example, { format: "compact" })).length, 400)
      vi.stubGlobal("process", undefined)
      assert.isAbove((yield* one(example, { format: "compact" })).length, 400)
    })
  )

  it.effect("quotes what could be taken for another pair", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* one(track({ "a=1 b": 2, "": 3 }, { event: "Order Done", userId: "u user=v" }), { format: "compact" }),
        `12:34:56.789 track "Order Done" user="u user=v" "a=1 b"=2 ""=3`
      )
    })
  )
})

describe("json", () => {
  it.effect("is the message's own JSON", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* one(example, { format: "json", width: 5, colors: true }), Message.toJson(example))
      assert.strictEqual(yield* one(example, { format: "json" }, plan), Message.toJson(example))
    })
  )

  it.effect("masks what is personal, in the context's traits too, and changes nothing else", () =>
    Effect.gen(function* () {
      const context = { traits: { Buyer_email: "ada@example.com", plan: "pro" }, ip: "::1" }
      const message = track({ ...signedUp, ["__proto__"]: 1 }, { event: "signedUp", context })
      assert.strictEqual(
        yield* one(message, { format: "json" }, plan),
        Message.toJson({
          ...message,
          properties: { ...signedUp, note: "•••", Buyer_email: "•••", Buyer_home_city: "•••", ["__proto__"]: 1 },
          context: { traits: { Buyer_email: "•••", plan: "pro" }, ip: "•••" }
        })
      )
    })
  )
})

describe("personal data", () => {
  const secrets = /ada@example|London|n0te/
  const formats = ["pretty", "compact", "json"] as const

  it.effect("is in no format, in no kind of message, under no case of its key", () =>
    Effect.gen(function* () {
      const common = { messageId, timestamp, userId: "u-1" }
      const messages: ReadonlyArray<Message.Message> = [
        track(signedUp, { event: "signedUp" }),
        track(signedUp, { event: "renamed" }),
        { type: "identify", traits: signedUp, ...common },
        { type: "group", groupId: "g", traits: signedUp, ...common },
        { type: "page", properties: signedUp, ...common }
      ]
      for (const format of formats) {
        for (const recased of ["camelCase", "snake_case", "Title Case", undefined] as const) {
          const sink = Console.sink({ format, colors: format === "compact" })
          const lines = yield* Effect.gen(function* () {
            yield* EventSink.deliver(
              recased === undefined ? sink : EventSink.recase(sink, { keys: recased }),
              messages,
              { plan }
            )
            return (yield* TestConsole.logLines) as ReadonlyArray<string>
          }).pipe(Effect.scoped, Effect.provideServiceEffect(EffectConsole.Console, TestConsole.make))
          assert.strictEqual(lines.length, messages.length)
          for (const line of lines) {
            assert.notMatch(line, secrets)
            assert.include(line, "•••")
          }
        }
      }
    })
  )

  it.effect("is masked by the definition of an event that no plan has, inside its lists too", () =>
    Effect.gen(function* () {
      const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.many(
          "buyers",
          Buyer,
          (row: { readonly buyers: ReadonlyArray<Entity.Row<typeof Buyer>> }) => row.buyers,
          Aggregate.list({ max: 1 })
        )
      )
      const Placed = TrackedEvent.make("placed", { entities: { order: Order } })
      const order = { id: 1, buyers: [{ id: 2, email: "ada@example.com", home: { id: 3, city: "London" } }] }
      const lines = yield* Effect.gen(function* () {
        yield* Effect.provide(Tracker.track(Placed, { order }), Tracker.layer(Console.sink({ format: "json" })))
        return (yield* TestConsole.logLines) as ReadonlyArray<string>
      }).pipe(Effect.provideServiceEffect(EffectConsole.Console, TestConsole.make))
      const { properties } = JSON.parse(lines[0]!) as Message.Track
      assert.deepStrictEqual(properties["Order_buyers"], [
        { Buyer_id: 2, Buyer_email: "•••", Buyer_home_id: 3, Buyer_home_city: "•••" }
      ])
    })
  )

  it.effect("is that of the event: another may have the key for something else", () =>
    Effect.gen(function* () {
      assert.include(yield* one(track({ note: "n0te" }, { event: "noted" }), {}, plan), `note  "n0te"`)
      assert.include(yield* one(track(signedUp, { event: "signedUp" })), "ada@example.com")
    })
  )
})

describe("cutting", () => {
  it.effect("leaves as many characters as are told, and says how many it left out", () =>
    Effect.gen(function* () {
      const line = (yield* one(track({ a: "x".repeat(1000) }))).split("\n")[1]!
      assert.strictEqual(line, `  a  "${"x".repeat(73)}… +928`)
      assert.strictEqual(line.length - "  a  ".length, 80)
      assert.include(yield* one(track({ a: [1, 2, 3, 4, 5, 6, 7] }), { width: 10 }), "  a  [1,2,3… +9")
      assert.include(yield* one(track({ a: "x".repeat(200) }), { width: Infinity }), "x".repeat(200))
      for (const width of [0, -1, Number.NaN]) {
        assert.strictEqual((yield* one(track({ a: "x".repeat(1000) }), { width })).split("\n")[1], line)
      }
    })
  )

  it("never cuts a character, nor exceeds the width where the note fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.integer({ min: 8, max: 100 }), (text, width) => {
        const out = cut(text, width)
        const characters = Array.from(text)
        assert.isAtMost(Array.from(out).length, width)
        if (characters.length <= width) return assert.strictEqual(out, text)
        const at = out.lastIndexOf("… +")
        assert.isTrue(text.startsWith(out.slice(0, at)))
        assert.strictEqual(Number(out.slice(at + 3)) + Array.from(out.slice(0, at)).length, characters.length)
      })
    )
    assert.strictEqual(cut("abcdef", 1), "… +6")
    assert.strictEqual(cut("😀😀", 2), "😀😀")
  })
})

describe("colours", () => {
  it.effect("colour, and change no text", () =>
    Effect.gen(function* () {
      for (const format of ["pretty", "compact"] as const) {
        const coloured = yield* one(example, { format, colors: true })
        assert.include(coloured, "\u001B[2m12:34:56.789\u001B[22m")
        assert.include(coloured, "\u001B[1morderLineUpdated\u001B[22m")
        assert.strictEqual(plain(coloured), yield* one(example, { format }))
      }
    })
  )

  it.effect("are there only where they are wanted, and nowhere without a process", () =>
    Effect.gen(function* () {
      const tty = { isTTY: true }
      const throwing = {
        get env(): never {
          throw new Error("not allowed")
        }
      }
      const cases: ReadonlyArray<readonly [unknown, boolean]> = [
        [{ env: {}, stdout: tty }, true],
        [{ stdout: tty }, true],
        [{ env: {}, stdout: {} }, false],
        [{ env: { NO_COLOR: "1" }, stdout: tty }, false],
        [{ env: { NO_COLOR: "" }, stdout: tty }, true],
        [{ env: { NO_COLOR: "1", FORCE_COLOR: "1" }, stdout: tty }, false],
        [{ env: { FORCE_COLOR: "1" } }, true],
        [{ env: { FORCE_COLOR: "", TERM: "dumb" } }, true],
        [{ env: { FORCE_COLOR: "0" }, stdout: tty }, false],
        [{ env: { FORCE_COLOR: "false" }, stdout: tty }, false],
        [{ env: { TERM: "dumb" }, stdout: tty }, false],
        [{ env: {} }, false],
        [{}, false],
        [null, false],
        [undefined, false],
        [throwing, false]
      ]
      for (const [process, expected] of cases) {
        vi.stubGlobal("process", process)
        assert.strictEqual((yield* one(example, { colors: "auto" })).includes("\u001B"), expected)
      }
      vi.stubGlobal("process", { env: {}, stdout: tty })
      assert.notInclude(yield* one(example, { format: "json", colors: "auto" }), "\u001B")
    })
  )
})

describe("escaping", () => {
  const evil = 'x\n12:34:56.789  track  forged\r\u001B[2J\u009B2J\u0007\u007F\u0085\u2028\u202E\uD800"\\ 😀'
  // oxlint-disable-next-line no-control-regex
  const acted = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028-\u202E]|\p{Surrogate}/u

  it.effect("lets no value, key, name or id forge a line or move the cursor", () =>
    Effect.gen(function* () {
      assert.include(
        yield* one(track({ a: evil }), { width: 200 }),
        String.raw`  a  "x\n12:34:56.789  track  forged\r\u001b[2J\u009b2J\u0007\u007f\u0085\u2028\u202e\ud800\"\\ 😀"`
      )
      const message = track({ [evil]: evil, [`A_${evil}`]: [evil] }, { event: evil, userId: evil, timestamp: evil })
      assert.strictEqual((yield* one(message)).split("\n").length, 1 + 3)
      for (const format of ["pretty", "compact", "json"] as const) {
        const text = yield* one(message, { format, width: 1000 })
        assert.notMatch(text, acted)
        if (format !== "pretty") assert.notInclude(text, "\n")
        if (format === "json") assert.deepStrictEqual(JSON.parse(text), message)
      }
    })
  )

  it.effect("quotes a name that could be taken for two", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* one(track({}, { event: "a  user b", userId: "u  v" })),
        `12:34:56.789  track  "a  user b"  user "u  v"`
      )
    })
  )

  it.effect("holds for any text", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (key, value) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const message = track(Object.fromEntries([[key, value]]), { event: value, userId: key })
              for (const format of ["compact", "json"] as const) {
                const text = yield* one(message, { format, width: Infinity })
                assert.notMatch(text, acted)
                assert.notInclude(text, "\n")
                if (format === "json") assert.deepStrictEqual(JSON.parse(text), JSON.parse(Message.toJson(message)))
              }
              assert.isAtMost((yield* one(message)).split("\n").length, 3)
            })
          )
        )
      )
    )
  )
})

describe("never an exception", () => {
  const formats = ["pretty", "compact", "json"] as const
  const thrower = (): never => {
    throw new Error("secret")
  }

  it.effect("whatever the values are", () =>
    Effect.promise(() => {
      const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true, withMap: true })
      return fc.assert(
        fc.asyncProperty(anything, anything, (properties, other) =>
          Effect.runPromise(
            Effect.gen(function* () {
              for (const format of formats) {
                for (const given of [undefined, plan]) {
                  const odd = { event: other, userId: other, timestamp: other, context: other }
                  const { lines, receipts } = yield* written(
                    [track(properties), track({ a: properties }, odd)],
                    { format },
                    given
                  )
                  assert.deepStrictEqual(
                    receipts.map(({ outcome }) => outcome._tag),
                    ["Delivered", "Delivered"]
                  )
                  assert.strictEqual(lines.length, 2)
                  if (format === "json") for (const line of lines) JSON.parse(line)
                }
              }
            })
          )
        )
      )
    })
  )

  it.effect("for what is cyclic, deep, throwing, or no JSON", () =>
    Effect.gen(function* () {
      const cyclic: Record<string, unknown> = { a: 1 }
      cyclic["self"] = cyclic
      let deep: unknown = 1n
      for (let i = 0; i < 20; i++) deep = [deep]
      const throwing = Object.defineProperty({}, "b", { enumerable: true, get: thrower })
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      const values = {
        cyclic,
        deep,
        big: 1n,
        none: undefined,
        run: thrower,
        json: { toJSON: thrower },
        throwing,
        proxy,
        symbol: Symbol("s")
      }
      assert.strictEqual(
        yield* one(track(values)),
        `
12:34:56.789  track  orderLineUpdated  user u-1
  cyclic    {"a":1,"self":"[circular]"}
  deep      [[[[[[[["[deep]"]]]]]]]]
  big       "1n"
  none      "[undefined]"
  run       "[function]"
  json      {"toJSON":"[function]"}
  throwing  {"b":"[unreadable]"}
  proxy     "[unreadable]"
  symbol    "[symbol]"`.slice(1)
      )
      for (const format of formats) {
        yield* one(track(throwing), { format })
        yield* one(track(values), { format })
        yield* one(track({ ...values, note: 1n }, { event: "signedUp" }), { format }, plan)
        const text = yield* one(track(proxy), { format }, plan)
        if (format === "json") JSON.parse(text)
        else assert.strictEqual(text, "[unreadable message]")
      }
    })
  )

  it.effect("where the console throws: that message is rejected, the others are written", () =>
    Effect.gen(function* () {
      const log: Array<unknown> = []
      const console = {
        log: (line: unknown) => {
          if (log.push(line) === 1) thrower()
        }
      } as unknown as EffectConsole.Console
      const receipts = yield* EventSink.deliver(Console.sink({ name: "mine" }), [example, example]).pipe(
        Effect.scoped,
        Effect.provideService(EffectConsole.Console, console)
      )
      assert.strictEqual(log.length, 2)
      assert.deepStrictEqual(
        receipts.map(({ outcome, sink }) => [sink, outcome._tag]),
        [
          ["mine", "Rejected"],
          ["mine", "Delivered"]
        ]
      )
    })
  )
})

describe("the sink from the configuration", () => {
  const format = (env: Record<string, string>) =>
    Effect.gen(function* () {
      const sink = yield* Effect.provideService(
        Console.config,
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnv({ env })
      )
      yield* Effect.scoped(
        EventSink.deliver(sink, [
          { type: "alias", previousId: "a", messageId: "m", timestamp: "2026-01-01T00:00:00.000Z" }
        ])
      )
      return String((yield* TestConsole.logLines).at(-1)).startsWith("{")
    })

  it.effect("writes in the format that it names", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* format({}))
      assert.isFalse(yield* format({ TRACKING_CONSOLE_FORMAT: "compact" }))
      assert.isTrue(yield* format({ TRACKING_CONSOLE_FORMAT: "json" }))
      const failure = yield* Effect.flip(format({ TRACKING_CONSOLE_FORMAT: "xml" }))
      assert.include(failure.message, "TRACKING_CONSOLE_FORMAT")
    })
  )
})

it("an option that cannot be is refused where the sink is made", () => {
  assert.throws(
    () => Console.sink({ colours: true } as object),
    /Console\.sink: it has no option "colours": did you mean colors\?/
  )
  for (const format of ["prety", 7, null]) {
    assert.throws(() => Console.sink({ format: format as never }), /format must be "pretty", "compact" or "json", not /)
  }
  assert.throws(() => Console.sink("json" as never), /it takes an object with its options, not a string of length 4/)
})
