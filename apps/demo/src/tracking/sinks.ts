/** The sinks of the catalogue: those of the service, with keys that are good for nothing. */
import { Console } from "@trackmap/console"
import { EventSink } from "@trackmap/core"
import { DuckDB } from "@trackmap/duckdb"
import { Mixpanel } from "@trackmap/mixpanel"
import { Segment } from "@trackmap/segment"
import * as Redacted from "effect/Redacted"
import { forMixpanel } from "../Sinks.ts"

const key = Redacted.make("example")

export const sinks = EventSink.fanOut(
  Console.sink().pipe(EventSink.sample(0.01)),
  Segment.sink({ writeKey: key }),
  forMixpanel(Mixpanel.sink({ token: key })),
  DuckDB.sink({ file: "warehouse.duckdb", name: "warehouse" })
)
