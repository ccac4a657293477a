import { Message } from "@trackmap/core"
import type { Table } from "@trackmap/warehouse"
import type { Json } from "effect/Schema"
import type { Random } from "./random.ts"
import * as plan from "./warehouses/plan.ts"

/** Keys that objects inherit, that vendors reserve, or that are no identifiers. */
const strangeKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "toJSON",
  "then",
  "length",
  "",
  " ",
  "0",
  "-1",
  "a.b",
  "a[0]",
  "$set",
  "$insert_id",
  "distinct_id",
  "time",
  "token",
  "ip",
  "_tag",
  "\u0000",
  "\u2028",
  "\ud800",
  "\u202e",
  "💾",
  "e\u0301",
  "groupId",
  "violations"
]

const numbers = [
  0,
  -0,
  1,
  -1,
  0.1,
  1e21,
  1e-7,
  5e-324,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER + 2,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 63)
]

/** Times with an offset, without one, on days that there are and are not. */
const times = [
  "0000-01-01T00:00:00Z",
  "1899-12-31T23:59:59.999999Z",
  "1969-12-31T23:59:59.999999Z",
  "2024-02-29T12:00:00.123456+05:45",
  "2026-02-29T12:00:00Z",
  "2026-01-01T24:00:00Z",
  "2026-01-01T00:00:00.1234567Z",
  "2026-01-01T00:00:00",
  "2299-12-31T23:59:59.999Z",
  "9999-12-31T23:59:59.999999-23:59",
  "+010000-01-01T00:00:00Z",
  "-004713-01-01T00:00:00.000Z",
  "+275760-09-13T00:00:00.000Z"
]

/** Any UTF-16 code unit, or a text with a meaning for a terminal, HTML or a parser. */
const pieces = [
  "\u0000",
  "\u001b[2J",
  "\n",
  "\r\n",
  "\t",
  '"',
  "\\",
  "\\u0041",
  "</script>",
  "\ud800",
  "\udc00",
  "\udbff\udfff",
  "\ufffe",
  "\ufeff",
  "\u202e",
  "\u2028",
  "\u0085",
  "é",
  "e\u0301",
  "漢字",
  "👩‍👩‍👧‍👦",
  "a",
  "b c",
  "0"
]

const text = (random: Random, longest: number): string => {
  const length = random.below(longest)
  let out = ""
  while (out.length < length) {
    out += random.oneIn(3) ? random.pick(pieces) : String.fromCharCode(random.below(random.oneIn(4) ? 0x10000 : 0x80))
  }
  return out
}

/** Mostly short. One in two hundred is too long for some vendor. */
const anyText = (random: Random): string => {
  if (!random.oneIn(200)) return text(random, random.pick([2, 8, 30]))
  return text(random, 20).padEnd(
    random.pick([101, 255, 256, 1_000, 8_000, 33_000, 70_000]),
    random.pick(["x", "é", "\ud800"])
  )
}

/**
 * Mostly short. One in five hundred is longer than an entry of some index. None has a backslash: once the JSON.parse of Node.js 26 (V8) has read a key
 * that is written "\\n", it takes "\nx" for the same, since it compares a text before it unescapes it.
 */
const key = (random: Random): string =>
  random.oneIn(4) ? random.pick(strangeKeys) : text(random, random.oneIn(500) ? 6_000 : 12).replaceAll("\\", "/")

const put = (to: Record<string, Json>, name: string, value: Json): void => {
  Object.defineProperty(to, name, { value, configurable: true, enumerable: true, writable: true })
}

/** Nested to a given depth. From about 5,000 levels, JSON.stringify runs out of stack. */
const deep = (random: Random, depth: number): Json => {
  let value: Json = random.next()
  for (let i = 0; i < depth; i++) value = random.oneIn(2) ? [value] : { [random.oneIn(9) ? "__proto__x" : "a"]: value }
  return value
}

const json = (random: Random, size: number): Json => {
  switch (random.below(size > 0 ? 8 : 5)) {
    case 0:
      return null
    case 1:
      return random.oneIn(2)
    case 2:
      return random.oneIn(2) ? random.pick(numbers) : (random.next() - 0.5) * 10 ** random.below(300)
    case 3:
    case 4:
      return anyText(random)
    case 5:
      return Array.from({ length: random.below(size) }, () => json(random, size >> 1))
    default:
      return values(random, size >> 1)
  }
}

