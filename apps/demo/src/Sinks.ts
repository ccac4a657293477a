import { Console } from "@trackmap/console"
import { EventSink, type HttpTransport, type SendError } from "@trackmap/core"
import { DuckDB } from "@trackmap/duckdb"
import { Mixpanel } from "@trackmap/mixpanel"
import { Segment } from "@trackmap/segment"
import { Fault, MixpanelServer, SegmentServer, type VendorServer } from "@trackmap/testing"
import * as Config from "effect/Config"
import * as Clock from "effect/Clock"
import * as EffectConsole from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"
import * as hours from "./day/hours.ts"

/** A local server that stands in for a vendor. */
interface StandIn {
  readonly title: string
  /** The environment variable that selects the real vendor. */
  readonly key: string
  readonly server: VendorServer.VendorServer<Fault.Common>
}

const console = Effect.map(TerminalCapabilities.TerminalCapabilities, ({ canAnimate }) => ({
  sink: Console.sink({ format: "compact", width: canAnimate ? undefined : 120 }),
  standIn: undefined
}))

const segment = Effect.gen(function* () {
  const key = yield* Config.option(Config.String("SEGMENT_WRITE_KEY"))
  if (Option.isSome(key)) return { sink: yield* Segment.config, standIn: undefined }
  const server = yield* SegmentServer.make()
  const sink = Segment.sink({ writeKey: Redacted.make(server.writeKey), endpoint: server.url })
  return { sink, standIn: { title: "Segment", key: "SEGMENT_WRITE_KEY", server } satisfies StandIn }
})

/** What Mixpanel may know, named as Mixpanel recommends. */
export const forMixpanel = <E, R>(sink: EventSink.EventSink<E, R>) =>
  sink.pipe(EventSink.redact("drop"), EventSink.recase("Title Case"))

const mixpanel = Effect.gen(function* () {
  const key = yield* Config.option(Config.String("MIXPANEL_TOKEN"))
  if (Option.isSome(key)) return { sink: forMixpanel(yield* Mixpanel.config), standIn: undefined }
  const server = yield* MixpanelServer.make()
  const sink = forMixpanel(Mixpanel.sink({ token: Redacted.make(server.token), endpoint: server.url }))
  return { sink, standIn: { title: "Mixpanel", key: "MIXPANEL_TOKEN", server } satisfies StandIn }
})

/** The file of the warehouse. */
export const Warehouse = Context.Reference<string>("demo/Warehouse", { defaultValue: () => "warehouse.duckdb" })

/** What happens in the shop can be asked about a second later. */
const warehouse = Effect.map(Warehouse, (file) => ({
  sink: DuckDB.sink({ file, name: "warehouse" }).pipe(EventSink.batched({ age: "1 second" })),
  standIn: undefined
}))

/** Sinks of all kinds, as one type. */
export type Sink = EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>

const known = { console, segment, mixpanel, warehouse }

/** The name of a sink. */
export type Name = keyof typeof known
export const names = Object.keys(known) as ReadonlyArray<Name>

/** An unknown sink was requested. */
export class UnknownSink extends Schema.TaggedError<UnknownSink>()("UnknownSink", { name: Schema.String }) {
  override get message(): string {
    return `There is no sink "${this.name}". Try --sinks with some of ${names.join(",")}.`
  }
}

const isName = (name: string): name is Name => Object.hasOwn(known, name)

/** The sinks of a list such as "console,segment". */
export const named = Effect.fnUntraced(function* (list: string) {
  const chosen = new Set<Name>()
  for (const name of list.split(",").map((part) => part.trim())) {
    if (!isName(name)) return yield* new UnknownSink({ name })
    chosen.add(name)
  }
  return [...chosen]
})

/** In the middle of the day, Segment's stand-in is down for a while. */
const trouble: Fault.Plan<Fault.Common> = [
  [Fault.none, 15],
  [Fault.retryAfter(503, 1), 2],
  [Fault.reset("during"), 1]
]

/** Opens the named sinks for a business day. */
export const open = Effect.fnUntraced(function* (chosen: ReadonlyArray<Name>) {
  const sinks = yield* Effect.forEach(chosen, (name) =>
    Effect.gen(function* () {
      const { sink, standIn }: { readonly sink: Sink; readonly standIn: StandIn | undefined } = yield* known[name]
      // A few buyers are enough to watch: one line for each of their events, as wide as the terminal.
      if (name === "console") return sink.pipe(EventSink.sample(0.01))
      if (name === "warehouse") {
        yield* EffectConsole.log(`Warehouse: the file ${yield* Warehouse}.`)
        return sink.pipe(EventSink.map(hours.yesterday(yield* hours.Begun, yield* Clock.currentTimeMillis)))
      }
      if (standIn === undefined) return sink
      if (name === "segment") yield* standIn.server.misbehave(trouble)
      const { key, server, title } = standIn
      yield* EffectConsole.log(`${title}: using a local stand-in at ${server.url}. Set ${key} to use the real one.`)
      return sink
    })
  )
  return EventSink.fanOut(...sinks)
})

/** A vendor of the shop's events, which the shop can break and repair. */
export interface Vendor {
  readonly name: Name
  /** Its display name. */
  readonly title: string
  /** Undefined for the real vendor, which the shop cannot break. */
  readonly standIn:
    | {
        readonly address: string
        /** The environment variable that selects the real vendor. */
        readonly key: string
        readonly failing: Effect.Effect<boolean>
        /** Starts or stops answering every request with 503. */
        readonly fail: (failing: boolean) => Effect.Effect<void>
      }
    | undefined
  /** The path of the warehouse's file. */
  readonly file?: string | undefined
}

const titles: Readonly<Record<Name, string>> = {
  console: "Terminal",
  segment: "Segment",
  mixpanel: "Mixpanel",
  warehouse: "Warehouse"
}

/** For somebody watching: retry about once a second, and give up after six seconds. */
const impatient: EventSink.RetryOptions = {
  schedule: Schedule.jittered(Schedule.spaced("800 millis")),
  limit: "6 seconds"
}

const vendorOf = Effect.fnUntraced(function* (name: Name, { key, server, title }: StandIn) {
  const failing = yield* Ref.make(false)
  const fail = (next: boolean) =>
    Effect.andThen(Ref.set(failing, next), server.misbehave(next ? () => Fault.status(503) : []))
  // The stand-in of a long-running shop must not keep every request.
  yield* Effect.forkScoped(Effect.schedule(server.clear, Schedule.spaced("30 seconds")))
  return { name, title, standIn: { address: server.url, key, failing: Ref.get(failing), fail } } satisfies Vendor
})

/** Opens the named sinks for the shop, which can break and repair their stand-ins. */
export const openForShop = Effect.fnUntraced(function* (chosen: ReadonlyArray<Name>) {
  const opened = yield* Effect.forEach(chosen, (name) =>
    Effect.gen(function* () {
      const { sink, standIn }: { readonly sink: Sink; readonly standIn: StandIn | undefined } = yield* known[name]
      const file = name === "warehouse" ? yield* Warehouse : undefined
      if (standIn === undefined) return { sink, vendor: { name, title: titles[name], standIn: undefined, file } }
      return { sink: sink.pipe(EventSink.retried(impatient)), vendor: yield* vendorOf(name, standIn) }
    })
  )
  const vendors: ReadonlyArray<Vendor> = opened.map(({ vendor }) => vendor)
  return { sinks: EventSink.fanOut(...opened.map(({ sink }) => sink)), vendors }
})
