/**
 * The origin of an event's keys: the entity, the relation and the resolver of each, from the event's definition; and, for an event that you
 * observe, how each relation was resolved.
 *
 * @module
 */
import type { Key, Node, Resolver } from "./Description.ts"
import * as internal from "./internal/event/lineage.ts"
import type { Resolution } from "./internal/value/trace.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

export type { Key, Node, Resolution, Resolver }

/**
 * Lists the nodes of an event, level by level: its own properties, then each entity with its relations. They come from `TrackedEvent.describe`.
 * The nodes inside an aggregate's rows follow the aggregate's node. They have no keys, because their keys are not keys of the event. Throws
 * `DefinitionError` for a value that is not an event.
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
