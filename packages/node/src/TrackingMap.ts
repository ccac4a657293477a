/**
 * A set of entities, which values several objects at once into one record.
 *
 * @module
 */
import * as Core from "@trackmap/core/TrackingMap"
import { run } from "./internal/run.ts"

export * from "@trackmap/core/TrackingMap"

/**
 * Values rows of several entities into one record, in the order in which they are given. Rejects with `DefinitionError` where two of them
 * write the same key, and for a name that the map does not have.
 */
export const values = <Self extends Core.Any, const Rows extends Core.RowsOf<Self, Rows>>(
  self: Self,
  rows: Rows
): Promise<Core.Values<Self, keyof Rows & keyof Self["entities"]>> => run(Core.values(self, rows))
