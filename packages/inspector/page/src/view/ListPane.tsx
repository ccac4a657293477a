/** The list, with its search and filters. */
import { useSignal } from "@preact/signals"
import type { Ref } from "preact"
import { following } from "../cursor.ts"
import { count, counted } from "../format.ts"
import { asked, type Filter, type OutcomeFilter } from "../filter.ts"
import { connectionState, counts, entityNames, eventNames, filter, hello, refine, rows, togglePause } from "../state.ts"
import { room } from "../viewport.ts"
import { EventList, focusList } from "./EventList.tsx"
import { Icon } from "./Icon.tsx"

const outcomes: ReadonlyArray<readonly [OutcomeFilter, string]> = [
  ["delivered", "Delivered"],
  ["buffered", "Buffered"],
  ["retrying", "Retrying"],
  ["rejected", "Rejected"],
  ["expired", "Expired"],
  ["dropped", "Dropped"],
  ["skipped", "Skipped"],
  ["lost", "Rejected, expired or dropped"],
  ["violations", "Violates the plan"]
]

const Choice = (props: {
  readonly label: string
  readonly any: string
  readonly by: "event" | "entity" | "sink" | "outcome"
  readonly options: ReadonlyArray<readonly [value: string, text: string]>
}) => {
  const chosen = filter.value[props.by]
  // The current choice stays an option, even after its last event is gone.
  const options =
    chosen === "" || props.options.some(([value]) => value === chosen)
      ? props.options
      : [...props.options, [chosen, chosen] as const]
  return (
    <select
      aria-label={props.label}
      title={chosen === "" ? props.label : chosen}
      class={chosen === "" ? undefined : "chosen"}
      value={chosen}
      onChange={(event) => refine({ [props.by]: event.currentTarget.value } as Partial<Filter>)}
    >
      <option value="">{props.any}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  )
}

const named = (names: ReadonlyArray<string>) => names.map((name) => [name, name] as const)

const Filters = () => (
  <div class="filters" id="filters">
    <Choice label="Filter by event" any="Event" by="event" options={named(eventNames.value)} />
    <Choice label="Filter by entity" any="Entity" by="entity" options={named(entityNames.value)} />
    <Choice label="Filter by sink" any="Sink" by="sink" options={named(hello.value?.sinks ?? [])} />
    <Choice label="Filter by outcome" any="Outcome" by="outcome" options={outcomes} />
  </div>
)

const Nothing = () => {
  const { paused, size, waiting } = counts.value
  if (size > 0) {
    return (
      <div class="empty">
        <p class="empty-title">No matching events.</p>
        <p>{counted(size, "event is", "events are")} hidden by your search and filters.</p>
        <button type="button" onClick={clearFilter}>
          Show all events
        </button>
      </div>
    )
  }
  if (connectionState.value._tag === "connecting") return <p class="empty">Connecting to the service…</p>
  return (
    <div class="empty">
      <p class="empty-title">No events yet.</p>
      <p>
        {paused && waiting > 0
          ? "The list is paused. Continue to see new events."
          : "Use your service: its events appear here as they happen."}
      </p>
    </div>
  )
}

const clearFilter = () => refine({ search: "", event: "", entity: "", sink: "", outcome: "" })

/** The search, the filters and the list. */
export const ListPane = ({ search }: { readonly search: Ref<HTMLInputElement> }) => {
  const unfolded = useSignal(false)
  const isNarrow = room.value === "narrow"
  const asks = asked({ ...filter.value, search: "" })
  const { paused, size, waiting } = counts.value
  const listed = rows.value.length
  return (
    <div class="list-pane">
      <search class="ask" aria-label="Events">
        <div class="ask-search">
          <input
            ref={search}
            type="search"
            aria-label="Search events"
            aria-keyshortcuts="/"
            placeholder="Search names, ids, values"
            spellcheck={false}
            autocomplete="off"
            value={filter.value.search}
            onInput={(event) => refine({ search: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown" || event.key === "Enter") focusList()
              else if (event.key !== "Escape") return
              else if (filter.value.search !== "") refine({ search: "" })
              else focusList()
              event.preventDefault()
            }}
          />
          {isNarrow && (
            <button
              type="button"
              aria-expanded={unfolded.value}
              aria-controls="filters"
              onClick={() => (unfolded.value = !unfolded.value)}
            >
              Filters{asks > 0 && ` (${String(asks)})`}
            </button>
          )}
        </div>
        <div hidden={isNarrow && !unfolded.value}>
          <Filters />
        </div>
      </search>
      <div class="strip">
        <span>{listed === size ? counted(size, "event") : `${count(listed)} of ${counted(size, "event")}`}</span>
        {asked(filter.value) > 0 && (
          <button type="button" class="link" onClick={clearFilter}>
            Clear filters
          </button>
        )}
        <span class="strip-end">
          {!following.value && listed > 0 && (
            <button type="button" class="link" onClick={() => (following.value = true)}>
              <Icon name="up" /> Jump to newest
            </button>
          )}
        </span>
      </div>
      {paused && (
        <div class="strip strip-paused">
          <span>
            Paused. <strong>{counted(waiting, "new event")}</strong>
          </span>
          <button type="button" class="link strip-end" onClick={togglePause}>
            {waiting > 0 ? "Show them" : "Continue"}
          </button>
        </div>
      )}
      {listed === 0 ? <Nothing /> : <EventList />}
    </div>
  )
}
