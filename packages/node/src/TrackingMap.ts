/**
 * A set of entities, which turns several rows into one record.
 *
 * @module
 */
import * as Core from "@trackmap/core/TrackingMap"
import { run } from "./internal/run.ts"

export * from "@trackmap/core/TrackingMap"

/**
 * The flat values of rows of several entities, as one record in the order given. Rejects with `DefinitionError` if two of them write the
 * same key, or if the map does not contain a name.
 */
export const values = <Self extends Core.Any, const Rows extends Core.RowsOf<Self, Rows>>(
  self: Self,
  rows: Rows
): Promise<Core.Values<Self, keyof Rows & keyof Self["entities"]>> => run(Core.values(self, rows))
