/** The sinks, by engine. */
import type { EventSink } from "@trackmap/core"
import { Postgres } from "@trackmap/postgres"
import * as Redacted from "effect/Redacted"

export const sinks: Readonly<Record<string, (place: string) => EventSink.EventSink<unknown>>> = {
  postgres: (place) => Postgres.sink({ url: Redacted.make(place) })
}
