import type { EventSink, Message } from "@trackmap/core"

/** What each sink in memory has been given, so that a matcher can be given the sink alone. */
export const sinks = new WeakMap<EventSink.Any, { readonly received: ReadonlyArray<Message.Message> }>()