export const values = (random: Random, size: number): Record<string, Json> => {
  const out: Record<string, Json> = {}
  const count = random.oneIn(500) ? 300 : random.below(size + 1)
  for (let i = 0; i < count; i++) put(out, key(random), json(random, size >> 1))
  if (random.oneIn(200)) put(out, "deep", deep(random, random.pick([3, 4, 20, 200, 2_000, 4_900, 6_000])))
  return out
}

const timestamp = (random: Random, now: number): string =>
  random.oneIn(20)
    ? random.pick(["", "yesterday", "1960-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", anyText(random)])
    : new Date(now - random.below(1_000_000)).toISOString()

/** Each id contains its number, so that all ids differ. */
const messageId = (random: Random, index: number, now: number): string =>
  random.oneIn(20) ? `${anyText(random)}#${index}` : Message.nextId(now)

/** A value of a kind, at the edges of what columns hold. */
const ofKind = (random: Random, kind: Table.Kind): Json => {
  switch (kind) {
    case "string":
      return anyText(random)
    case "integer":
      return random.pick([0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, random.below(1e9)])
    case "number":
      return random.oneIn(2) ? random.pick(numbers) : random.next()
    case "boolean":
      return random.oneIn(2)
    case "timestamp":
      return random.oneIn(2) ? new Date(random.below(2 ** 41)).toISOString() : random.pick(times)
    case "json":
      return json(random, 8)
  }
}

/** Values of the keys of the plan: mostly of their kind, and some absent. */
const planned = (random: Random, kinds: Readonly<Record<string, Table.Kind>>): Record<string, Json> => {
  const out: Record<string, Json> = {}
  for (const [name, kind] of Object.entries(kinds)) {
    if (random.oneIn(2)) put(out, name, random.oneIn(8) ? json(random, 4) : ofKind(random, kind))
  }
  return out
}

const maybe = (random: Random, times: number, value: () => string): string | undefined =>
  random.oneIn(times) ? undefined : value()

/** One of the six calls, with every field as strange as its type allows. */
export const message = (random: Random, index: number, now: number): Message.Message => {
  const id = (): string =>
    random.oneIn(10) ? random.pick(["", "null", "undefined", "0", anyText(random)]) : `u-${random.below(99)}`
  const common: Record<string, unknown> = {
    messageId: messageId(random, index, now),
    timestamp: timestamp(random, now)
  }
  const userId = maybe(random, 4, id)
  if (userId !== undefined) common["userId"] = userId
  const anonymousId = maybe(random, 3, id)
  if (anonymousId !== undefined) common["anonymousId"] = anonymousId
  if (random.oneIn(4)) common["context"] = values(random, 6)
  if (random.oneIn(20))
    common["integrations"] = { All: random.oneIn(2), Mixpanel: random.oneIn(2) || values(random, 4) }
  const traits = () => ({ ...values(random, 8), ...(random.oneIn(2) && planned(random, plan.declared)) })
  const own = (): Record<string, unknown> => {
    switch (random.below(12)) {
      case 0:
        return { type: "identify", traits: traits() }
      case 1:
        return { type: "group", groupId: id(), traits: traits() }
      case 2:
        return { type: "alias", previousId: id() }
      case 3:
        return { type: "page", ...(random.oneIn(2) && { name: anyText(random) }), properties: traits() }
      case 4:
        return { type: "screen", ...(random.oneIn(2) && { category: anyText(random) }), properties: traits() }
      default:
        return {
          type: "track",
          event: random.oneIn(10) ? anyText(random) : plan.event,
          properties: random.oneIn(2) ? values(random, 12) : { ...values(random, 4), ...planned(random, plan.keys) }
        }
    }
  }
  return { ...own(), ...common } as unknown as Message.Message
}

/** A value without JSON, such as a service may pass by mistake. */
export const noJson = (random: Random): unknown => {
  const cycle: Record<string, unknown> = {}
  cycle["self"] = cycle
  return random.pick<unknown>([
    undefined,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    1n,
    Symbol("s"),
    () => 1,
    new Date(Number.NaN),
    new Map([[1, 2]]),
    cycle,
    {
      toJSON: () => {
        throw new Error("toJSON")
      }
    },
    {
      get a() {
        throw new Error("get")
      }
    },
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("ownKeys")
        }
      }
    )
  ])
}
