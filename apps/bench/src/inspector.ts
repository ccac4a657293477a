/** The cost of an inspector for its tracker, with a connected page that reads everything, and the size of the page. */
import { gzipSync } from "node:zlib"
import { Actor, EventSink, Receipt, Tracker } from "@trackmap/core"
import { Inspector } from "@trackmap/inspector"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { compete, type Contestants, slow } from "./Contest.ts"
import { OrderLineUpdated, plan } from "./delivery/event.ts"
import { lineOf, propertiesOf } from "./delivery/example.ts"
import { compare, type Measured, type Question } from "./Report.ts"

const rows = 512
/** Enough for a turn to last several seconds, since the inspector counts by the second. */
const times = 600

const properties = { action: "orderLineUpdated" } as const

const sink = EventSink.make({
  name: "everything",
  send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered))
})

const work = Effect.gen(function* () {
  for (let i = 0; i < rows; i++) yield* Tracker.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
  yield* Tracker.flushWithin(Infinity)
}).pipe(Actor.as({ userId: "user-1" }))

const result = [propertiesOf(lineOf(rows - 1))]

const tracker = Tracker.layer(sink, { plan })

const alone = () => {
  const runtime = ManagedRuntime.make(tracker)
  return slow(rows, times, async () => {
    await runtime.runPromise(work)
    return result
  })
}

/** Reads a stream to its end, as a page does. */
const drain = async (response: Response): Promise<void> => {
  if (response.status !== 200) throw new Error(`the inspector answers ${response.status}`)
  await response.body!.pipeTo(new WritableStream())
}

const inspected = (isWatched: boolean) => () => {
  const runtime = ManagedRuntime.make(Layer.provideMerge(Inspector.layer({ plan }), tracker))
  const connect = async (): Promise<void> => {
    const handler = await runtime.runPromise(Inspector.handler())
    if (!isWatched) return
    const request = new Request("http://127.0.0.1/inspector/api/stream", { headers: { host: "127.0.0.1" } })
    void drain(await handler(request, { remoteAddress: "127.0.0.1" }))
  }
  const connected = connect()
  return slow(rows, times, async () => {
    await connected
    await runtime.runPromise(work)
    return result
  })
}

export const contestants = {
  alone,
  mounted: inspected(false),
  watched: inspected(true)
} satisfies Contestants

/** Kilobytes of script that the page loads, compressed. */
const script = async (): Promise<number> => {
  const page = new URL("page.js", import.meta.resolve("@trackmap/inspector")).href
  const { default: files } = (await import(page)) as { readonly default: Readonly<Record<string, string>> }
  const scripts = Object.entries(files).filter(([name]) => name.endsWith(".js"))
  return scripts.reduce((sum, [, text]) => sum + gzipSync(text).length, 0) / 1_000
}

export const inspector: Question = {
  name: "inspector",
  measure: async (): Promise<ReadonlyArray<Measured>> => {
    const samples = await compete(import.meta.url, ["alone", "mounted", "watched"], { processes: 3, rounds: 2 })
    const row = (name: "mounted" | "watched", title: string, target: number): Measured =>
      compare(
        { name: title, unit: "ns CPU/event", baseline: "the tracker alone", target },
        samples(name, "cpu"),
        samples("alone", "cpu")
      )
    return [
      row("mounted", "track, with an inspector", 1.08),
      row("watched", "track, with an inspector and an open page", 1.15),
      compare(
        { name: "the inspector's page, script", unit: "KB gzip", baseline: "the allowed maximum", target: 1 },
        [await script()],
        [200]
      )
    ]
  }
}
