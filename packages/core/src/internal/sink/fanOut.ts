import { describe } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import type { EventSinkImpl } from "./model.ts"
import { fromSinks, isEventSink } from "./sink.ts"

export const fanOut = (...sinks: ReadonlyArray<EventSinkImpl>): EventSinkImpl => {
  for (const sink of sinks) {
    if (!isEventSink(sink)) refuse("EventSink", "BadPath", `one of the sinks is none, but ${describe(sink)}`)
  }
  const all = sinks.flatMap((sink) => sink.sinks)
  const names = new Set<string>()
  for (const { name } of all) {
    if (names.has(name)) {
      refuse(
        name,
        "DuplicateName",
        "two sinks have this name, and their receipts could not be told apart: give one of them another",
        [name]
      )
    }
    names.add(name)
  }
  return fromSinks(all)
}
