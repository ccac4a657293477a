/** What the end of the process asks of a tracking. */
export interface Member {
  /** Whether something has no receipt yet. */
  readonly busy: () => boolean
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
  /** Does what can be done without waiting. */
  readonly end: () => void
}

type Signal = "SIGTERM" | "SIGINT"
const signals: ReadonlyArray<Signal> = ["SIGTERM", "SIGINT"]

/** What is used of Node's process, which not every platform has. */
interface Process {
  readonly pid: number
  prependListener(event: string, listener: (...args: ReadonlyArray<any>) => void): unknown
  off(event: string, listener: (...args: ReadonlyArray<any>) => void): unknown
  listenerCount(event: string): number
  kill(pid: number, signal: string): unknown
  readonly __signal_exit_emitter__?: { readonly count?: unknown }
}

/** One for all copies of this package in a process: two that listen to a signal would each take the other for the service's own listener. */
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
    typeof process.off === "function"
    ? (process as Process)
    : undefined
}

/**
 * How many of a signal's listeners are signal-exit's, of version 4 or 3, which libraries for command lines bring. It ends the process where
 * it alone listens, as is done here: each would wait for the other.
 */
const passive = (): number => {
  const exits = [shared[Symbol.for("signal-exit emitter") as never], shared.process?.__signal_exit_emitter__]
  return exits.reduce((sum: number, exit?: { readonly count?: unknown }) => sum + (Number(exit?.count) || 0), 0)
}

/** Has a tracking deliver what it has before the process ends. What is given ends that. */
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
  for (const signal of signals) {
    const leave = (): void => {
      for (const { end } of members) end()
      ignore(process, registry)
      process.kill(process.pid, signal)
    }
    listeners.set(signal, () => {
      // Who asks twice does not want to wait.
      if (closing) return leave()
      // Who listens too ends the process in its own time, and may still have requests to answer.
      if (process.listenerCount(signal) - passive() > 1) return void all(({ flush }) => flush())
      closing = true
      void all(({ close }) => close()).then(leave)
    })
  }
  listeners.set("beforeExit", () => {
    void all(async (member) => (member.busy() ? member.flush() : undefined))
  })
  listeners.set("exit", () => {
    for (const { end } of members) end()
  })
  // Before the service's own: Node takes off what was put on with `once` before it calls it, and that is to be counted.
  for (const [event, listener] of listeners) process.prependListener(event, listener)
}
