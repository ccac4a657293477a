import { describe } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import type { Any, ErrorOf, EventSink, ServicesOf } from "./model.ts"
import { fromSinks, isEventSink, sinksOf } from "./sink.ts"

export const fanOut = <Sinks extends ReadonlyArray<Any>>(
  ...sinks: Sinks
): EventSink<ErrorOf<Sinks[number]>, ServicesOf<Sinks[number]>> => {
  for (const sink of sinks) {
    if (isEventSink(sink)) continue
    const found = typeof sink === "function" ? "a function: call it" : describe(sink)
    refuse("EventSink", "BadPath", `one of the sinks is not a sink, but ${found}`)
  }
  const all = sinks.flatMap(sinksOf)
  const names = all.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? fromSinks(all) : refuseTwo(twice)
}

const refuseTwo = (name: string): never =>
  refuse(name, "DuplicateName", "two sinks have this name, so nobody could tell their receipts apart: rename one", [
    name
  ])
