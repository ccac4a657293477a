import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Aggregate } from "../../Aggregate.ts"
import type * as Attribute from "../../Attribute.ts"
import type { Reason } from "../../DefinitionError.ts"
import * as codec from "../base/codec.ts"
import * as loader from "../load/loader.ts"
import { refuse } from "../base/refuse.ts"
import * as layout from "./layout.ts"
import type { EntityImpl, Field, FieldSource, RelationImpl, Via } from "./model.ts"
import * as standardSchema from "../base/standardSchema.ts"

export const TypeId = "~@trackmap/core/Entity" as const

const Proto = {
  [TypeId]: { _Own: (_: never) => _, _Fx: (_: never) => _ },
  pipe() {
    return pipeArguments(this, arguments)
  },
  toString(this: EntityImpl) {
    return `Entity(${this.name})`
  }
}

export const isEntity = (u: unknown): u is EntityImpl => hasProperty(u, TypeId)

const fail = (entity: string, reason: Reason, paths: ReadonlyArray<string>, detail: string): never =>
  refuse(entity, reason, detail, paths)

/** A new entity, laid out at once so that a bad definition fails where it is composed. */
export const build = (parts: Omit<EntityImpl, "attributes" | "memo">): EntityImpl => {
  const self: EntityImpl = Object.freeze(
    Object.assign(Object.create(Proto), parts, {
      attributes: Object.fromEntries(parts.fields.map((field) => [field.name, field.schema])),
      memo: {}
    })
  )
  layout.of(self)
  return self
}

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,99}$/

/**
 * Mixpanel reserves names that start with `mp_` and `$` (its page "Reserved properties") and cuts names at 255 characters
 * ("Import events"); Segment's warehouses take letters, digits and underscores ("Warehouse schemas").
 */
const checkName = (entity: string, what: string, name: string, path: string): void => {
  if (typeof name !== "string" || !namePattern.test(name) || name.startsWith("mp_") || name in Object.prototype) {
    fail(
      entity,
      "BadName",
      [path],
      `${what} ${JSON.stringify(name)} is no name that vendors take: 1 to 100 letters, digits and underscores, a letter first, not "mp_…" and no name of Object.prototype`
    )
  }
}

export const makeField = (entity: string, name: string, given: unknown, source: FieldSource): Field => {
  checkName(entity, "the attribute", name, `${entity}.${name}`)
  const schema = standardSchema.asEffect(given)
  if (schema === undefined) {
    return fail(
      entity,
      "NotJson",
      [`${entity}.${name}`],
      `the attribute "${name}" has no schema: neither an Effect schema nor a Standard Schema`
    )
  }
  const why = codec.whyNotJson(schema)
  if (why !== undefined) {
    return fail(entity, "NotJson", [`${entity}.${name}`], `the attribute "${name}" cannot be JSON: ${why}`)
  }
  return { name, schema, codec: codec.make(schema), source }
}

export const make = (
  name: string,
  options: {
    readonly key: string
    readonly attributes: Attribute.Fields | ReadonlyArray<string>
    readonly schema?: { readonly fields: { readonly [name: string]: Schema.Constraint } }
  }
): EntityImpl => {
  checkName(String(name), "the entity", name, String(name))
  const attributes = options?.attributes
  if (typeof attributes !== "object" || attributes === null) {
    return fail(name, "BadPath", [name], "it needs attributes: schemas by name, or the names of a schema's fields")
  }
  const entries: ReadonlyArray<readonly [string, unknown]> = Array.isArray(attributes)
    ? attributes.map((attribute: string) => {
        const fields = options.schema?.fields ?? {}
        return Object.hasOwn(fields, attribute)
          ? ([attribute, fields[attribute]] as const)
          : fail(name, "BadPath", [`${name}.${attribute}`], `the schema has no field "${attribute}"`)
      })
    : Object.entries(attributes)
  const fields = entries.map(([attribute, schema]) => makeField(name, attribute, schema, { path: [attribute] }))
  const key = fields.find((field) => field.name === options.key)
  if (key === undefined) {
    return fail(
      name,
      "BadKey",
      [`${name}.${options.key}`],
      `the key "${options.key}" is none of its attributes (${fields.map((field) => field.name).join(", ")})`
    )
  }
  return build({ name, key: options.key, fields, relations: {}, compared: 0, checked: true })
}

