/** The choices of a question. Each change asks it. */
import { useEffect, useId, useRef } from "preact/hooks"
import type { Comparison, ShownColumn, ShownTable } from "../../../../src/internal/protocol.ts"
import { type Asking, comparisonsOf, type Condition, isNumber, needsValue } from "../../explore/asking.ts"
import { zones } from "../../explore/zone.ts"
import { explore } from "../../explored.ts"
import { count } from "../../format.ts"
import { Icon } from "../Icon.tsx"
import { type Group, grouped, type Option, Pick } from "./Pick.tsx"

const words: Readonly<Record<Comparison, string>> = {
  "=": "is",
  "!=": "is not",
  "<": "<",
  "<=": "≤",
  ">": ">",
  ">=": "≥",
  contains: "contains",
  null: "is absent",
  "not null": "is present"
}

/** The filters that a question can have. */
const most = 20

const periods: ReadonlyArray<readonly [Asking["period"], string]> = [
  ["", "Any time"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["90d", "Last 90 days"],
  ["between", "Between …"]
]

const everies: ReadonlyArray<readonly [Asking["every"], string]> = [
  ["", "No time"],
  ["hour", "By hour"],
  ["day", "By day"]
]

const refine = (some: Partial<Asking>) => void explore.refine(some)

const optionOf = ({ event, name, rows }: ShownTable): Option => [
  name,
  `${event ?? name}${rows === undefined ? "" : ` (${count(rows)})`}`
]

const byTitle = ([, a]: Option, [, b]: Option) => a.localeCompare(b)

const tableGroups = (tables: ReadonlyArray<ShownTable>): ReadonlyArray<Group> => {
  const events = tables.filter(({ event }) => event !== undefined)
  const others = tables.filter(({ event }) => event === undefined)
  const groups: ReadonlyArray<Group> = [
    { options: [["", "Choose an event"]] },
    { title: "Events", options: events.map(optionOf).sort(byTitle) },
    { title: "Others", options: others.map(optionOf).sort(byTitle) }
  ]
  return groups.filter(({ options }) => options.length > 0)
}

const measureGroups = (columns: ReadonlyArray<ShownColumn>): ReadonlyArray<Group> => {
  const numbers = columns.filter(({ kind }) => isNumber(kind))
  const of = (measure: string, title: string): ReadonlyArray<Group> => {
    const groups = grouped(numbers, ({ name }) => `${measure}:${name}`, `${title} of `)
    return groups.length === 0 ? [] : [{ title, options: groups.flatMap(({ options }) => options) }]
  }
  return [
    {
      options: [
        ["count", "Count"],
        ["users", "Distinct users"]
      ]
    },
    ...of("sum", "Sum"),
    ...of("average", "Average")
  ]
}

/** The keys to group by: those of the event first, those of its message last. */
const keysFirst = (columns: ReadonlyArray<ShownColumn>): ReadonlyArray<ShownColumn> => [
  ...columns.filter(({ group }) => group !== "Message"),
  ...columns.filter(({ group }) => group === "Message")
]

const none = (text: string): Group => ({ options: [["", text]] })

const GroupBy = ({ columns }: { readonly columns: ReadonlyArray<ShownColumn> }) => {
  const { by } = explore.asking.value
  const groups = grouped(keysFirst(columns).filter(({ kind }) => kind !== "json"))
  const without = (key: string | undefined) =>
    groups.map(({ options, ...rest }) => ({ ...rest, options: options.filter(([one]) => one !== key) }))
  return (
    <>
      <Pick
        label="Group by"
        value={by[0] ?? ""}
        groups={[none("Nothing"), ...groups]}
        onPick={(key) => refine({ by: [key, ...by.slice(1)].filter(Boolean) })}
      />
      {by.length > 0 && (
        <Pick
          label="And by"
          value={by[1] ?? ""}
          groups={[none("Nothing else"), ...without(by[0])]}
          onPick={(key) => refine({ by: [by[0]!, key].filter(Boolean) })}
        />
      )}
    </>
  )
}

const Moment = (props: { readonly label: string; readonly value: string; readonly name: "from" | "to" }) => {
  const id = useId()
  return (
    <div class="pick">
      <label for={id} class="pick-label">
        {props.label}
      </label>
      <input
        id={id}
        type="datetime-local"
        value={props.value}
        onChange={(event) => refine({ [props.name]: event.currentTarget.value })}
      />
    </div>
  )
}

const Value = (props: {
  readonly label: string
  readonly column: ShownColumn
  readonly condition: Condition
  readonly onChange: (value: string) => void
}) => {
  const { column, condition, label, onChange } = props
  if (column.kind === "boolean") {
    const options: ReadonlyArray<Option> = [
      ["", "Choose"],
      ["true", "true"],
      ["false", "false"]
    ]
    return <Pick quiet label={label} value={condition.value} groups={[{ options }]} onPick={onChange} />
  }
  if (column.kind === "timestamp") {
    return (
      <input
        type="datetime-local"
        aria-label={label}
        value={condition.value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  return (
    <input
      type="text"
      inputMode={isNumber(column.kind) ? "decimal" : "text"}
      aria-label={label}
      placeholder={isNumber(column.kind) ? "Number" : "Text"}
      spellcheck={false}
      autocomplete="off"
      value={condition.value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

const Filter = (props: {
  /** Tells the filters apart for people who hear them. */
  readonly name: string
  readonly columns: ReadonlyArray<ShownColumn>
  readonly condition: Condition
  readonly onChange: (condition: Condition | undefined) => void
}) => {
  const { columns, condition, name, onChange } = props
  const column = columns.find(({ name }) => name === condition.key)
  return (
    <li class="condition">
      <Pick
        quiet
        label={`${name}: key`}
        value={condition.key}
        groups={grouped(keysFirst(columns))}
        onPick={(key) => onChange({ key, is: "=", value: "" })}
      />
      <Pick
        quiet
        label={`${name}: comparison`}
        value={condition.is}
        groups={[{ options: comparisonsOf(column?.kind ?? "other").map((is): Option => [is, words[is]]) }]}
        onPick={(is) => onChange({ ...condition, is: is as Comparison })}
      />
      {column !== undefined && needsValue(condition.is) ? (
        <Value
          label={`${name}: value`}
          column={column}
          condition={condition}
          onChange={(value) => onChange({ ...condition, value })}
        />
      ) : (
        <span />
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={`Remove ${name.toLowerCase()}`}
        onClick={() => onChange(undefined)}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

const Filters = ({ columns }: { readonly columns: ReadonlyArray<ShownColumn> }) => {
  const { filters } = explore.asking.value
  const list = useRef<HTMLUListElement>(null)
  const add = useRef<HTMLButtonElement>(null)
  /** The filter that was added, whose key is next to choose. */
  const added = useRef(false)
  useEffect(() => {
    if (added.current) list.current?.lastElementChild?.querySelector("select")?.focus()
    added.current = false
  }, [filters.length])
  const first = keysFirst(columns)[0]
  const change = (index: number, next: Condition | undefined) => {
    refine({ filters: filters.flatMap((one, at) => (at !== index ? [one] : next === undefined ? [] : [next])) })
    if (next === undefined) add.current?.focus()
  }
  return (
    <div class="conditions">
      {filters.length > 0 && (
        <ul ref={list} aria-label="Filters">
          {filters.map((condition, index) => (
            <Filter
              key={index}
              name={`Filter ${String(index + 1)}`}
              columns={columns}
              condition={condition}
              onChange={(next) => change(index, next)}
            />
          ))}
        </ul>
      )}
      {first !== undefined && (
        <button
          type="button"
          class="small"
          ref={add}
          aria-disabled={filters.length >= most}
          onClick={() => {
            if (filters.length >= most) return
            added.current = true
            refine({ filters: [...filters, { key: first.name, is: "=", value: "" }] })
          }}
        >
          Add a filter
        </button>
      )}
    </div>
  )
}

/** Made once: there are hundreds. */
const zoneGroups: ReadonlyArray<Group> = [{ options: zones().map((zone): Option => [zone, zone]) }]

/** The question. */
export const Builder = ({ tables }: { readonly tables: ReadonlyArray<ShownTable> }) => {
  const { every, from, measure, period, table: name, to, zone } = explore.asking.value
  const table = tables.find((one) => one.name === name)
  return (
    <div class="builder">
      <div class="picks">
        <Pick
          label="Event"
          value={table === undefined ? "" : name}
          groups={tableGroups(tables)}
          onPick={(next) => refine({ table: next })}
        />
        {table !== undefined && (
          <>
            <Pick
              label="Measure"
              value={measure}
              groups={measureGroups(table.columns)}
              onPick={(next) => refine({ measure: next })}
            />
            <GroupBy columns={table.columns} />
            <Pick
              label="Over time"
              value={every}
              groups={[{ options: everies }]}
              onPick={(next) => refine({ every: next as Asking["every"] })}
            />
            <Pick
              label="Period"
              value={period}
              groups={[{ options: periods }]}
              onPick={(next) => refine({ period: next as Asking["period"] })}
            />
            {period === "between" && (
              <>
                <Moment label="From" name="from" value={from} />
                <Moment label="Until" name="to" value={to} />
              </>
            )}
            <Pick label="Time zone" value={zone} groups={zoneGroups} onPick={(next) => refine({ zone: next })} />
          </>
        )}
      </div>
      {table !== undefined && <Filters columns={table.columns} />}
    </div>
  )
}
