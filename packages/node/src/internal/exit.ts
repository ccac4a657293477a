import { keepAlive } from "./clock.ts"
import { isWorkerd } from "./workerd.ts"

/** The part of a tracking that runs when the process ends. */
export interface Member {
  /** Whether a message has no receipt yet. */
  readonly busy: () => boolean
  /** Sends its messages, and ends all waits for room. The service closes it later. */
  readonly hurry: () => Promise<void>
  /** Delivers its messages within `closeWithin`. Closes only if some are left. */
  readonly finish: () => Promise<void>
  readonly close: () => Promise<void>
  /** Ends synchronously. */
  readonly end: () => void
}

/** The signals that end a process, and their numbers on Linux. */
const signals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR2: 12, SIGTERM: 15 } as const

type Signal = keyof typeof signals

/** The signals that always ask a service to end. A service may use the others for anything, such as reloading its configuration. */
const endings: ReadonlySet<Signal> = new Set(["SIGTERM", "SIGINT"])

/** The part of Node's process that is used here. Not every platform has it. */
interface Process {
  readonly pid: number
  prependListener(event: string, listener: (...args: ReadonlyArray<any>) => void): unknown
  off(event: string, listener: (...args: ReadonlyArray<any>) => void): unknown
  listenerCount(event: string): number
  kill(pid: number, signal: string): unknown
  exit(code: number): unknown
  readonly __signal_exit_emitter__?: { readonly count?: unknown }
}

/**
 * Shared by all copies of this package in a process: two that listen to a signal would each mistake the other for the service's own
 * listener.
 */
interface Registry {
  readonly members: Set<Member>
  readonly listeners: Map<string, (...args: ReadonlyArray<any>) => void>
}
const key = Symbol.for("@trackmap/node/exit")
const shared = globalThis as { [key]?: Registry; readonly process?: Partial<Process> }

const nodeProcess = (): Process | undefined => {
  const { process } = shared
  return typeof process?.prependListener === "function" &&
    typeof process.kill === "function" &&
    typeof process.exit === "function" &&
    typeof process.off === "function"
    ? (process as Process)
    : undefined
}

/**
 * The number of a signal's listeners that belong to signal-exit (version 4 or 3), a dependency of many command-line libraries. Like this
 * module, it ends the process only if no one else listens, so each would wait for the other.
 */
const passive = (): number => {
  const exits = [shared[Symbol.for("signal-exit emitter") as never], shared.process?.__signal_exit_emitter__]
  return exits.reduce((sum: number, exit?: { readonly count?: unknown }) => sum + (Number(exit?.count) || 0), 0)
}

/** Whether this platform has a process whose end it reports. */
export const isPossible = (): boolean => !isWorkerd() && nodeProcess() !== undefined

/** Makes a tracking deliver its messages before the process ends. Returns a function that undoes this. */
export const join = (member: Member): (() => void) => {
  const process = nodeProcess()
  if (process === undefined) return () => {}
  const registry = (shared[key] ??= { members: new Set(), listeners: new Map() })
  registry.members.add(member)
  if (registry.listeners.size === 0) listen(process, registry)
  return () => {
    registry.members.delete(member)
    if (registry.members.size === 0) ignore(process, registry)
  }
}

const ignore = (process: Process, { listeners }: Registry): void => {
  for (const [event, listener] of listeners) process.off(event, listener)
  listeners.clear()
}

const listen = (process: Process, registry: Registry): void => {
  const { listeners, members } = registry
  const all = (f: (member: Member) => Promise<void>): Promise<unknown> => Promise.allSettled([...members].map(f))
  let closing = false
  for (const signal of Object.keys(signals) as ReadonlyArray<Signal>) {
    const leave = (): void => {
      for (const { end } of members) end()
      ignore(process, registry)
      process.kill(process.pid, signal)
      // The first process of a container cannot end itself by a signal: the kernel ignores it.
      if (process.pid === 1) process.exit(128 + signals[signal])
    }
    listeners.set(signal, () => {
      // A second signal means: do not wait.
      if (closing) return leave()
      // The service's own listener ends the process when it is ready, and may still have pending requests.
      if (process.listenerCount(signal) - passive() > 1) {
        if (endings.has(signal)) void all(({ hurry }) => hurry())
        return
      }
      closing = true
      void all(({ close }) => close()).then(leave)
    })
  }
  listeners.set("beforeExit", () => {
    const busy = [...members].filter((member) => member.busy())
    if (busy.length > 0) void keepAlive(Promise.allSettled(busy.map(({ finish }) => finish())))
  })
  listeners.set("exit", () => {
    for (const { end } of members) end()
  })
  // Before the service's listeners: Node removes a `once` listener before it calls it, and that one must be counted.
  for (const [event, listener] of listeners) process.prependListener(event, listener)
}
