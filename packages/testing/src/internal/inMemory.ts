import type { EventSink, Message } from "@trackmap/core"

/** The messages of each in-memory sink, so that matchers also accept the sink alone. */
export const sinks = new WeakMap<EventSink.Any, { readonly received: ReadonlyArray<Message.Message> }>()
