/**
 * Where the keys of an event come from: what its definition says of each, and how, for one event that is observed, the rows behind
 * them were found.
 *
 * @module
 */
import * as internal from "./internal/lineage.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

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

/** How a relation of one event was resolved. */
export interface Resolution {
  /** Of the node. */
  readonly path: string
  /** `"missing"`: there is no row. */
  readonly outcome: "resolved" | "missing" | "failed"
  /** From the moment that it was asked for. */
  readonly milliseconds: number
  /** What the loader was asked together with this: keys in all, and callers who waited for some of them. None without a loader. */
  readonly batch: { readonly keys: number; readonly callers: number } | undefined
  /** Whether it was in the loader's cache. */
  readonly cached: boolean
}

/**
 * The nodes of an event, level by level: its own properties, then each of its entities with all that it is related to.
 * Throws `DefinitionError` where it is given no event.
 *
 * @example
 * ```ts
 * import { Entity, Lineage, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, sku: Schema.String } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("product", Product, (line: { readonly product: Entity.Row<typeof Product> }) => line.product)
 * )
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
 *
 * const keys = Lineage.of(OrderLineUpdated).flatMap((node) => node.keys.map(({ key, path }) => [key, path]))
 * console.log(keys.at(-1)) // [ "Product_sku", "OrderLine.product.sku" ]
 * ```
 */
export const of: (event: TrackedEvent.Any) => ReadonlyArray<Node> = internal.of as any
