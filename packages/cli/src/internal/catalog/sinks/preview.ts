/** Passes examples through the sinks that a module exports. It runs in the module's thread, with the project's own core. */
import type * as Description from "@trackmap/core/Description"
import type * as EventSinkOfCore from "@trackmap/core/EventSink"
import type { Plan } from "@trackmap/core/Plan"
import * as Effect from "effect/Effect"
import { type Example, examplesOf } from "./example.ts"
import type { SinkView, SinkViews } from "./model.ts"
import { unsampled, viewOf } from "./views.ts"

type Core = Pick<typeof EventSinkOfCore, "isEventSink" | "preview">

/** Exports that may be sinks and cannot be seen: of a service's settings, or of a function. */
const isUnseen = (name: string, value: unknown): boolean =>
  /sink/i.test(name) && (typeof value === "function" || Effect.isEffect(value))

/** The sinks of a module by name: of two with one name, the one that is exported together with more. */
const sinksIn = (core: Core, exports: Readonly<Record<string, unknown>>): ReadonlyArray<EventSinkOfCore.Any> => {
  const all = Object.values(exports)
    .filter(core.isEventSink)
    .toSorted((a, b) => b.names.length - a.names.length)
  const taken = new Set<string>()
  return all.filter((sink) => {
    if (sink.names.some((name) => taken.has(name))) return false
    for (const name of sink.names) taken.add(name)
    return true
  })
}

/** How many users are tried until one is in the share that a sink takes. */
const users = 1_000

const asUser = ({ message, ...example }: Example, user: number): Example => ({
  ...example,
  message: { ...message, userId: `user-${user}` }
})

const isLeft = ({ outcome }: EventSinkOfCore.Preview): boolean =>
  outcome._tag === "Skipped" && outcome.reason === unsampled

type Views = Map<string, ReadonlyArray<SinkView>>

const addViews = Effect.fnUntraced(function* (
  to: Views,
  core: Core,
  sink: EventSinkOfCore.Any,
  examples: ReadonlyArray<Example>,
  plan: Plan
) {
  const look = (given: ReadonlyArray<Example>) =>
    core.preview(
      sink,
      given.map(({ message }) => message),
      { plan }
    )
  const first = yield* look(examples)
  for (const [at, name] of sink.names.entries()) {
    const own = first.slice(at * examples.length, (at + 1) * examples.length)
    const left = own.findIndex(isLeft)
    const isShare = left >= 0
    let seen = own
    let given = examples
    if (isShare) {
      const tried = Array.from({ length: users }, (_, user) => asUser(examples[left]!, user))
      const answers = (yield* look(tried)).filter(({ sink }) => sink === name)
      const user = answers.findIndex((one) => !isLeft(one))
      given = examples.map((one) => asUser(one, user))
      if (user >= 0) seen = (yield* look(given)).filter(({ sink }) => sink === name)
    }
    for (const [place, example] of given.entries()) {
      const view = viewOf(example, seen[place]!, isShare)
      to.set(example.id, [...(to.get(example.id) ?? []), view])
    }
  }
})

/** What the sinks that a module exports get of each event of a plan. Undefined if the module exports none. */
export const viewsOf = (
  core: Core,
  exports: Readonly<Record<string, unknown>>,
  plan: Plan,
  description: Description.Plan
): Effect.Effect<SinkViews | undefined> =>
  Effect.gen(function* () {
    const sinks = sinksIn(core, exports)
    const unseen = Object.keys(exports).filter((name) => isUnseen(name, exports[name]))
    if (sinks.length + unseen.length === 0) return undefined
    const examples = examplesOf(description)
    const views: Views = new Map()
    for (const sink of sinks) yield* addViews(views, core, sink, examples, plan)
    return { names: sinks.flatMap(({ names }) => names), views, unseen }
  })
