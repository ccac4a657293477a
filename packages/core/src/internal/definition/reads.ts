/** Which fields of its rows a relation's target reads. */
import type { ReadFields } from "../load/model.ts"
import type { CompiledAggregate, EntityImpl, Field } from "./model.ts"

const fieldOf = ({ source }: Field): string | undefined => ("path" in source ? source.path[0] : undefined)

/** Undefined if one is unknown, since a function may read any field. */
const known = (names: ReadonlyArray<string | undefined>): ReadFields =>
  names.some((name) => name === undefined) ? undefined : [...new Set(names as ReadonlyArray<string>)]

/** All that an entity's attributes and relations read of its own row. */
export const ofEntity = ({ fields, related }: EntityImpl): ReadFields =>
  known([
    ...fields.map(fieldOf),
    ...Array.from(related, ([, { via }]) => ("lookup" in via ? via.lookup.byField?.name : undefined))
  ])

/** All that aggregates read of each row. Most need a few attributes, and not the relations. */
export const ofAggregates = (target: EntityImpl, aggregates: ReadonlyArray<CompiledAggregate>): ReadFields => {
  if (aggregates.some(({ needs }) => needs.first > 0 || needs.last)) return ofEntity(target)
  const attributes = new Set(aggregates.flatMap(({ needs }) => needs.attributes))
  return known(target.fields.filter(({ name }) => attributes.has(name)).map(fieldOf))
}
