/** Tabs, for windows too narrow to show everything side by side. */
import type { ComponentChildren } from "preact"
import { type Tab, tab } from "../tab.ts"

const go = (to: Tab) => {
  tab.value = to
  document.getElementById(`tab-${to}`)?.focus()
}

/** The tabs and the selected panel. */
export const Tabs = (props: {
  readonly titles: Readonly<Partial<Record<Tab, string>>>
  readonly children: ComponentChildren
}) => {
  const order = Object.keys(props.titles) as ReadonlyArray<Tab>
  const now = order.includes(tab.value) ? tab.value : order[0]!
  return (
    <div class="tabbed">
      <div
        role="tablist"
        aria-label="View"
        class="tabs"
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
          const index = order.indexOf(now)
          if (by !== undefined) go(order[(index + by + order.length) % order.length]!)
          else if (event.key === "Home") go(order[0]!)
          else if (event.key === "End") go(order.at(-1)!)
          else return
          event.preventDefault()
        }}
      >
        {order.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === now}
            aria-controls="tab-panel"
            tabindex={one === now ? 0 : -1}
            onClick={() => (tab.value = one)}
          >
            {props.titles[one]}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${now}`} class="tab-panel" tabindex={-1}>
        {props.children}
      </div>
    </div>
  )
}
