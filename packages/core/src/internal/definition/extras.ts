import type * as Attribute from "../../Attribute.ts"
import { build } from "./entity.ts"
import * as fields from "./field.ts"
import type { EntityImpl, FieldSource } from "./model.ts"
import { mapRows } from "./relations.ts"

/** The same source, for a row inside another one. */
const inside = (source: FieldSource, step: string): FieldSource =>
  "path" in source ? { path: [step, ...source.path] } : { compute: (row) => source.compute(row[step]) }

export const extras = (self: EntityImpl, given: Attribute.Fields): EntityImpl =>
  build({
    ...self,
    fields: [
      ...self.fields.map((field) => ({ ...field, source: inside(field.source, "row") })),
      ...Object.entries(given).map(([name, schema]) => fields.make(self.name, name, schema, { path: ["extras", name] }))
    ],
    related: mapRows(self, (f) => (row) => f(row.row))
  })
