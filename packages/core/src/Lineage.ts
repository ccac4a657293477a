/**
 * Where the keys of an event come from: what its definition says of each, and how, for one event that is observed, the rows behind
 * them were found.
 *
 * @module
 */
import type { Key, Node, Resolver } from "./Description.ts"
import * as internal from "./internal/event/lineage.ts"
import type { Resolution } from "./internal/value/trace.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

export type { Key, Node, Resolution, Resolver }

/**
 * The nodes of an event, level by level: its own properties, then each of its entities with all that it is related to. They are those of
 * `TrackedEvent.describe`, in one list: what stands inside a list follows the list, and has no keys of its own in the event.
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
export const of: (event: TrackedEvent.Any) => ReadonlyArray<Node> = internal.of
