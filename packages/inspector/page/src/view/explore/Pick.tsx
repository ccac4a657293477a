/** A choice with its label above. */
import { useId } from "preact/hooks"
import type { ShownColumn } from "../../../../src/internal/protocol.ts"

/** An option: its value and its text. */
export type Option = readonly [value: string, text: string]

/** Options with a heading, or without one. */
export interface Group {
  readonly title?: string
  readonly options: ReadonlyArray<Option>
}

/** The columns by entity. Each text has the entity too, because a closed list shows nothing else. */
export const grouped = (
  columns: ReadonlyArray<ShownColumn>,
  valueOf: (column: ShownColumn) => string = ({ name }) => name,
  before = ""
): ReadonlyArray<Group> => {
  const groups = new Map<string, Array<Option>>()
  for (const column of columns) {
    const options = groups.get(column.group) ?? []
    groups.set(column.group, options)
    options.push([valueOf(column), `${before}${column.group} · ${column.label}`])
  }
  return [...groups].map(([title, options]) => ({ title, options }))
}

const Options = ({ options }: { readonly options: ReadonlyArray<Option> }) => (
  <>
    {options.map(([value, text]) => (
      <option key={value} value={value}>
        {text}
      </option>
    ))}
  </>
)

/** A list to choose from. */
export const Pick = (props: {
  readonly label: string
  readonly value: string
  readonly groups: ReadonlyArray<Group>
  readonly onPick: (value: string) => void
  /** Whether the label is only read out. */
  readonly quiet?: boolean
}) => {
  const { groups, label, onPick, quiet, value } = props
  const chosen = groups.flatMap(({ options }) => options).find(([one]) => one === value)?.[1]
  const id = useId()
  return (
    <div class="pick">
      <label for={id} class={quiet === true ? "sr" : "pick-label"}>
        {label}
      </label>
      <select id={id} value={value} title={chosen} onChange={(event) => onPick(event.currentTarget.value)}>
        {groups.map(({ options, title }, index) =>
          title === undefined ? (
            <Options key={index} options={options} />
          ) : (
            <optgroup key={index} label={title}>
              <Options options={options} />
            </optgroup>
          )
        )}
      </select>
    </div>
  )
}
