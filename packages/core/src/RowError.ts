/**
 * The errors of a row and its relations.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/**
 * A row, or a related row, does not match the entity's schemas. `path` is the place, from the entity (`OrderLine.product.price`). `actual`
 * describes the kind of value found, never the value, so you can log the message. `cause` is the error of a getter, resolver or computed
 * attribute that threw.
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
 * A required relation has no row (`Loader.required`, or `Entity.one` with `required`). `path` is the relation (`OrderLine.order`), `key` the key
 * that the loader looked up.
 */
export class MissingRow extends Schema.TaggedError<MissingRow>("@trackmap/core/MissingRow")("MissingRow", {
  path: Schema.String,
  key: Schema.optionalKey(Schema.Unknown)
}) {
  override get message(): string {
    if (!("key" in this)) {
      return `${this.path}: the resolver has found no row. Load it, or drop required: true to leave its keys out.`
    }
    return `${this.path}: the loader has no row for the key ${describeKey(this.key)}. Load it, or drop required to leave its keys out.`
  }
}

/**
 * A resolver, a computed attribute or a loader failed: its promise rejected, or it took too long. `path` is the relation or the attribute
 * (`OrderLine.product`), or the loader's name. `cause` is the promise's rejection. The message contains only its name, because its text may
 * contain personal data.
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
