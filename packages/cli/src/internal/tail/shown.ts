/** Which events are shown, when, and how. */
import type { Selection, Summary } from "./model.ts"
import { visible } from "../markdown.ts"

const isOne = (names: ReadonlyArray<string>, of: ReadonlyArray<string>): boolean =>
  names.length === 0 || of.some((name) => names.includes(name))

/** Whether an event is selected. */
export const isSelected = (
  { actor, entities, name, sinks, text }: Summary,
  { entities: ofEntities, events, search, sinks: ofSinks, states }: Selection
): boolean => {
  const inSinks = sinks.filter(({ sink }) => isOne(ofSinks, [sink]))
  return (
    isOne(events, [name]) &&
    isOne(ofEntities, entities) &&
    (ofSinks.length === 0 || inSinks.length > 0) &&
    isOne(
      states,
      inSinks.map(({ state }) => state)
    ) &&
    (search === undefined || `${name} ${actor ?? ""} ${text}`.toLowerCase().includes(search.toLowerCase()))
  )
}

const passing: ReadonlySet<string> = new Set(["buffered", "retrying"])

/**
 * Chooses when an event is shown: once all sinks have done with it, and before that if one of them retries. It remembers the events that it has shown, and
 * forgets the oldest, as the inspector does.
 */
export class Showing {
  readonly #shown = new Map<string, "retrying" | "settled">()
  readonly #capacity: number

  constructor(capacity = 10_000) {
    this.#capacity = capacity
  }

  isNew({ messageId, sinks }: Summary): boolean {
    const known = this.#shown.get(messageId)
    const isSettled = sinks.every(({ state }) => !passing.has(state))
    const isRetried = sinks.some(({ state }) => state === "retrying")
    if (known === "settled" || (!isSettled && (known === "retrying" || !isRetried))) return false
    this.#shown.delete(messageId)
    this.#shown.set(messageId, isSettled ? "settled" : "retrying")
    if (this.#shown.size > this.#capacity) this.#shown.delete(this.#shown.keys().next().value!)
    return true
  }
}

const stateOf = ({ attempts, sink, state }: Summary["sinks"][number]): string =>
  `${sink} ${state}${attempts > 1 ? ` (${attempts} attempts)` : ""}`

/** One line of text. */
export const line = ({ actor, at, name, sinks, text, type }: Summary): string => {
  const time = new Date(at).toISOString().slice(11, 23)
  const what = type === name ? type : `${type} ${name}`
  const parts = [time, what, actor ?? "nobody", sinks.map(stateOf).join(", "), text]
  return parts
    .filter((part) => part !== "")
    .map(visible)
    .join("  ")
}
