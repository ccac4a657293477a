import type { EventSink } from "@trackmap/core"
import type { InMemory } from "../InMemory.ts"

/** What is behind each sink in memory, so that a matcher can be given the sink alone. */
export const sinks = new WeakMap<EventSink.Any, InMemory>()
