import { AsyncLocalStorage } from "node:async_hooks"
import * as Context from "effect/Context"

/** `@trackmap/node` reads it at each call, before it waits for anything. */
const key = Symbol.for("@trackmap/node/CallServices")
const shared = globalThis as { [key]?: AsyncLocalStorage<Context.Context<never>> }
const storage = (): AsyncLocalStorage<Context.Context<never>> => (shared[key] ??= new AsyncLocalStorage())

/** The services that the current code has been given. */
export const current = (): Context.Context<never> => shared[key]?.getStore() ?? Context.empty()

/** Runs a function whose calls of a tracker, and all that it awaits, have a service. */
export const run = <S, A>(service: Context.Key<any, S>, value: S, f: () => A): A =>
  storage().run(Context.add(current(), service, value), f)
