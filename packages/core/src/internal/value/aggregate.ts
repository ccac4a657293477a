import type { Aggregate } from "../../Aggregate.ts"
import { absent } from "../base/codec.ts"
import { invalidRow, type Place } from "../base/fault.ts"
import type { ManyProgram, Values as Record } from "./model.ts"

type Rows = ReadonlyArray<unknown>
type Values = Readonly<Record>

/**
 * What the aggregates of a to-many relation make of the rows of each parent: for each parent one array of values, in the
 * order of the relation's keys. `nested` and `flat` are the records of all parents' rows, one parent after another.
 */
export const aggregate = (
  program: ManyProgram,
  lists: ReadonlyArray<Rows | undefined>,
  nested: ReadonlyArray<Values>,
  flat: ReadonlyArray<Values>,
  place: Place
): ReadonlyArray<ReadonlyArray<unknown> | undefined> => {
  const max = program.items?.max ?? 0
  let atItem = 0
  let atRow = 0
  return lists.map((rows, index) => {
    if (rows === undefined) return undefined
    const items = nested.slice(atItem, (atItem += Math.min(max, rows.length)))
    const values = program.attributes === undefined ? [] : flat.slice(atRow, (atRow += rows.length))
    return program.relation.aggregates.flatMap((asked) => one(program, asked, rows, items, values, index, place))
  })
}

const one = (
  { relation }: ManyProgram,
  asked: Aggregate,
  rows: Rows,
  items: ReadonlyArray<Values>,
  values: ReadonlyArray<Values>,
  index: number,
  place: Place
): ReadonlyArray<unknown> => {
  const read = (attribute: string): ReadonlyArray<unknown> => {
    const key = `${relation.target.name}_${attribute}`
    return values.map((value) => value[key]).filter((value) => value !== undefined && value !== null)
  }
  switch (asked._tag) {
    case "List":
      return [items.slice(0, asked.max), rows.length > asked.max]
    case "First":
      return [items.length === 0 ? absent : items[0]]
    case "Count":
      return [rows.length]
    case "Keys":
      return [read(relation.target.key)]
    case "Sum": {
      const total = (read(asked.attribute) as ReadonlyArray<number>).reduce((sum, value) => sum + value, 0)
      if (Number.isFinite(total)) return [total]
      throw invalidRow(
        relation.target.name,
        place(index, `.${asked.attribute}`),
        "values whose sum is a finite number",
        total
      )
    }
    default: {
      const numbers = read(asked.attribute) as ReadonlyArray<number>
      if (numbers.length === 0) return [absent]
      const better = asked._tag === "Min" ? Math.min : Math.max
      const best = numbers.reduce((a, b) => better(a, b))
      if (Number.isFinite(best)) return [best]
      throw invalidRow(relation.target.name, place(index, `.${asked.attribute}`), "numbers", best)
    }
  }
}
