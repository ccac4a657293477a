import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { HttpTransport, Tracker } from "@trackmap/core"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Day from "./Day.ts"
import { Begun } from "./hours.ts"
import * as ProgressBar from "./ProgressBar.ts"
import { report } from "./report.ts"
import * as Sinks from "../Sinks.ts"
import * as Tally from "./Tally.ts"
import { plan } from "../tracking/plan.ts"

const progress = (tally: Tally.Tally): Effect.Effect<ProgressBar.Progress> =>
  Effect.map(Metric.value(Day.visits), ({ count }) => {
    const waiting = [...tally.sheets]
      .map(([sink, { receipts }]) => [sink, tally.messages.size - receipts.size] as const)
      .filter(([, messages]) => messages > 0)
      .map(([sink, messages]) => `${sink} ${messages}`)
    const text = `${tally.messages.size} events${waiting.length > 0 ? `, waiting: ${waiting.join(", ")}` : ""}`
    return { share: count / Day.visitsADay, text }
  })

/** Tracks a business day into the named sinks, and reports the result of every event, even if the day ends early. */
export const trackedDay = Effect.fn("trackedDay")(
  function* (names: ReadonlyArray<Sinks.Name>) {
    const tally = Tally.make()
    const tracking = Tracker.layerEffect(Effect.map(Sinks.open(names), tally.watch), {
      plan,
      capacity: 10_000,
      whenFull: "wait",
      waitWithin: Infinity,
      closeWithin: "1 minute"
    })
    yield* Effect.gen(function* () {
      const { metrics } = yield* Tracker.Tracker
      // The tracker has closed by now, so all receipts exist.
      yield* Effect.addFinalizer(() => Effect.flatMap(metrics, (sinks) => Console.log(`\n${report(tally, sinks)}`)))
      yield* Day.business
    }).pipe(Effect.provide(tracking), Effect.provide(ProgressBar.layer(progress(tally))))
  },
  Effect.provideServiceEffect(
    Begun,
    Effect.sync(() => [])
  ),
  Effect.scoped,
  Effect.provide(HttpTransport.layerHttpClient),
  Effect.provide(NodeHttpClient.layerUndici)
)
