/** The rows of an answer, in the order of any column. */
import { useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import type { Answered } from "../../../../src/internal/protocol.ts"
import { isNumber } from "../../explore/asking.ts"
import { type Order, sorted } from "../../explore/order.ts"
import { count, counted, measured } from "../../format.ts"
import { Icon } from "../Icon.tsx"

type Cell = Answered["rows"][number][number]

const page = 100
/** The characters of a cell that are drawn. */
const longest = 2_000
/** Times, ids of some length and short texts stay on one line. */
const brief = 24

const shown = (cell: Cell, isNumeric: boolean): string => {
  if (typeof cell === "number") return isNumeric ? measured(cell) : String(cell)
  const text = typeof cell === "string" ? cell : JSON.stringify(cell)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

const Value = (props: { readonly cell: Cell; readonly isNumeric: boolean }) => {
  const { cell, isNumeric } = props
  if (cell === null) return <span class="value-none">none</span>
  if (cell === "") return <span class="value-none">empty</span>
  const text = shown(cell, isNumeric)
  return <bdi class={isNumeric || text.length <= brief ? "cell-brief" : "cell"}>{text}</bdi>
}

/** The table. `time` writes the times of a question, and `titles` are the columns' names for people. */
export const Rows = (props: {
  readonly answered: Answered
  readonly titles: ReadonlyArray<string>
  readonly time: ((instant: string) => string) | undefined
}) => {
  const { answered, time, titles } = props
  const { columns, rows } = answered
  const order = useSignal<Order | undefined>(undefined)
  const drawn = useSignal(page)
  const by = order.value
  const ordered = useMemo(() => (by === undefined ? rows : sorted(rows, by)), [rows, by])
  const turn = (column: number) => {
    const isNumeric = isNumber(columns[column]!.kind)
    const first = isNumeric ? "descending" : "ascending"
    const second = isNumeric ? "ascending" : "descending"
    order.value = by?.column !== column ? { column, is: first } : by.is === first ? { column, is: second } : undefined
  }
  return (
    <>
      <div class="scroll-x" role="group" aria-label="Rows" tabindex={0}>
        <table class="answer" aria-label="Rows" aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              {columns.map(({ kind, name }, column) => (
                <th
                  key={column}
                  scope="col"
                  class={isNumber(kind) ? "number" : undefined}
                  aria-sort={by?.column === column ? by.is : "none"}
                >
                  <button type="button" class="link sort" title={name} onClick={() => turn(column)}>
                    <bdi>{titles[column] ?? name}</bdi>
                    {by?.column === column && <Icon name={by.is === "ascending" ? "up" : "down"} />}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, drawn.value).map((row, index) => (
              <tr key={index} aria-rowindex={index + 2}>
                {row.map((cell, column) => {
                  const isNumeric = isNumber(columns[column]!.kind)
                  const value = column === 0 && time !== undefined && typeof cell === "string" ? time(cell) : cell
                  return (
                    <td key={column} class={isNumeric ? "number" : undefined}>
                      <Value cell={value} isNumeric={isNumeric} />
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > drawn.value && (
        <p class="more">
          <span class="quiet">
            {count(drawn.value)} of {counted(rows.length, "row")}
          </span>
          <button type="button" class="small" onClick={() => (drawn.value += page * 5)}>
            Show more
          </button>
        </p>
      )}
    </>
  )
}
