import { Dialect } from "../src/index.ts"

/** An engine with every limit, for tests. */
export const dialect: Dialect.Dialect = {
  name: "Engine",
  types: {
    string: "TEXT",
    integer: "BIGINT",
    number: "DOUBLE",
    boolean: "BOOL",
    timestamp: "TIMESTAMPTZ",
    json: "JSON"
  },
  kindOf: (type) =>
    (
      {
        TEXT: "string",
        BIGINT: "integer",
        DOUBLE: "number",
        BOOL: "boolean",
        TIMESTAMPTZ: "timestamp",
        JSON: "json"
      } as const
    )[type],
  fold: (name) => name.toLowerCase(),
  nameBytes: 63,
  columns: 40,
  reserved: new Set(["rowid"]),
  encode: {
    ...Dialect.encode,
    string: (value) => (typeof value === "string" && value.isWellFormed() && !value.includes("\0") ? value : undefined),
    json: (value) => {
      const text = Dialect.jsonText(value)
      return text.includes("\\u0000") ? undefined : text
    }
  }
}
