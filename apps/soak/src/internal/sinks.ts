import type { EventSink, HttpTransport } from "@trackmap/core"
import { Mixpanel } from "@trackmap/mixpanel"
import { Segment } from "@trackmap/segment"
import * as Redacted from "effect/Redacted"

/** The sinks that send over HTTP, configured for the stand-in servers of the testing package. */
export const sinks: {
  readonly [name: string]: (endpoint: string) => EventSink.EventSink<any, HttpTransport.HttpTransport>
} = {
  segment: (endpoint) => Segment.sink({ writeKey: Redacted.make("write-key"), endpoint }),
  mixpanel: (endpoint) => Mixpanel.sink({ token: Redacted.make("project-token"), endpoint })
}

/** The sink with a name. */
export const sinkOf = (
  name: string | undefined,
  endpoint: string
): EventSink.EventSink<any, HttpTransport.HttpTransport> => {
  const make = sinks[name ?? ""]
  if (make === undefined) throw new Error(`there is no sink ${name}`)
  return make(endpoint)
}
