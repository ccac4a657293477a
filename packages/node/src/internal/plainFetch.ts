import { isWorkerd } from "./workerd.ts"

/** Whether this is Node itself, because other runtimes pretend to be Node. */
const isNode = (): boolean =>
  typeof process === "object" &&
  process.release?.name === "node" &&
  process.versions["bun"] === undefined &&
  process.versions["deno"] === undefined &&
  typeof process.getBuiltinModule === "function" &&
  !isWorkerd()

/** Whether a function is Node's `fetch`. No other has the name of Node's own module in its source. */
const isNodes = (fetch: unknown): boolean =>
  typeof fetch === "function" && Function.prototype.toString.call(fetch).includes("internal/deps/undici")

/** undici's key of the dispatcher that `fetch` uses. Version 8 has its own, and keeps the other for the versions before. */
const [dispatcher1, dispatcher2] = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`)) as [
  symbol,
  symbol
]

const propertyOf = (of: object, description: string): unknown => {
  const key = Object.getOwnPropertySymbols(of).find((symbol) => symbol.description === description)
  return key === undefined ? undefined : of[key as never]
}

const nameOf = (instance: { readonly constructor?: Function } | undefined): unknown => instance?.constructor?.name

/** Whether a dispatcher is undici's default: an agent without options. */
const isDefault = (dispatcher: unknown): boolean => {
  if (dispatcher === undefined) return true
  if (typeof dispatcher !== "object" || dispatcher === null || nameOf(dispatcher) !== "Agent") return false
  const { dispatch } = dispatcher as { readonly dispatch?: unknown }
  const options = propertyOf(dispatcher, "options")
  const factory = propertyOf(dispatcher, "factory")
  return (
    dispatch === dispatcher.constructor.prototype.dispatch &&
    typeof factory === "function" &&
    factory.name === "defaultFactory" &&
    typeof options === "object" &&
    options !== null &&
    Object.values(options).every((option) => option === undefined || option === Infinity)
  )
}

const hasDefaultDispatcher = (): boolean => {
  const global = globalThis as { readonly [key: symbol]: object | undefined }
  const [first, second] = [global[dispatcher1], global[dispatcher2]]
  const isWrapped = second !== undefined && nameOf(first) === "Dispatcher1Wrapper"
  return isDefault(second) && (isWrapped || isDefault(first))
}

const isWatched = (): boolean =>
  process.getBuiltinModule("node:diagnostics_channel").channel("undici:request:create").hasSubscribers

/**
 * Whether this is Node with an unmodified `fetch`: not replaced, without another dispatcher (a proxy, a mock), and without a subscriber to its
 * requests. False if unsure. Tests and instrumentations change it at any time, so check before each request.
 */
export const isPlainFetch = (): boolean =>
  isNode() && isNodes(globalThis.fetch) && hasDefaultDispatcher() && !isWatched()
