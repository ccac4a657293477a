/** Looks up the relations of an event that `track` has left to be looked up later, and adds their values. */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as callback from "../base/callback.ts"
import { build } from "../definition/entity.ts"
import { SharedMap } from "../base/sharedMap.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl } from "../definition/model.ts"
import * as loader from "../load/loader.ts"
import * as storedKey from "../load/storedKey.ts"
import type { Values } from "../value/model.ts"
import { type LaterRelation, type Tolerated, Tolerance } from "../value/tolerance.ts"
import * as valuation from "../value/valuation.ts"
import type { LookUp, TrackedEventImpl } from "./model.ts"

/** The row of a looked-up relation's own entity: all that is left of the row that had the relation. */
interface KeyRow {
  readonly key: unknown
}

const keyOf = ({ key }: KeyRow): unknown => key

const make = (event: TrackedEventImpl, path: string, checked: boolean): LookUp | undefined => {
  const [root, ...names] = path.split(".")
  const entities = Object.values(event.entities)
  for (const entity of entities) {
    const found = entity.name === root ? inEntity(entity, names, checked, entities) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The relation at a path from an entity. A relation of the rows of a list belongs to their own records. */
const inEntity = (
  entity: EntityImpl,
  names: ReadonlyArray<string>,
  checked: boolean,
  entities: ReadonlyArray<EntityImpl>
): LookUp | undefined => {
  let record = entities
  let owner = entity
  let prefix = entity.name
  for (const [index, name] of names.entries()) {
    const relation = owner.relations[name]
    if (relation === undefined) return undefined
    if (index === names.length - 1) {
      if (!("lookup" in relation.via)) return undefined
      const via = { lookup: loader.at(relation.via.lookup.loader, keyOf) }
      const related = SharedMap.from([[name, { ...relation, via }]])
      const alone = build({ name: prefix, key: owner.key, fields: [], related, compared: 0, checked, annotations: {} })
      const keys = record.flatMap((one) => layout.of(one).flatKeys)
      return { valuer: valuation.valuerOf(alone), order: new Map(keys.map(({ key }, at) => [key, at])) }
    }
    owner = relation.target
    if (relation._tag === "Many") record = [owner]
    prefix = relation._tag === "One" ? relation.prefix : owner.name
  }
  return undefined
}

const withoutPlaces = (relation: string): string => relation.replaceAll(/\[\d+\]/g, "")

/** How a relation is looked up, or undefined if the event has no such relation with a loader. */
export const of = (event: TrackedEventImpl, relation: string, checked: boolean): LookUp | undefined => {
  const known = (event.memo.lookUps ??= [new Map(), new Map()])[checked ? 0 : 1]
  const path = withoutPlaces(relation)
  if (!known.has(path)) known.set(path, make(event, path, checked))
  return known.get(path)
}

/** Leaves out what is invalid, but what fails can succeed later. */
class Looking extends Tolerance {
  failure: Tolerated | undefined

  override failed(path: string, expected: string, cause: Cause.Cause<unknown>): void {
    super.failed(path, expected, cause)
    this.failure ??= this.found.at(-1)
  }
}

/** The values that were looked up, and what is wrong with them; or what failed. */
export type LookedUp =
  | { readonly failure: Tolerated }
  | { readonly failure: undefined; readonly properties: Values; readonly found: ReadonlyArray<Tolerated> }

export interface Relation extends LaterRelation {
  readonly lookUp: LookUp
}

/** A relation of a message by one of its keys, and the records that have it there. */
interface Wanted extends Relation {
  readonly records: Array<string>
  readonly looking: Looking
}

/** Rows of a list that have the same key share its row, and what is wrong with that. */
const wantedOf = (relations: ReadonlyArray<Relation>, keep: boolean): ReadonlyArray<Wanted> => {
  const wanted = new Map<string, Wanted>()
  for (const one of relations) {
    const id = JSON.stringify([withoutPlaces(one.relation), one.key])
    const same = wanted.get(id)
    if (same === undefined) wanted.set(id, { ...one, records: [one.at], looking: new Looking(keep) })
    else same.records.push(one.at)
  }
  return [...wanted.values()]
}

/** An error with its path from the event's entity. */
const placed = ({ lookUp, relation }: Wanted, { violation, ...rest }: Tolerated): Tolerated => {
  const at = relation.slice(0, relation.lastIndexOf("."))
  const path = at + violation.path.slice(lookUp.valuer.program.entity.name.length)
  return { ...rest, violation: { ...violation, path } }
}

/** Looks up relations together with all that is looked up at the same time, and adds their values to the properties. */
export const add = (
  properties: Values,
  relations: ReadonlyArray<Relation>,
  keep: boolean
): Effect.Effect<LookedUp, never, any> => {
  const wanted = wantedOf(relations, keep)
  const valued = wanted.map(({ key, lookUp: { valuer }, looking }) =>
    valuation.tolerant(valuer, { key: storedKey.decode(key) } satisfies KeyRow, looking)
  )
  return callback.andThen(callback.all(valued), (exit) =>
    Exit.map(exit, (values): LookedUp => {
      const all = new Tolerance(keep)
      const added = new Map<string, Added>()
      for (const [index, one] of wanted.entries()) {
        const { failure, found } = one.looking
        if (failure !== undefined) return { failure: placed(one, failure) }
        for (const tolerated of found) all.put(placed(one, tolerated))
        for (const at of one.records) {
          const others = added.get(at)?.values
          added.set(at, { order: one.lookUp.order, values: { ...others, ...values[index] } })
        }
      }
      return { failure: undefined, properties: merged(properties, "", added) as Values, found: all.found }
    })
  )
}

/** The values that were looked up for a record, and the order of its keys. */
interface Added extends Pick<LookUp, "order"> {
  readonly values: Values
}

/** A copy of a value whose records have got what was looked up for them. */
const merged = (value: unknown, at: string, added: ReadonlyMap<string, Added>): unknown => {
  if (typeof value !== "object" || value === null || ![...added.keys()].some((one) => one.startsWith(at))) return value
  if (Array.isArray(value)) return value.map((item, index) => merged(item, `${at}/${index}`, added))
  const entries = new Map(Object.entries(value).map(([key, inner]) => [key, merged(inner, `${at}/${key}`, added)]))
  const own = added.get(at)
  if (own === undefined) return Object.fromEntries(entries)
  for (const [key, found] of Object.entries(own.values)) entries.set(key, found)
  const placeOf = (key: string): number => own.order.get(key) ?? -1
  return Object.fromEntries([...entries].sort(([a], [b]) => placeOf(a) - placeOf(b)))
}
