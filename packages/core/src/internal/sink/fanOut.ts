import { describe } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import type { Any, ErrorOf, EventSink, ServicesOf } from "./model.ts"
import { fromSinks, isEventSink, sinksOf } from "./sink.ts"

export const fanOut = <Sinks extends ReadonlyArray<Any>>(
  ...sinks: Sinks
): EventSink<ErrorOf<Sinks[number]>, ServicesOf<Sinks[number]>> => {
  for (const sink of sinks) {
    if (!isEventSink(sink)) refuse("EventSink", "BadPath", `one of the sinks is none, but ${describe(sink)}`)
  }
  const all = sinks.flatMap(sinksOf)
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