const viaOf = (entity: string, path: string, resolve: unknown): Via =>
  loader.isLookup(resolve)
    ? { lookup: resolve }
    : typeof resolve === "function"
      ? { resolve: resolve as (row: unknown) => unknown }
      : fail(entity, "BadPath", [path], `the relation ${path} needs a function of the row, or a loader's Loader.at`)

const relate = (self: EntityImpl, name: string, relation: RelationImpl): EntityImpl =>
  build({ ...self, relations: { ...self.relations, [name]: relation } })

const checkRelation = (self: EntityImpl, name: string, target: unknown): string => {
  const path = `${self.name}.${name}`
  checkName(self.name, "the relation", name, path)
  if (Object.hasOwn(self.relations, name)) {
    fail(self.name, "DuplicateName", [path], `it already has a relation "${name}"`)
  }
  if (!isEntity(target)) fail(self.name, "BadPath", [path], `the target of ${path} is no entity`)
  return path
}

export const one = (
  self: EntityImpl,
  name: string,
  target: EntityImpl,
  resolve: unknown,
  options?: { readonly prefix?: string | undefined }
): EntityImpl => {
  const path = checkRelation(self, name, target)
  const prefix = options?.prefix ?? target.name
  checkName(self.name, "the prefix", prefix, path)
  return relate(self, name, { _tag: "One", target, prefix, via: viaOf(self.name, path, resolve) })
}

export const many = (
  self: EntityImpl,
  name: string,
  target: EntityImpl,
  resolve: unknown,
  ...aggregates: ReadonlyArray<Aggregate>
): EntityImpl => {
  const path = checkRelation(self, name, target)
  if (aggregates.length === 0) {
    fail(
      self.name,
      "BadAggregate",
      [path],
      `${path} names no aggregate: give it Aggregate.count, Aggregate.list({ max }) or another`
    )
  }
  for (const aggregate of aggregates) checkAggregate(self, path, target, aggregate)
  return relate(self, name, { _tag: "Many", target, aggregates, via: viaOf(self.name, path, resolve) })
}

const checkAggregate = (self: EntityImpl, path: string, target: EntityImpl, aggregate: Aggregate): void => {
  switch (aggregate?._tag) {
    case "Count":
    case "Keys":
    case "First":
      return
    case "List":
      if (!Number.isSafeInteger(aggregate.max) || aggregate.max < 1) {
        fail(
          self.name,
          "BadLimit",
          [path],
          `the list ${path} needs a max that is a whole number from 1, not ${aggregate.max}`
        )
      }
      return
    case "Sum":
    case "Min":
    case "Max": {
      const field = target.fields.find((candidate) => candidate.name === aggregate.attribute)
      const what = `${aggregate._tag.toLowerCase()}("${aggregate.attribute}") of ${path}`
      const paths = [path, `${target.name}.${aggregate.attribute}`]
      if (field === undefined) {
        fail(self.name, "BadAggregate", paths, `${what}: ${target.name} has no attribute "${aggregate.attribute}"`)
      } else if (!(field.codec.numeric ?? isNumeric(field.codec.encoded.ast))) {
        fail(self.name, "BadAggregate", paths, `${what}: ${target.name}.${aggregate.attribute} is no number`)
      }
      return
    }
    default:
      fail(self.name, "BadAggregate", [path], `${path} has something that is no aggregate`)
  }
}

const isNumeric = (ast: Schema.Constraint["ast"]): boolean =>
  ast._tag === "Number" ||
  (ast._tag === "Literal" && typeof ast.literal === "number") ||
  (ast._tag === "Union" &&
    ast.types.every((type) => type._tag === "Undefined" || type._tag === "Null" || isNumeric(type)))

export const computed = (
  self: EntityImpl,
  name: string,
  schema: unknown,
  compute: (row: any) => unknown
): EntityImpl => {
  if (typeof compute !== "function") {
    fail(self.name, "BadPath", [`${self.name}.${name}`], `the computed attribute "${name}" needs a function of the row`)
  }
  return build({ ...self, fields: [...self.fields, makeField(self.name, name, schema, { compute })] })
}

