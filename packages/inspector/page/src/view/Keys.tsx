/** The keys of an event, and their origin. */
import { type Signal, useSignal } from "@preact/signals"
import { useMemo } from "preact/hooks"
import { type EventDetail, type GraphNode, type KeyOrigin, masked } from "../../../src/internal/protocol.ts"
import { duration } from "../format.ts"
import { keyOrigin } from "../story.ts"
import { State } from "./Icon.tsx"

const long = 160

const Value = ({ keyed }: { readonly keyed: KeyOrigin }) => {
  const isOpen = useSignal(false)
  if (keyed.personal) {
    return (
      <>
        <span class="value" title="Masked: the service does not send it to this page.">
          {masked}
        </span>{" "}
        <span class="tag tag-personal">personal data</span>
      </>
    )
  }
  if (keyed.value === undefined) return <span class="value-none">none</span>
  const text = JSON.stringify(keyed.value)
  if (text.length <= long) return <span class="value">{text}</span>
  return (
    <>
      <span class="value">{isOpen.value ? text : `${text.slice(0, long)}…`}</span>{" "}
      <button type="button" class="link" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        {isOpen.value ? "Show less" : "Show all"}
        <span class="sr"> of {keyed.key}</span>
      </button>
    </>
  )
}

const Row = (props: { readonly keyed: KeyOrigin; readonly node: GraphNode | undefined; readonly isOn: boolean }) => {
  const { isOn, keyed, node } = props
  const { attribute, entity, kind, state } = keyed
  return (
    <tr role="row" class={isOn ? "on" : undefined}>
      <th role="rowheader" scope="row" class="key">
        {keyed.key}
      </th>
      <td role="cell">
        <Value keyed={keyed} />
      </td>
      <td role="cell">
        <span class="from">{kind === "property" || kind === "unknown" ? attribute : `${entity}.${attribute}`}</span>
        <span class="from-how">{keyOrigin(keyed, node)}</span>
      </td>
      <td role="cell">
        <State name={state} />
      </td>
      <td role="cell" class="number">
        {node?.milliseconds === undefined ? <span class="value-none">–</span> : duration(node.milliseconds)}
      </td>
    </tr>
  )
}

/** The table of keys. It marks those of the node selected in the graph. */
export const Keys = (props: { readonly detail: EventDetail; readonly highlighted: Signal<string | undefined> }) => {
  const { keys, nodes } = props.detail
  const byPath = useMemo(() => new Map(nodes.map((node) => [node.path, node])), [nodes])
  const on = props.highlighted.value
  if (keys.length === 0) return <p class="quiet">The event has no keys.</p>
  return (
    <table role="table" class="keys" aria-label="Keys of the event">
      <thead role="rowgroup">
        <tr role="row">
          {["Key", "Value", "From", "State", "Time"].map((title) => (
            <th key={title} role="columnheader" scope="col" class={title === "Time" ? "number" : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {keys.map((keyed) => (
          <Row key={keyed.key} keyed={keyed} node={byPath.get(keyed.node)} isOn={on === keyed.node} />
        ))}
      </tbody>
    </table>
  )
}
