import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type { Annotations } from "../../Annotations.ts"
import type * as Attribute from "../../Attribute.ts"
import { describe } from "../base/fault.ts"
import { misfit } from "../base/misfit.ts"
import { type Names, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { checkRuntime } from "../base/runtime.ts"
import { SharedMap } from "../base/sharedMap.ts"
import * as annotations from "./annotations.ts"
import * as fields from "./field.ts"
import * as layout from "./layout.ts"
import type { EntityFace, EntityImpl } from "./model.ts"

export const TypeId = "~@trackmap/core/Entity" as const

const Proto = {
  [TypeId]: { _Own: (_: never) => _, _Fx: (_: never) => _ },
  pipe() {
    return pipeArguments(this, arguments)
  },
  toString(this: EntityImpl) {
    return `Entity(${this.name})`
  },
  // Made on first use: an entity that is composed step by step would make them at each step.
  get attributes() {
    const { fields, memo } = this as unknown as EntityImpl
    return (memo.attributes ??= Object.fromEntries(fields.map(({ name, schema }) => [name, schema])))
  },
  get relations() {
    const { memo, related } = this as unknown as EntityImpl
    return (memo.relations ??= Object.fromEntries(related))
  }
}

export const isEntity = (u: unknown): u is EntityImpl => hasProperty(u, TypeId)

/** The implementation of an entity: `build` makes all of them. */
export const implOf = (entity: EntityFace): EntityImpl => (isEntity(entity) ? entity : noEntity(entity))
const noEntity = misfit("Entity", "an entity, such as Entity.make returns")

type Parts = Omit<EntityImpl, "attributes" | "relations" | "memo">

const create = (parts: Parts): EntityImpl => Object.freeze(Object.assign(Object.create(Proto), parts, { memo: {} }))

/** A new entity, laid out at once so that a bad definition fails where it is composed. */
export const build = (parts: Parts): EntityImpl => {
  const self = create(parts)
  layout.of(self)
  return self
}

/** An entity with something more, which writes further keys. Only these are checked, so that n steps cost no more than n keys. */
export const extend = (self: EntityImpl, more: Partial<Parts>, keys: ReadonlyArray<string>): EntityImpl => {
  const extended = create({ ...self, ...more })
  layout.extend(self, extended, keys)
  return extended
}

interface Options {
  readonly key: string
  readonly attributes: Attribute.Fields | ReadonlyArray<string>
  readonly schema?: { readonly fields: { readonly [name: string]: Schema.Constraint } }
  readonly from?: { readonly [name: string]: string | undefined } | undefined
}

const names: Names<Options> = { key: true, attributes: true, schema: true, from: true }

export const make = (name: string, options: Options): EntityImpl => {
  checkRuntime()
  fields.checkName("Entity.make", "the entity", name, String(name))
  const { attributes, from = {}, key, schema } = optionsOf(name, options, names)
  fields.checkByName(name, "attributes", attributes)
  if (typeof attributes !== "object" || attributes === null) {
    return refuse(name, "BadPath", "it needs attributes: schemas by name, or the names of a schema's fields", [name])
  }
  const entries: ReadonlyArray<readonly [string, unknown]> = Array.isArray(attributes)
    ? attributes.map((attribute: string) => {
        const known = schema?.fields ?? {}
        return Object.hasOwn(known, attribute)
          ? ([attribute, known[attribute]] as const)
          : refuse(name, "BadPath", `the schema has no field "${attribute}"`, [`${name}.${attribute}`])
      })
    : Object.entries(attributes)
  const read = fieldsOf(name, new Set(entries.map(([attribute]) => attribute)), from)
  const own = entries.map(([attribute, schema]) =>
    fields.make(name, attribute, schema, { path: [read.get(attribute) ?? attribute] })
  )
  if (!own.some((field) => field.name === key)) {
    const known = own.map((field) => field.name).join(", ")
    const found = typeof key === "string" ? `"${key}"` : describe(key)
    refuse(name, "BadKey", `the key ${found} is not one of its attributes (${known})`, [`${name}.${String(key)}`])
  }
  return build({ name, key, fields: own, related: SharedMap.from([]), compared: 0, checked: true, annotations: {} })
}

/** The names of the row's fields, for attributes whose field has another name. */
const fieldsOf = (
  name: string,
  attributes: ReadonlySet<string>,
  from: { readonly [name: string]: unknown }
): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>()
  for (const [attribute, field] of Object.entries(from)) {
    if (field === undefined) continue
    const path = `${name}.${attribute}`
    if (!attributes.has(attribute)) {
      refuse(name, "BadPath", `from names "${attribute}", which is not one of its attributes`, [path])
    }
    if (typeof field !== "string" || field === "") {
      refuse(name, "BadPath", `from.${attribute} needs the name of a field of the row, not ${describe(field)}`, [path])
    }
    fields.set(attribute, field as string)
  }
  return fields
}

export const computed = (
  self: EntityImpl,
  name: string,
  schema: unknown,
  compute: (row: any) => unknown
): EntityImpl => {
  if (typeof compute !== "function") {
    refuse(self.name, "BadPath", `the computed attribute "${name}" needs a function of the row`, [
      `${self.name}.${name}`
    ])
  }
  const field = fields.make(self.name, name, schema, { compute })
  return extend(self, { fields: [...self.fields, field] }, layout.keysOfFields(self.name, [field]))
}

export const annotate = (self: EntityImpl, given: Annotations): EntityImpl =>
  extend(self, { annotations: annotations.add(self.name, self.annotations, given) }, [])

export const unchecked = (self: EntityImpl): EntityImpl => build({ ...self, checked: false })
