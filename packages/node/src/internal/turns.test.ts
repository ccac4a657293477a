import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Scheduler } from "effect/Scheduler"
import { afterEach, assert, it, vi } from "vitest"

/** The module as it is where the platform has some globals. */
const on = async (globals: Readonly<Record<string, unknown>>): Promise<typeof import("./turns.ts")> => {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
  vi.resetModules()
  return import("./turns.ts")
}
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const environments: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
  ["with setImmediate", {}],
  ["without it, as in a runner's browser", { setImmediate: undefined, clearImmediate: undefined }]
]

it.each(environments)("the next turn comes %s under fake timers, unless it is called off", async (_, globals) => {
  const { nextTurn, scheduler } = await on(globals)
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate"] })
  const ran: Array<string> = []
  nextTurn(() => ran.push("called off"))()
  await new Promise<void>((resolve) => nextTurn(resolve))
  await Effect.runPromiseWith(scheduler)(
    Effect.andThen(
      Effect.yieldNow,
      Effect.sync(() => ran.push("yielded"))
    )
  )
  assert.deepStrictEqual(ran, ["yielded"])
})

it.each([
  ["in a worker, whose timers belong to its requests", { navigator: { userAgent: "Cloudflare-Workers" } }],
  ["where timers were faked before it was there", { setImmediate: Object.assign(() => {}, { clock: {} }) }]
])("fibers have Effect's own scheduler %s", async (_, globals) => {
  const { scheduler } = await on(globals)
  assert.isUndefined(Context.getOrUndefined(scheduler as Context.Context<Scheduler>, Scheduler))
})
