import { describe } from "../base/fault.ts"
import { refuse } from "../base/refuse.ts"
import type { Any, ErrorOf, EventSink, ServicesOf } from "./model.ts"
import { fromSinks, isEventSink, sinksOf } from "./sink.ts"

type Together<Sinks extends ReadonlyArray<Any>> = EventSink<ErrorOf<Sinks[number]>, ServicesOf<Sinks[number]>>

export const fanOut = <Sinks extends ReadonlyArray<Any>>(...sinks: Sinks): Together<Sinks> => {
  for (const sink of sinks) if (!isEventSink(sink)) refuseOther(sink)
  const all = sinks.flatMap(sinksOf)
  if (all.length === 0) refuseNone()
  const names = all.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? fromSinks(all) : refuseTwo(twice)
}

const refuseTwo = (name: string): never =>
  refuse(name, "DuplicateName", "two sinks have this name, so their receipts would be indistinguishable: rename one", [
    name
  ])

const refuseOther = (given: unknown): never => {
  const found = typeof given === "function" ? "a function: call it" : describe(given)
  return refuse("EventSink", "BadPath", `one of the sinks is not a sink, but ${found}`)
}

const refuseNone = (): never =>
  refuse(
    "EventSink",
    "BadPath",
    "there are no sinks: pass at least one. To send nothing, filter it: EventSink.filter(() => false)"
  )
