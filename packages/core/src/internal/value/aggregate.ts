import { absent, type MismatchError } from "../base/codec.ts"
import { fromThrown, isTagged, type Place } from "../base/fault.ts"
import type { AggregatedRows, CompiledAggregate } from "../definition/model.ts"
import type { ManyProgram, NodeValues, Values as Record } from "./model.ts"
import type { Tolerance } from "./tolerance.ts"

type Values = Readonly<Record>

/**
 * The results of a to-many relation's aggregates over the rows of each parent: for each parent one array of values, in the
 * order of the relation's keys. `records` and `attributes` are those of all parents' rows, one parent after another.
 */
export const aggregate = (
  program: ManyProgram,
  counts: ReadonlyArray<number | undefined>,
  records: ReadonlyArray<Values>,
  attributes: ReadonlyArray<Values>,
  place: Place,
  tolerance: Tolerance | undefined
): Array<NodeValues | undefined> => {
  const { first = 0, last = false } = program.records ?? {}
  let atRecord = 0
  let atRow = 0
  return counts.map((count, index) => {
    if (count === undefined) return undefined
    const leading = Math.min(first, count)
    const nested = records.slice(atRecord, (atRecord += leading + (last && count > leading ? 1 : 0)))
    const rows: AggregatedRows = {
      count,
      first: nested.slice(0, leading),
      last: last ? nested.at(-1) : undefined,
      attributes: program.attributes === undefined ? [] : attributes.slice(atRow, (atRow += count))
    }
    return program.relation.compiled.flatMap((compiled) => run(program, compiled, rows, index, place, tolerance))
  })
}

/** The values of one aggregate. A tolerant walk omits values that cannot be aggregated. */
const run = (
  { relation }: ManyProgram,
  compiled: CompiledAggregate,
  rows: AggregatedRows,
  index: number,
  place: Place,
  tolerance: Tolerance | undefined
): ReadonlyArray<unknown> => {
  try {
    return compiled.run(rows)
  } catch (thrown) {
    const error = fromThrown(relation.target.name, place(index, compiled.suffix), compiled.expected, thrown)
    if (tolerance === undefined) throw error
    const refused = isTagged<MismatchError>(thrown, "~@trackmap/core/Mismatch")
    tolerance.add(error, !refused)
    const value = refused ? tolerance.instead(thrown.mismatch.value) : absent
    return compiled.keys.map(() => value)
  }
}
