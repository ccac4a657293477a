import { assert, describe, it } from "vitest"
import { Column } from "./index.ts"
import type { ColumnImpl } from "./internal/column.ts"
import { misfit } from "./internal/decode.ts"

const decode = (column: Column.Any, raw: unknown): unknown => (column as unknown as ColumnImpl).decode(raw)

/** Each kind, with what drivers return for one value of it, and what is not of the kind. */
const kinds: ReadonlyArray<
  readonly [
    name: string,
    column: Column.Any,
    value: unknown,
    same: ReadonlyArray<unknown>,
    other: ReadonlyArray<unknown>
  ]
> = [
  ["int", Column.int, 7, [7, 7n, "7"], ["07", "7.0", " 7", 7.5, "", true, "9007199254740993", 2n ** 60n]],
  ["bigint", Column.bigint, 2n ** 62n, [2n ** 62n, String(2n ** 62n)], [2 ** 62, "07", 1.5, "x"]],
  ["bigint", Column.bigint, -7n, [-7, -7n, "-7"], ["-0", "- 7"]],
  ["text", Column.text, "a", ["a"], [1, true, new Uint8Array()]],
  ["boolean", Column.boolean, true, [true, 1, 1n, "t", "true", "1"], [2, "yes", ""]],
  ["boolean", Column.boolean, false, [false, 0, 0n, "f", "false", "0"], [-1]],
  ["numeric", Column.numeric, "12.5", ["12.5", 12.5], ["NaN", "1e3", Number.NaN, Infinity, true]],
  ["numeric", Column.numeric, "1000000000000000000000", ["1000000000000000000000", 1e21, 10n ** 21n], []],
  ["numeric", Column.numeric, "-1230000000000000000000", [-1.23e21], []],
  ["numeric", Column.numeric, "-0.00000012", ["-0.00000012", -1.2e-7], []],
  ["float", Column.float, 0.5, [0.5, "0.5"], ["", " ", "x", true]],
  ["float", Column.float, 2, [2, 2n, "2"], []],
  ["float", Column.float, Infinity, [Infinity, "Infinity"], []],
  [
    "timestamptz",
    Column.timestamptz,
    new Date("2026-11-29T12:30:15.123Z"),
    [
      new Date("2026-11-29T12:30:15.123Z"),
      "2026-11-29T12:30:15.123Z",
      "2026-11-29 12:30:15.123",
      "2026-11-29 12:30:15.123456+00",
      "2026-11-29 14:30:15.123+02:00",
      "2026-11-29 07:00:15.123-0530",
      1795955415123,
      1795955415123.7,
      1795955415123n,
      "1795955415123"
    ],
    ["infinity", "", "29.11.2026", new Date(Number.NaN), true, "2026-13-01 00:00:00"]
  ],
  ["timestamp", Column.timestamp, new Date("2026-11-29T00:00:00Z"), ["2026-11-29", "2026-11-29 00:00"], []],
  ["timestamp", Column.timestamp, new Date("+012026-11-29T00:00:00Z"), ["12026-11-29 00:00:00"], []],
  ["date", Column.date, "2026-11-29", ["2026-11-29", new Date("2026-11-29"), 1795910400000], ["infinity", true, "x"]],
  ["json", Column.json, { a: [1] }, ['{"a":[1]}', { a: [1] }], ["{"]],
  ["json", Column.json, 5, [5, 5n, "5"], []],
  [
    "uuid",
    Column.uuid,
    "2500b32e-9d29-4a5c-8b6f-3d1c1b5a7e4f",
    ["2500b32e-9d29-4a5c-8b6f-3d1c1b5a7e4f", "2500B32E-9D29-4A5C-8B6F-3D1C1B5A7E4F"],
    ["2500b32e", 1]
  ],
  ["literals", Column.literals(["draft", "placed"]), "draft", ["draft"], ["shipped", 1]],
  ["array", Column.array(Column.int), [1, 2], [[1, 2], '["1","2"]', "[1,2]"], ["{1,2}", [1.5], [null], 1]],
  ["array", Column.array(Column.nullable(Column.text)), ["a", null], [["a", null], '["a",null]'], ["[["]]
]

describe.each(kinds)("a column of kind %s", (_, column, value, same, other) => {
  it("decodes to one value what drivers return for it", () => {
    for (const raw of same) assert.deepStrictEqual(decode(column, raw), value)
  })

  it("decodes nothing else", () => {
    for (const raw of other) assert.strictEqual(decode(column, raw), misfit)
  })
})

it("has the type that it decodes to", () => {
  const int: Column.Type<typeof Column.int> = 1
  const literal: Column.Column<"a" | "b" | null, "literals"> = Column.nullable(Column.literals(["a", "b"]))
  const array: Column.Column<ReadonlyArray<Date>, "array"> = Column.array(Column.timestamptz)
  // @ts-expect-error: a text is not an integer.
  const text: Column.Type<typeof Column.int> = "1"
  assert.deepStrictEqual([int, text, literal.nullable, array.nullable], [1, "1", true, false])
})
