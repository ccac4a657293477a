/**
 * Delivery of messages that are stored elsewhere, for a relay, which reads them from a table or a stream. The sinks are those of a tracker, but
 * each is on its own and has no buffer: you pass it messages, and it returns when each has its receipt.
 *
 * A destination's state never costs a message. While the destination is unavailable, or refuses the sink's key, the call waits and tries again,
 * without a limit. A receipt says that the message was delivered, that it was skipped, or that it was refused for its own sake. If you interrupt the
 * call, its messages have no receipts, and you pass them again later.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as EventSink from "./EventSink.ts"
import * as completing from "./internal/delivery/completing.ts"
import type {
  Completion,
  Deliveries,
  Delivery,
  DeliveryOptions,
  Incomplete,
  Stored
} from "./internal/delivery/model.ts"
import * as internal from "./internal/delivery/stored.ts"
import type * as Plan from "./Plan.ts"

export type { Completion, Deliveries as Service, Delivery, DeliveryOptions as Options, Incomplete, Stored }

/**
 * Opens sinks for stored messages, until the scope closes. Fails with the errors of opening the sinks. The metrics and spans are those of a tracker.
 *
 * @example
 * ```ts
 * import { Delivery, Envelope, EventSink, Receipt, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Logger from "effect/Logger"
 *
 * let attempts = 0
 * const sink = EventSink.make({
 *   name: "segment",
 *   send: (batch) =>
 *     attempts++ === 0 ? Effect.fail(new SendError.Unavailable({ reason: "status 503" })) : Effect.succeed(batch.all(Receipt.delivered))
 * })
 * const envelope: Envelope.Envelope = {
 *   format: 1,
 *   message: { type: "alias", previousId: "a", userId: "b", messageId: "m", timestamp: "2026-03-01T12:00:00.000Z" },
 *   purposes: [],
 *   consent: "all",
 *   personal: [],
 *   violations: []
 * }
 *
 * const program = Effect.gen(function* () {
 *   const { sinks } = yield* Delivery.make(sink)
 *   for (const { deliver } of sinks) {
 *     const [receipt] = yield* deliver([{ envelope, at: Date.now() }])
 *     console.log(receipt?.sink, receipt?.outcome._tag, receipt?.attempts) // segment Delivered 2
 *   }
 * })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Logger.layer([]))))
 * ```
 */
export const make: <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options?: DeliveryOptions
) => Effect.Effect<Deliveries, E, R | Scope.Scope> = internal.make

/**
 * Looks up what events with `relations: "later"` have left, for all messages together, and returns each message with its values as `track` would have
 * written them, or why that is not possible now. Pass the complete envelopes to `Delivery.deliver`. Envelopes without such relations come back as
 * they are. The loaders run with the services of the call.
 *
 * @example
 * ```ts
 * import { Delivery, Entity, Envelope, Loader, Plan, TrackedEvent } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const products = Loader.byKey({
 *   load: async (ids: ReadonlyArray<number>) => ids.map((id) => ({ id, name: "Gold Plated Duck Tape" })),
 *   keyOf: (product) => product.id
 * })
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("product", Product, Loader.at(products, (row: { productId: number }) => row.productId))
 * )
 * const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: OrderLine }, relations: "later" })
 *
 * const stored: Envelope.Envelope = {
 *   format: 2,
 *   message: {
 *     type: "track",
 *     event: "lineAdded",
 *     properties: { OrderLine_id: 1001 },
 *     messageId: "m",
 *     timestamp: "2026-03-01T12:00:00.000Z"
 *   },
 *   purposes: [],
 *   consent: "all",
 *   personal: [],
 *   violations: [],
 *   later: { event: TrackedEvent.version(LineAdded), validation: "strip", relations: [{ relation: "OrderLine.product", at: "", key: 123 }] }
 * }
 * const [completion] = await Effect.runPromise(Delivery.complete(Plan.make(LineAdded), [{ envelope: stored }]))
 * if (completion?._tag === "Complete" && completion.envelope.message.type === "track") {
 *   console.log(completion.envelope.message.properties)
 *   // { OrderLine_id: 1001, Product_id: 123, Product_name: "Gold Plated Duck Tape" }
 * }
 * ```
 */
export const complete: <P extends Plan.Plan = Plan.Plan>(
  plan: P | undefined,
  envelopes: ReadonlyArray<Incomplete>
) => Effect.Effect<ReadonlyArray<Completion>, never, Plan.LaterServices<P>> = completing.complete
