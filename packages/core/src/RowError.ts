/**
 * What can be wrong with a row, or with what its relations resolve to.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/**
 * A row, or a row that one of its relations resolved to, is not what the entity's schemas ask for.
 * `path` leads there from the entity (`OrderLine.product.price`). What came is described by its kind, never by its value,
 * so that the message can be logged; `cause` is what a getter, resolver or computed attribute threw.
 */
export class InvalidRow extends Schema.TaggedError<InvalidRow>("@trackmap/core/InvalidRow")("InvalidRow", {
  entity: Schema.String,
  path: Schema.String,
  expected: Schema.String,
  actual: Schema.String,
  remedy: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.path}: expected ${this.expected}, got ${this.actual}. ${this.remedy}`
  }
}

/**
 * A relation made with `Loader.required` found no row for its key.
 * `path` is the relation (`OrderLine.order`), `key` the key that was asked for.
 */
export class MissingRow extends Schema.TaggedError<MissingRow>("@trackmap/core/MissingRow")("MissingRow", {
  path: Schema.String,
  key: Schema.Unknown
}) {
  override get message(): string {
    return `${this.path}: the loader has no row for the key ${describeKey(this.key)}. Load it, or drop Loader.required to leave its keys out.`
  }
}

/**
 * A resolver, a computed attribute or a loader did not give what it was asked for: its promise rejected, or it took too long.
 * `path` is the relation or the attribute (`OrderLine.product`), or the loader's name. The message names what was rejected with and never
 * repeats it, as it may hold personal data; it is the `cause`.
 */
export class ResolveFailed extends Schema.TaggedError<ResolveFailed>("@trackmap/core/ResolveFailed")("ResolveFailed", {
  path: Schema.String,
  reason: Schema.String,
  remedy: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.path} ${this.reason}. ${this.remedy}`
  }
}

const describeKey = (key: unknown): string =>
  typeof key === "object" && key !== null ? "(an object)" : String(key).slice(0, 64)
