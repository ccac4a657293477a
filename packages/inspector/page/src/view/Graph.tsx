/** The entities of an event as a graph, which is also a list for screen readers. */
import { type Signal, useSignal } from "@preact/signals"
import { useLayoutEffect, useMemo, useRef } from "preact/hooks"
import type { EventDetail, GraphNode } from "../../../src/internal/protocol.ts"
import { counted, duration } from "../format.ts"
import { layOut } from "../graphLayout.ts"
import { manner, origin } from "../story.ts"
import { Icon } from "./Icon.tsx"

const Node = (props: {
  readonly node: GraphNode
  readonly isEvent: boolean
  readonly keys: number
  readonly highlighted: Signal<string | undefined>
}) => {
  const { highlighted, isEvent, keys, node } = props
  const from = isEvent ? "the event itself" : origin(node)
  const how = manner(node)
  const isOn = highlighted.value === node.path
  return (
    <button
      type="button"
      class="node"
      data-outcome={isEvent ? "event" : node.outcome}
      aria-pressed={isOn}
      title={[node.path, from, how, node.reason].filter(Boolean).join("\n")}
      onClick={() => (highlighted.value = isOn ? undefined : node.path)}
    >
      <span class="node-head">
        {!isEvent && <Icon name={node.outcome} />}
        <span class="node-name">{node.entity}</span>
      </span>
      <span class="node-from">{from}</span>
      <span class="node-from">{node.outcome === "failed" ? (node.reason ?? how) : how}</span>
      <span class="node-keys">
        {node.outcome === "resolved" ? (
          <>
            <span class="sr">resolved, </span>
            {counted(keys, "key")}
          </>
        ) : (
          <b>{node.outcome === "missing" ? "no row" : node.outcome}</b>
        )}
        {node.milliseconds !== undefined && ` · ${duration(node.milliseconds)}`}
      </span>
    </button>
  )
}

/** The graph. Selecting a node highlights its keys in the table. */
export const Graph = (props: { readonly detail: EventDetail; readonly highlighted: Signal<string | undefined> }) => {
  const { keys, nodes } = props.detail
  const frame = useRef<HTMLDivElement>(null)
  const width = useSignal(0)
  useLayoutEffect(() => {
    const element = frame.current!
    const measure = () => (width.value = element.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [width])

  const available = width.value
  const layout = useMemo(() => (available === 0 ? undefined : layOut(nodes, available)), [nodes, available])
  const keysOf = useMemo(() => {
    const counts = new Map<string, number>()
    for (const { node, state } of keys) if (state === "present") counts.set(node, (counts.get(node) ?? 0) + 1)
    return counts
  }, [keys])

  const { highlighted } = props
  const nameOf = (path: string) => nodes.find((node) => node.path === path)?.entity ?? path
  return (
    <div ref={frame} class="graph">
      {layout !== undefined && (
        <div class="graph-inner" style={{ width: `${String(layout.width)}px`, height: `${String(layout.height)}px` }}>
          <svg class="graph-lines" width={layout.width} height={layout.height} aria-hidden="true">
            {layout.lines.map(({ path, to }) => (
              <path key={to} d={path} class={highlighted.value === to ? "line line-on" : "line"} />
            ))}
          </svg>
          <ul aria-label="Entity graph" data-shape={layout.shape}>
            {layout.nodes.map(({ node, x, y }, index) => (
              <li
                key={node.path}
                style={{
                  transform: `translate(${String(x)}px, ${String(y)}px)`,
                  width: `${String(layout.box.width)}px`,
                  height: `${String(layout.box.height)}px`
                }}
              >
                {node.relation !== undefined && (
                  <span class="relation" title={node.relation}>
                    <span class="sr">By the relation </span>
                    {node.relation}
                    {node.parent !== undefined && <span class="sr"> of {nameOf(node.parent)}</span>}
                    {node.to === "many" && <span class="relation-many"> to many</span>}
                  </span>
                )}
                <Node node={node} isEvent={index === 0} keys={keysOf.get(node.path) ?? 0} highlighted={highlighted} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
