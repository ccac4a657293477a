/** Explore: questions about the events in the warehouse, and statements that only read. */
import { useEffect, useMemo, useRef } from "preact/hooks"
import type { Measure, ShownCatalog, ShownTable } from "../../../../src/internal/protocol.ts"
import { announce, copy } from "../../announce.ts"
import { csvOf } from "../../explore/csv.ts"
import { type Result, stepsOf } from "../../explore/explore.ts"
import { shapeOf } from "../../explore/shape.ts"
import { precise, written } from "../../explore/zone.ts"
import { explore } from "../../explored.ts"
import { counted, duration, measured } from "../../format.ts"
import { hello } from "../../state.ts"
import { Bars } from "./Bars.tsx"
import { Builder } from "./Builder.tsx"
import { Lines } from "./Lines.tsx"
import { Rows } from "./Rows.tsx"
import { focusStatement, Statement } from "./Statement.tsx"

const tableOf = (catalog: ShownCatalog | undefined, name: string | undefined): ShownTable | undefined =>
  catalog?.tables.find((table) => table.name === name)

const labelOf = (table: ShownTable | undefined, key: string): string => {
  const column = table?.columns.find(({ name }) => name === key)
  return column === undefined ? key : `${column.group} · ${column.label}`
}

/** The measure in words. */
const measureTitle = (measure: Measure, table: ShownTable | undefined): string => {
  if (measure.of === "count") return "Count"
  if (measure.of === "users") return "Distinct users"
  return `${measure.of === "sum" ? "Sum" : "Average"} of ${labelOf(table, measure.key)}`
}

const save = (text: string, name: string) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }))
  link.download = `${name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 100)}.csv`
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  announce("Result saved as CSV")
}

/** Goes to a statement, or back to the question. */
const turn = (sql: string | undefined): void => {
  explore.cancel()
  explore.problem.value = undefined
  explore.sql.value = sql
  if (sql !== undefined) return focusStatement()
  explore.result.value = undefined
  void explore.run()
}

const Sql = ({ sql }: { readonly sql: string }) => (
  <details class="ran">
    <summary>The SQL that was run</summary>
    <div class="json">
      <button type="button" class="small json-copy" onClick={() => void copy(sql, "SQL")}>
        Copy<span class="sr"> the SQL</span>
      </button>
      <pre role="group" aria-label="SQL" tabindex={0}>
        {sql}
      </pre>
    </div>
    {explore.sql.value === undefined && (
      <button type="button" class="small" onClick={() => turn(sql)}>
        Edit the SQL
      </button>
    )}
  </details>
)

const Answer = ({ result }: { readonly result: Result }) => {
  const { answered, question } = result
  const table = tableOf(explore.catalog.value, question?.table)
  const steps = useMemo(() => stepsOf(question), [question])
  const shape = useMemo(() => shapeOf(answered, steps), [answered, steps])
  const name = question && (table?.event ?? question.table)
  const measure = question === undefined ? (answered.columns.at(-1)?.name ?? "") : measureTitle(question.measure, table)
  const title = name === undefined ? measure : `${measure}, ${name}`
  const titles = useMemo(
    () =>
      question === undefined
        ? []
        : [
            ...(steps === undefined ? [] : [`${steps.every === "day" ? "Day" : "Hour"} (${steps.zone})`]),
            ...question.groupBy.map((key) => labelOf(table, key)),
            measure
          ],
    [measure, question, steps, table]
  )
  const time = steps && ((instant: string) => written(Date.parse(instant), steps.every, steps.zone))
  const csv = () => csvOf(answered, steps && ((instant) => precise(Date.parse(instant), steps.zone)))
  return (
    <div class="answered">
      {shape._tag === "Lines" && (
        <Lines
          shape={shape}
          title={title}
          every={steps?.every ?? "hour"}
          zone={steps?.zone ?? "UTC"}
          isSum={steps?.isSum ?? false}
        />
      )}
      {shape._tag === "Bars" && <Bars shape={shape} title={title} />}
      {shape._tag === "Number" && (
        <p class="figure">
          <b>{measured(shape.value)}</b> <span class="quiet wrap">{title}</span>
        </p>
      )}
      <div class="answer-head">
        <p>
          {counted(answered.rows.length, "row")} <span class="quiet">in {duration(answered.ms)}</span>
        </p>
        <button
          type="button"
          class="small"
          disabled={answered.rows.length === 0}
          onClick={() => save(csv(), `${name ?? "result"}-${new Date().toISOString().slice(0, 10)}`)}
        >
          Save as CSV
        </button>
      </div>
      {answered.truncated && (
        <p class="note-inline">There are more rows: the result has the first {counted(answered.rows.length, "row")}.</p>
      )}
      {answered.rows.length === 0 ? (
        <p class="quiet">No rows match.</p>
      ) : (
        <Rows
          key={answered.columns.map((column) => column.name).join("\n")}
          answered={answered}
          titles={titles}
          time={time}
        />
      )}
      <Sql sql={answered.sql} />
    </div>
  )
}

