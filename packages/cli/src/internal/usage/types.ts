/** What the types of expressions say: which events, entities and plans they are. */
import type { Checker, Type } from "typescript/unstable/sync"

const literals = (type: Type | undefined): ReadonlyArray<string> => {
  if (type === undefined) return []
  if (type.isUnionType()) return type.getTypes().flatMap(literals)
  return type.isStringLiteralType() ? [type.value] : []
}

/** An entity, with the relations that it has. */
export interface Related {
  readonly entity: string
  readonly relations: ReadonlyArray<string>
}

/** Reads types. A type is read once. */
export class Types {
  readonly #checker: Checker
  readonly #events = new Map<number, ReadonlyArray<string>>()
  /** By type and depth: what was read less deep has less in it. */
  readonly #inside = new Map<string, ReadonlyArray<string>>()

  constructor(checker: Checker) {
    this.#checker = checker
  }

  #typeOf(type: Type, property: string): Type | undefined {
    const symbol = this.#checker.getPropertyOfType(type, property)
    return symbol && this.#checker.getTypeOfSymbol(symbol)
  }

  #is(type: Type, kind: "Entity" | "Plan" | "TrackedEvent"): boolean {
    return type.isObjectType() || type.isUnionType() || type.isIntersectionType()
      ? this.#checker.getPropertyOfType(type, `~@trackmap/core/${kind}`) !== undefined
      : false
  }

  /** The names of the events that a value is one of. */
  events(type: Type | undefined): ReadonlyArray<string> {
    if (type === undefined) return []
    const known = this.#events.get(type.id)
    if (known !== undefined) return known
    const names = this.#is(type, "TrackedEvent") ? literals(this.#typeOf(type, "name")) : []
    this.#events.set(type.id, names)
    return names
  }

  /** The names of the events that a value is or has in it. */
  within(type: Type | undefined, depth = 3): ReadonlyArray<string> {
    if (type === undefined || depth === 0) return []
    const own = this.events(type)
    if (own.length > 0) return own
    const id = `${type.id} ${depth}`
    const known = this.#inside.get(id)
    if (known !== undefined) return known
    const names = [...new Set(this.#parts(type).flatMap((part) => this.within(part, depth - 1)))]
    this.#inside.set(id, names)
    return names
  }

  #parts(type: Type): ReadonlyArray<Type | undefined> {
    if (type.isUnionType() || type.isIntersectionType()) return type.getTypes()
    if (!type.isObjectType()) return []
    if (this.#is(type, "Entity")) return []
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) {
      return this.#checker.getTypeArguments(type as never)
    }
    const properties = this.#checker.getPropertiesOfType(type)
    const indexed = this.#checker.getIndexInfosOfType(type).map(({ valueType }) => valueType)
    return properties.length === 0 ? indexed : [...this.#checker.getTypeOfSymbol(properties), ...indexed]
  }

  /** The names of a plan's events, or undefined if it is no plan. */
  plan(type: Type | undefined): ReadonlyArray<string> | undefined {
    if (type === undefined || !this.#is(type, "Plan")) return undefined
    const events = this.#typeOf(type, "events")
    return events === undefined ? [] : this.#checker.getPropertiesOfType(events).map(({ name }) => name)
  }

  /** An entity's relations, or undefined if it is none. */
  entity(type: Type | undefined): Related | undefined {
    if (type === undefined || !this.#is(type, "Entity")) return undefined
    const [entity] = literals(this.#typeOf(type, "name"))
    const relations = this.#typeOf(type, "relations")
    if (entity === undefined || relations === undefined) return undefined
    return { entity, relations: this.#checker.getPropertiesOfType(relations).map(({ name }) => name) }
  }
}
