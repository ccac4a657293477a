import { Console } from "@trackmap/console"
import { EventSink } from "@trackmap/core"
import { Mixpanel } from "@trackmap/mixpanel"
import { Segment } from "@trackmap/segment"
import { Fault, MixpanelServer, SegmentServer } from "@trackmap/testing"
import * as Config from "effect/Config"
import * as EffectConsole from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TerminalCapabilities from "effect/cli/TerminalCapabilities"

/** A few buyers are enough to look at: all that they do, a line each, as wide as the terminal where there is one. */
const console = Effect.map(TerminalCapabilities.TerminalCapabilities, ({ canAnimate }) =>
  Console.sink({ format: "compact", width: canAnimate ? undefined : 120 }).pipe(EventSink.sample(0.01))
)

const local = (name: string, url: string, key: string) =>
  EffectConsole.log(`${name} is a server on this machine, ${url}, unless ${key} is set.`)

/** In the middle of the day Segment's stand-in is out of order for a while. */
const trouble: Fault.Plan<Fault.Common> = [
  [Fault.none, 15],
  [Fault.retryAfter(503, 1), 2],
  [Fault.reset("during"), 1]
]

const segment = Effect.gen(function* () {
  const configured = yield* Config.option(Segment.config)
  if (Option.isSome(configured)) return configured.value
  const server = yield* SegmentServer.make()
  yield* server.misbehave(trouble)
  yield* local("Segment", server.url, "SEGMENT_WRITE_KEY")
  return Segment.sink({ writeKey: Redacted.make(server.writeKey), endpoint: server.url })
})

const mixpanel = Effect.gen(function* () {
  const configured = yield* Config.option(Mixpanel.config)
  if (Option.isSome(configured)) return configured.value
  const server = yield* MixpanelServer.make()
  yield* local("Mixpanel", server.url, "MIXPANEL_TOKEN")
  return Mixpanel.sink({ token: Redacted.make(server.token), endpoint: server.url })
}).pipe(Effect.map((sink) => sink.pipe(EventSink.redact("drop"), EventSink.recase("Title Case"))))

const known = { console, segment, mixpanel }

/** The name of a sink that there is. */
export type Name = keyof typeof known
export const names = Object.keys(known) as ReadonlyArray<Name>

/** Somebody asked for a sink that there is not. */
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

/** Opens the sinks of some names side by side. */
export const open = (chosen: ReadonlyArray<Name>) =>
  Effect.map(
    Effect.forEach(chosen, (name) => known[name]),
    (sinks) => EventSink.fanOut(...sinks)
  )