const Modes = () => {
  const isSql = explore.sql.value !== undefined
  return (
    <div class="modes" role="group" aria-label="Ask with">
      <button type="button" aria-pressed={!isSql} onClick={() => isSql && turn(undefined)}>
        Question
      </button>
      <button
        type="button"
        aria-pressed={isSql}
        onClick={() => !isSql && turn(explore.result.peek()?.answered.sql ?? "")}
      >
        SQL
      </button>
    </div>
  )
}

const Asked = ({ catalog }: { readonly catalog: ShownCatalog }) => {
  const { tables } = catalog
  const place = useRef<HTMLDivElement>(null)
  const isAsking = explore.isAsking.value
  const problem = explore.problem.value
  const result = explore.result.value
  const { length } = result?.answered.rows ?? []
  return (
    <>
      {!catalog.isPlanned && (
        <p class="note-inline">
          The inspector has no plan, so it cannot know which keys are personal, and shows none. Pass it the tracker's
          plan.
        </p>
      )}
      {explore.sql.value === undefined ? <Builder tables={tables} /> : <Statement tables={tables} />}
      <p class="sr" role="status" aria-label="State of the answer">
        {isAsking ? "Asking …" : problem !== undefined ? "" : result === undefined ? "" : counted(length, "row")}
      </p>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div
        class={isAsking ? "result result-waits" : "result"}
        role="group"
        aria-label="Answer"
        tabindex={-1}
        ref={place}
        aria-busy={isAsking}
      >
        {isAsking && (
          <p class="asking">
            Asking …
            <button
              type="button"
              class="link"
              onClick={() => {
                explore.cancel()
                // The button goes.
                place.current?.focus()
              }}
            >
              Stop
            </button>
          </p>
        )}
        {result !== undefined && <Answer result={result} />}
        {result === undefined && !isAsking && problem === undefined && explore.sql.value === undefined && (
          <p class="empty">
            Choose an event, what to measure, and how to group it. Each choice updates the answer at once.
          </p>
        )}
      </div>
    </>
  )
}

/** The tab. Leaving it stops what is being asked. */
export const Explore = () => {
  useEffect(() => {
    void explore.load()
    return explore.cancel
  }, [])
  const catalog = explore.catalog.value
  const problem = explore.catalogProblem.value
  return (
    <div class="explore">
      <div class="explore-head">
        <Modes />
        <p class="quiet wrap">{hello.value?.warehouse?.name}</p>
        <button type="button" class="link" onClick={() => void explore.again()}>
          Refresh
        </button>
      </div>
      {problem !== undefined && <p class="problem">The warehouse cannot be read: {problem}</p>}
      {catalog !== undefined ? (
        catalog.tables.length === 0 ? (
          <p class="empty">The warehouse has no tables yet. The first events create them.</p>
        ) : (
          <Asked catalog={catalog} />
        )
      ) : (
        problem === undefined && <p class="quiet">Looking at the warehouse…</p>
      )}
    </div>
  )
}
