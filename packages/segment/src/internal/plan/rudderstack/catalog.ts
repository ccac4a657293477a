import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"
import type { Loss } from "@trackmap/core/PlanSupport"
import { Ids } from "./ids.ts"
import { type Shape, shapeOf, signatureOf } from "./shape.ts"

/** A property of the data catalog. */
interface Property {
  readonly id: string
  readonly name: string
  readonly description?: string
  readonly type?: string
  readonly types?: ReadonlyArray<string>
  readonly item_type?: string
  readonly item_types?: ReadonlyArray<string>
  readonly config?: Shape["config"]
}

interface CustomType extends Omit<Property, "types"> {
  readonly type: string
}

/** A property of an event, or inside another one. */
export interface Use {
  readonly property: string
  readonly required: boolean
  readonly additional_properties?: true
  readonly properties?: ReadonlyArray<Use>
}

/** What a property is made from. */
interface Member {
  readonly name: string
  readonly type: Description.JsonType
  readonly optional: boolean
  readonly description?: string | undefined
}

/** How deep properties can be inside of others (rudder-iac, `maxNestingDepth`). */
const depth = 3

/** Characters of a property's name, and of a description. */
const isName = (name: string): boolean => name.trim() === name && name !== "" && [...name].length <= 65
const isText = (text: string): boolean => [...text].length >= 3 && [...text].length <= 2_000

/** Whether an event, a custom type or a plan can have a description. */
export const isDescription = (text: string): boolean => isText(text) && /^[A-Za-z]/.test(text)

const memberOf = ({ description, key: name, optional, type }: Description.Key): Member => {
  return { name, type, optional, description }
}

/** The members of an object, and of the objects in a list. */
const membersIn = (type: Description.JsonType): ReadonlyArray<Member> => {
  switch (type._tag) {
    case "Object":
      return type.properties
    case "Record":
      return type.nodes.flatMap(({ keys }) => keys.map(memberOf))
    case "Array":
      return type.items._tag === "Array" ? [] : membersIn(type.items)
    default:
      return []
  }
}

const typed = ({ config, items, types }: Shape): Omit<Property, "id" | "name"> => ({
  ...(types.length === 1 && { type: types[0]! }),
  ...(types.length > 1 && { types }),
  ...(items.length === 1 && { item_type: items[0]! }),
  ...(items.length > 1 && { item_types: items }),
  ...(Object.keys(config).length > 0 && { config })
})

/** The properties of a plan, and the custom types that they need. */
export class Catalog {
  readonly properties: Array<Property> = []
  readonly customTypes: Array<CustomType> = []
  readonly losses: Array<Loss> = []
  private readonly ids = new Ids()
  private readonly typeIds = new Ids(40)
  private readonly known = new Map<string, Property>()
  private readonly signatures = new Map<string, string>()

  /** The use of a key by an event. Undefined if RudderStack cannot have it. */
  use(event: string, key: Description.Key): Use | undefined {
    return this.useOf({ name: event, key: key.key }, memberOf(key), 0)
  }

  private useOf(of: Pick<Loss, "name" | "key">, member: Member, level: number): Use | undefined {
    const { name, optional, type } = member
    if (!isName(name)) {
      const inside = level === 0 ? "the property" : `the property ${JSON.stringify(name.slice(0, 80))} inside it`
      this.losses.push({
        ...of,
        what: `${inside}, since RudderStack takes names of 1 to 65 characters without spaces around them`
      })
      return undefined
    }
    const members = level < depth ? membersIn(type) : []
    const properties = members.flatMap((inner) => this.useOf(of, inner, level + 1) ?? [])
    const isNested = properties.length > 0
    return {
      property: `#property:${this.property(of, member, isNested, level).id}`,
      required: !optional,
      ...(isNested && { additional_properties: true as const, properties })
    }
  }

  private property(of: Pick<Loss, "name" | "key">, member: Member, isNested: boolean, level: number): Property {
    const { description, name, type } = member
    const { kept, shape } = shapeOf(type)
    const wanted = JSON.stringify([name, shape])
    const found = this.known.get(wanted)
    const property = found ?? this.add(name, shape, description)
    this.known.set(wanted, property)
    const inside = level === 0 ? "" : `of ${JSON.stringify(name)} inside it, `
    for (const { what } of PlainType.losses(of, type, isNested ? [...kept, "properties", "elements"] : kept)) {
      this.losses.push({ ...of, what: `${inside}${what}` })
    }
    if (isNested && type._tag === "Object" && type.rest !== undefined && type.rest._tag !== "Json") {
      this.losses.push({ ...of, what: `${inside}what its other properties are` })
    }
    if (description !== undefined && property.description !== description) {
      this.losses.push({ ...of, what: `${inside}its description` })
    }
    return property
  }

  /** Adds a property. One of its name and its types, with other keywords, needs a type of its own. */
  private add(name: string, shape: Shape, description: string | undefined): Property {
    const signature = JSON.stringify([name, signatureOf(shape)])
    const text = description !== undefined && isText(description) ? { description } : {}
    const first = this.signatures.get(signature)
    if (first === undefined) {
      const property = { id: this.ids.of(name, signature), name, ...text, ...typed(shape) }
      this.signatures.set(signature, property.id)
      this.properties.push(property)
      return property
    }
    const variant = JSON.stringify(shape)
    const id = this.typeIds.of(`${name}-type`, variant)
    this.customTypes.push({ id, name: `T_${id}`, ...(typed(shape) as { readonly type: string }) })
    const property = { id: this.ids.of(name, variant), name, ...text, type: `#custom-type:${id}` }
    this.properties.push(property)
    return property
  }
}
