/**
 * Runs Effects for code outside of Effect, such as a facade of promises: with a callback, and without a fiber if they only wait for loaders.
 *
 * @module
 */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Entity from "./Entity.ts"
import * as callback from "./internal/base/callback.ts"
import * as valuation from "./internal/value/valuation.ts"
import type { InvalidRow } from "./RowError.ts"

/**
 * Runs the Effect of `Tracker.trackUnsafe`, or any other, with its services. Calls back now if there is nothing to wait for, otherwise later.
 * Nobody can interrupt it.
 */
export const run = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  services: Context.Context<R>,
  onExit: (exit: Exit.Exit<A, E>) => void
): void => {
  callback.run(effect, services as Context.Context<never>, onExit)
}

/**
 * `Entity.values` of a row, which it reads now.
 *
 * @example
 * ```ts
 * import { Callback, Entity } from "@trackmap/core"
 * import * as Context from "effect/Context"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
 * Callback.values(Order, { id: 357 }, Context.empty(), (exit) => console.log(exit._tag)) // Success
 * ```
 */
export const values = <T extends Entity.Any>(
  self: T,
  row: Entity.Row<T>,
  services: Context.Context<Entity.Services<T>>,
  onExit: (exit: Exit.Exit<Entity.Values<T>, InvalidRow | Entity.Failure<T>>) => void
): void => run(valuation.valuesUnsafe(self, row), services, onExit)

/** `Entity.valuesAll` of rows, which it reads now. */
export const valuesAll = <T extends Entity.Any>(
  self: T,
  rows: ReadonlyArray<Entity.Row<T>>,
  services: Context.Context<Entity.Services<T>>,
  onExit: (exit: Exit.Exit<ReadonlyArray<Entity.Values<T>>, InvalidRow | Entity.Failure<T>>) => void
): void => run(valuation.valuesAllUnsafe(self, rows), services, onExit)
