import * as Schema from "effect/Schema"
import * as codec from "../base/codec.ts"
import { refuse } from "../base/refuse.ts"
import { sameJson } from "../base/sameJson.ts"
import { build } from "./entity.ts"
import * as fields from "./field.ts"
import type { EntityImpl, Field } from "./model.ts"
import { mapRows } from "./relations.ts"

interface Change {
  readonly before: unknown
  readonly after: unknown
}

const current = (change: Change): unknown =>
  change.after ?? change.before ?? codec.mismatch("a row in before or in after", undefined)

/** The same object for both has the later values twice, such as an ORM's instance that was changed in place. */
const isOne = ({ after, before }: Change): boolean => before != null && before === after
const isUpdate = (change: Change): boolean => change.before != null && change.after != null && !isOne(change)

const stateOf = (change: Change): unknown =>
  isOne(change)
    ? codec.mismatchFound(
        "a row as it was before, and another object as it is after",
        "one object for both",
        "Copy what the attributes read before you change the row: before = { ...row }, or row.toJSON() of an ORM."
      )
    : change.before == null
      ? "created"
      : change.after == null
        ? "deleted"
        : "updated"

const State = Schema.Literals(["created", "updated", "deleted", "unchanged"])

const before = (field: Field): Field => ({
  ...field,
  name: `${field.name}_before`,
  schema: Schema.optionalKey(field.schema as Schema.Top),
  codec: { ...field.codec, optional: true },
  source: { compute: (change: Change) => (isUpdate(change) ? fields.read(field.source, change.before) : codec.absent) }
})

/** Tracks an entity as a change: its own attributes, `state` and `changed`, and each attribute's `_before`, in this order. */
export const changed = (self: EntityImpl): EntityImpl => {
  if (self.compared > 0) refuse(self.name, "DuplicateName", "it is already tracked as a change", [self.name])
  return build({
    ...self,
    fields: [
      ...self.fields.map((field) => ({
        ...field,
        source: { compute: (change: Change) => fields.read(field.source, current(change)) }
      })),
      fields.make(self.name, "state", State, { compute: stateOf }),
      fields.make(self.name, "changed", Schema.Array(Schema.String), {
        compute: (change: Change) => (isOne(change) ? codec.absent : [])
      }),
      ...self.fields.map(before)
    ],
    compared: self.fields.length,
    related: mapRows(self, (f) => (change) => f(current(change)))
  })
}

/** Sets `state` and `changed` in the values of an update, and drops the `_before` of unchanged attributes. */
export const compare = ({ compared, fields }: EntityImpl, values: Array<unknown>): void => {
  if (values[compared] !== "updated") return
  const changed: Array<string> = []
  for (let i = 0; i < compared; i++) {
    const before = compared + 2 + i
    if (sameJson(values[i], values[before])) values[before] = codec.absent
    else changed.push(fields[i]!.name)
  }
  values[compared + 1] = changed
  if (changed.length === 0) values[compared] = "unchanged"
}