export const omit = (self: EntityImpl, ...paths: ReadonlyArray<string>): EntityImpl =>
  paths.reduce((entity, path) => omitPath(entity, path, `${self.name}.${path}`), self)

const omitPath = (self: EntityImpl, path: string, whole: string): EntityImpl => {
  const dot = path.indexOf(".")
  const name = dot < 0 ? path : path.slice(0, dot)
  if (!Object.hasOwn(self.relations, name)) {
    const known = Object.keys(self.relations).join(", ") || "none"
    fail(self.name, "BadPath", [whole], `there is no relation "${name}" to omit (it has ${known})`)
  }
  const { [name]: relation, ...others } = self.relations
  if (dot < 0) return build({ ...self, relations: others })
  const target = omitPath(relation!.target, path.slice(dot + 1), whole)
  return build({ ...self, relations: { ...self.relations, [name]: { ...relation!, target } } })
}

const readPath = (row: any, path: ReadonlyArray<string>): unknown => {
  let value = row
  for (let i = 0; i < path.length; i++) value = value[path[i]!]
  return value
}
/** What a field holds of a row, before it is encoded. */
export const read = (source: FieldSource, row: unknown): unknown =>
  "path" in source ? readPath(row, source.path) : source.compute(row)

/** The same source, of a row that stands inside another one. */
const inside = (source: FieldSource, step: string): FieldSource =>
  "path" in source ? { path: [step, ...source.path] } : { compute: (row) => source.compute(row[step]) }

const mapRelations = (
  self: EntityImpl,
  f: (read: (row: any) => unknown) => (row: any) => unknown
): EntityImpl["relations"] =>
  Object.fromEntries(
    Object.entries(self.relations).map(([name, relation]) => [
      name,
      {
        ...relation,
        via:
          "lookup" in relation.via
            ? { lookup: loader.at(relation.via.lookup.loader, f(relation.via.lookup.key)) }
            : { resolve: f(relation.via.resolve) }
      }
    ])
  )

export const extras = (self: EntityImpl, fields: Attribute.Fields): EntityImpl =>
  build({
    ...self,
    fields: [
      ...self.fields.map((field) => ({ ...field, source: inside(field.source, "row") })),
      ...Object.entries(fields).map(([name, schema]) => makeField(self.name, name, schema, { path: ["extras", name] }))
    ],
    relations: mapRelations(self, (f) => (row) => f(row.row))
  })

interface ChangeImpl {
  readonly before: unknown
  readonly after: unknown
}
const current = (change: ChangeImpl): unknown => {
  const row = change.after ?? change.before
  if (row === null || row === undefined) {
    throw new codec.MismatchError({ expected: "a row in before or in after", value: undefined })
  }
  return row
}

const isUpdate = (change: ChangeImpl): boolean => change.before != null && change.after != null

export const State = Schema.Literals(["created", "updated", "deleted", "unchanged"])

const before = (field: Field): Field => ({
  ...field,
  name: `${field.name}_before`,
  schema: Schema.optionalKey(field.schema as Schema.Top),
  codec: { ...field.codec, optional: true },
  source: { compute: (change: ChangeImpl) => (isUpdate(change) ? read(field.source, change.before) : codec.absent) }
})

export const changed = (self: EntityImpl): EntityImpl => {
  if (self.compared > 0) fail(self.name, "DuplicateName", [self.name], "it is already tracked as a change")
  return build({
    ...self,
    fields: [
      ...self.fields.map((field) => ({
        ...field,
        source: { compute: (change: ChangeImpl) => read(field.source, current(change)) }
      })),
      makeField(self.name, "state", State, {
        compute: (change: ChangeImpl) =>
          change.before == null ? "created" : change.after == null ? "deleted" : "updated"
      }),
      makeField(self.name, "changed", Schema.Array(Schema.String), { compute: () => [] }),
      ...self.fields.map(before)
    ],
    compared: self.fields.length,
    relations: mapRelations(self, (f) => (change) => f(current(change)))
  })
}

export const unchecked = (self: EntityImpl): EntityImpl => build({ ...self, checked: false })
