/** The state of the page, as signals. Applies the events of the stream, once per frame. */
import { batch, computed, signal } from "@preact/signals"
import type { Hello, OutboxState, PlanState, Tick } from "../../src/internal/protocol.ts"
import { type Connection, type ConnectionState, type StreamEvent, connect } from "./connection.ts"
import { type Filter, everything } from "./filter.ts"
import { perFrame } from "./frames.ts"
import { Summaries } from "./Summaries.ts"
import { merged } from "./ticks.ts"
import { token } from "./token.ts"

/** The state of the connection to the service. */
export const connectionState = signal<ConnectionState>({ _tag: "connecting" })
/** The service's description of itself. */
export const hello = signal<Hello | undefined>(undefined)
/** The last two minutes. */
export const ticks = signal<ReadonlyArray<Tick>>([])
/** The plan, and the occurrences of its events. */
export const planState = signal<PlanState | undefined>(undefined)
/** The progress of the outbox, if the service has one. */
export const outboxState = signal<OutboxState | undefined>(undefined)
/** The filter of the list. */
export const filter = signal<Filter>(everything)

const summaries = new Summaries(1_000)
/** Grows whenever `summaries` has changed. */
const changes = signal(0)
const changed = () => void changes.value++

/** The event with this id, if it is listed. */
export const summaryOf = (messageId: string) => {
  void changes.value
  return summaries.get(messageId)
}

/** The events that pass the filter, the oldest first. */
export const rows = computed(() => {
  void changes.value
  return summaries.passing(filter.value)
})

/** The number of events, and the state of the pause. */
export const counts = computed(() => {
  void changes.value
  const { paused, size, waiting } = summaries
  return { paused, size, waiting }
})

const sorted = (names: Iterable<string>) => [...new Set(names)].sort((a, b) => a.localeCompare(b))
/** Returns the previous array if its items are the same, so that its readers see no change. */
const steady = (read: () => ReadonlyArray<string>) => {
  let last: ReadonlyArray<string> = []
  return computed(() => {
    const next = read()
    if (next.length !== last.length || next.some((item, index) => item !== last[index])) last = next
    return last
  })
}

/** The names of events for the filter: those of the plan, and those that arrived. */
export const eventNames = steady(() => {
  void changes.value
  return sorted([...(hello.value?.plan ?? []).map(({ name }) => name), ...summaries.names])
})

/** The entities for the filter. */
export const entityNames = steady(() => {
  void changes.value
  return sorted([...(hello.value?.plan ?? []).flatMap(({ entities }) => entities), ...summaries.entities])
})

/** Pauses or resumes the list. */
export const togglePause = (): void => {
  if (summaries.paused) summaries.resume()
  else summaries.pause()
  changed()
}

/** Empties the list. */
export const clear = (): void => {
  summaries.clear()
  changed()
}

/** Changes the filter of the list. */
export const refine = (some: Partial<Filter>): void => {
  const next = { ...filter.value, ...some }
  filter.value = Object.values(next).every((value) => value === "") ? everything : next
}

const greet = (next: Hello) => {
  const before = hello.value
  if (before !== undefined && before.run !== next.run) {
    // The service has restarted, so all numbers start over.
    summaries.restart()
    ticks.value = []
    planState.value = undefined
    outboxState.value = undefined
  }
  hello.value = next
  summaries.setCapacity(next.capacity)
  ticks.value = merged(ticks.value, next.ticks)
}

const apply = (events: ReadonlyArray<StreamEvent>) =>
  batch(() => {
    const came: Array<Tick> = []
    for (const event of events) {
      if (event.name === "hello") greet(event.data)
      else if (event.name === "events") summaries.merge(event.data)
      else if (event.name === "tick") came.push(event.data)
      else if (event.name === "plan") planState.value = event.data
      else outboxState.value = event.data
    }
    if (came.length > 0) ticks.value = merged(ticks.value, came)
    if (events.some(({ name }) => name === "hello" || name === "events")) changed()
  })

/** Keeps the connection, and retries when the browser reports that the network is back. */
export const start = (): Connection => {
  const connection = connect({
    fetch: (url, init) => fetch(url, init),
    token,
    onState: (state) => (connectionState.value = state),
    onEvent: perFrame(50, apply)
  })
  addEventListener("online", connection.wake)
  return connection
}
