/** The plan, and the events seen so far. */
import { useMemo } from "preact/hooks"
import type { PlannedKey } from "../../../src/internal/protocol.ts"
import { count, counted } from "../format.ts"
import { close } from "../opened.ts"
import { hello, planState, refine } from "../state.ts"
import { room } from "../viewport.ts"
import { tab } from "../tab.ts"

/** An event of the plan, or one that arrived. */
interface Line {
  readonly name: string
  readonly entities: ReadonlyArray<string>
  readonly keys: ReadonlyArray<PlannedKey>
  readonly description: string | undefined
  readonly deprecated: string | undefined
  readonly count: number
  readonly planned: boolean
}

/** Events that need attention first: those outside the plan, then those that never arrived. */
const order = ({ count, planned }: Line) => (planned ? (count === 0 ? 1 : 2) : 0)

const declared = ({ description, key, optional, personal, type }: PlannedKey): string =>
  `${key}${optional ? "?" : ""}: ${type}${personal ? " (personal)" : ""}${description === undefined ? "" : ` – ${description}`}`

const Events = ({ lines }: { readonly lines: ReadonlyArray<Line> }) => (
  <table class="plan-events" aria-label="Events of the plan">
    <thead>
      <tr>
        <th scope="col">Event</th>
        <th scope="col" class="number">
          Seen
        </th>
      </tr>
    </thead>
    <tbody>
      {lines.map(({ count: seen, deprecated, description, entities, keys, name, planned }) => (
        <tr key={name}>
          <th scope="row">
            <button
              type="button"
              class="link wrap"
              title="Show these events"
              onClick={() => {
                refine({ event: name })
                if (room.peek() !== "narrow") return
                close()
                tab.value = "events"
              }}
            >
              {name}
            </button>
            {!planned && <span class="tag tag-unplanned">not in the plan</span>}
            {planned && seen === 0 && <span class="tag tag-never">never seen</span>}
            {deprecated !== undefined && (
              <span class="tag tag-unplanned" title={deprecated}>
                deprecated
              </span>
            )}
            {description !== undefined && <span class="plan-about">{description}</span>}
            {planned && (
              <span class="plan-about" title={keys.map(declared).join("\n")}>
                {[entities.join(", "), counted(keys.length, "key")].filter(Boolean).join(" · ")}
              </span>
            )}
          </th>
          <td class="number">{count(seen)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const Unknown = () => {
  const unknown = planState.value?.unknownKeys ?? []
  if (unknown.length === 0) return <p class="quiet">All keys so far are in the plan.</p>
  return (
    <table class="plan-events" aria-label="Keys outside the plan">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Event</th>
          <th scope="col" class="number">
            Seen
          </th>
        </tr>
      </thead>
      <tbody>
        {unknown.map(({ count: seen, event, key }) => (
          <tr key={`${event}\n${key}`}>
            <th scope="row" class="key">
              {key}
            </th>
            <td class="wrap">{event}</td>
            <td class="number">{count(seen)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The plan. */
export const Plan = () => {
  const plan = hello.value?.plan
  const seen = planState.value?.seen
  const lines = useMemo(() => {
    const counts = new Map((seen ?? []).map((one) => [one.event, one]))
    const planned = (plan ?? []).map(({ deprecated, description, entities, keys, name }): Line => {
      return { name, entities, keys, description, deprecated, planned: true, count: counts.get(name)?.count ?? 0 }
    })
    const names = new Set(planned.map(({ name }) => name))
    const others = (seen ?? [])
      .filter(({ event }) => !names.has(event))
      .map(({ count, event, planned }): Line => {
        return { name: event, entities: [], keys: [], description: undefined, deprecated: undefined, planned, count }
      })
    return [...others, ...planned].sort(
      (a, b) => order(a) - order(b) || b.count - a.count || (a.name < b.name ? -1 : 1)
    )
  }, [plan, seen])

  if (plan === undefined) {
    return (
      <div class="empty">
        <p class="empty-title">The tracker has no plan.</p>
        <p>Pass it one to see here which of its events have arrived, and which keys it lacks.</p>
      </div>
    )
  }
  const never = lines.filter(({ count, planned }) => planned && count === 0).length
  const unplanned = lines.filter(({ planned }) => !planned).length
  return (
    <div class="plan">
      <p class="quiet">
        {counted(plan.length, "event")} in the plan: {count(plan.length - never)} seen, {count(never)} never seen
        {unplanned > 0 && `; ${counted(unplanned, "other event")} arrived`}.
      </p>
      <Events lines={lines} />
      <h3>Keys outside the plan</h3>
      <Unknown />
    </div>
  )
}
