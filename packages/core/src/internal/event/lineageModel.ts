/** How the row of a node is found: the call gives it, a function of another row does, or a loader. */
export type Resolver =
  | { readonly _tag: "Row" }
  | { readonly _tag: "Function" }
  | { readonly _tag: "Loader"; readonly loader: string }

/** One key of an event. */
export interface Key {
  /** Such as `Product_name`. */
  readonly key: string
  /** Such as `OrderLine.product.name`. */
  readonly path: string
  /** The attribute's name, or what an aggregate is: `sum(qty)`. */
  readonly attribute: string
  readonly kind: "attribute" | "computed" | "aggregate" | "property"
  readonly personal: boolean
}

/** What the keys of an event are about: its own properties, an entity, or the entities of a to-many relation. */
export interface Node {
  /** Such as `OrderLine.product`; of what is in a list, `Order.lines[].product`. */
  readonly path: string
  /** The entity's name; of its own properties, the event's. */
  readonly entity: string
  /** The path of the node that it is related to. None for what the call gives. */
  readonly parent: string | undefined
  readonly relation: string | undefined
  readonly to: "one" | "many"
  readonly resolver: Resolver
  /** Its own keys of the flat record. What is in a list has none. */
  readonly keys: ReadonlyArray<Key>
}
