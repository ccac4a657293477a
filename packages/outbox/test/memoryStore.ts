/** A store in memory, whose leases go by Effect's clock, and whose database can fail. */
import { OutboxError } from "../src/OutboxError.ts"
import type { Claim, From, Parked, Row, Service } from "../src/OutboxStore.ts"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"

interface Open {
  readonly n: number
  readonly attempt: number
  readonly after: number
  readonly last: number
  token: string
  leaseUntil: number
}

interface Aside extends Parked {
  readonly row: Row
  token: string
  leaseUntil: number
}

interface Sink {
  last: number
  claims: number
  readonly open: Map<number, Open>
  aside: Array<Aside>
}

/** The operations of a relay. */
export type Operation = "claim" | "renew" | "complete" | "release" | "start" | "stats"

export interface Memory extends Service {
  readonly log: ReadonlyArray<Row>
  readonly sinks: ReadonlyMap<string, Sink>
  /** How often each operation ran. */
  readonly calls: Record<Operation, number>
  /** Returns a reason if an operation is to fail, before or after it has done its work. */
  fails: (operation: Operation) => { readonly reason: string; readonly done: boolean } | undefined
  readonly add: (rows: ReadonlyArray<{ readonly id: string; readonly body: string }>) => Effect.Effect<void>
}

export const make: Effect.Effect<Memory> = Effect.gen(function* () {
  const pubsub = yield* PubSub.sliding<void>(1)
  const log: Array<Row> = []
  const sinks = new Map<string, Sink>()
  const calls: Record<Operation, number> = { claim: 0, renew: 0, complete: 0, release: 0, start: 0, stats: 0 }
  let tokens = 0
  const unused = Effect.die(new Error("the tests of relays do not use it"))

  const operation = <A>(name: Operation, run: (now: number) => A): Effect.Effect<A, OutboxError> =>
    Effect.clockWith((clock) =>
      Effect.suspend(() => {
        calls[name]++
        const fault = memory.fails(name)
        const error = new OutboxError({
          operation: name,
          reason: fault?.reason ?? "",
          remedy: "check that it runs",
          transient: true
        })
        if (fault?.done === false) return Effect.fail(error)
        const result = run(clock.currentTimeMillisUnsafe())
        return fault === undefined ? Effect.succeed(result) : Effect.fail(error)
      })
    )

  const known = (name: string): Sink => {
    const sink = sinks.get(name)
    if (sink === undefined) throw new Error(`${name} has not started`)
    return sink
  }

  const lastBefore = (from: From): number => {
    if (from === "beginning") return 0
    return from === "now" ? log.length : log.filter(({ created }) => created < from.getTime()).length
  }

  const claimLog = (name: string, limit: number, alone: boolean, lease: number, now: number): Claim | undefined => {
    const sink = known(name)
    const dead = [...sink.open.values()].find(({ leaseUntil }) => leaseUntil <= now)
    if (dead === undefined && ((alone && sink.open.size > 0) || sink.last === log.length)) return undefined
    const range =
      dead === undefined
        ? { n: ++sink.claims, attempt: 1, after: sink.last, last: Math.min(log.length, sink.last + limit) }
        : { ...dead, attempt: dead.attempt + 1 }
    sink.last = Math.max(sink.last, range.last)
    const open = { ...range, token: `t${++tokens}`, leaseUntil: now + lease }
    sink.open.set(open.n, open)
    return { ...open, sink: name, source: "log", rows: log.slice(open.after, open.last) }
  }

  const claimAside = (name: string, limit: number, lease: number, now: number): Claim | undefined => {
    const all = known(name).aside.filter(
      ({ dead, leaseUntil, visibleAt = 0 }) => !dead && visibleAt <= now && leaseUntil <= now
    )
    const others = all.filter((one) => one.token === "").slice(0, limit)
    const isAbandoned = others.length === 0
    const due = isAbandoned ? all.toSorted((a, b) => a.leaseUntil - b.leaseUntil).slice(0, 1) : others
    if (due.length === 0) return undefined
    const token = `t${++tokens}`
    for (const one of due)
      Object.assign(one, { token, leaseUntil: now + lease, attempts: one.attempts + (isAbandoned ? 1 : 0) })
    const rows = due.map(({ attempts, row: { body, created, id } }): Row => ({
      id,
      body,
      created,
      attempts
    }))
    return { sink: name, source: "parked", n: 0, attempt: isAbandoned ? 2 : 1, token, rows, leaseUntil: now + lease }
  }

  const holds = ({ n, sink, source, token }: Claim): boolean =>
    source === "log"
      ? sinks.get(sink)?.open.get(n)?.token === token
      : known(sink).aside.some((one) => one.token === token)

  const setAside = (name: string, rows: ReadonlyArray<Row>, parked: ReadonlyArray<Parked>): void => {
    for (const one of parked) {
      const row = rows.find(({ id }) => id === one.id)!
      known(name).aside.push({ ...one, row, token: "", leaseUntil: 0 })
    }
  }

  const memory: Memory = {
    database: "memory",
    log,
    sinks,
    calls,
    fails: () => undefined,
    add: (rows) =>
      Effect.clockWith((clock) => {
        const created = clock.currentTimeMillisUnsafe()
        for (const row of rows) log.push({ ...row, created, attempts: 0 })
        return PubSub.publish(pubsub, undefined)
      }),
    migrate: Effect.void,
    insert: () => unused,
    committed: () => unused,
    statement: () => ({ sql: "", params: [] }),
    wake: Effect.asVoid(PubSub.publish(pubsub, undefined)),
    wakes: PubSub.subscribe(pubsub),
    start: (name, from) =>
      operation("start", () => {
        if (sinks.has(name)) return false
        sinks.set(name, { last: lastBefore(from), claims: 0, open: new Map(), aside: [] })
        return true
      }),
    remove: () => unused,
    rename: () => unused,
    claim: (name, { alone = false, lease, limit }) =>
      operation(
        "claim",
        (now) => claimAside(name, limit, lease as number, now) ?? claimLog(name, limit, alone, lease as number, now)
      ),
    renew: (claim, lease) =>
      operation("renew", (now) => {
        if (!holds(claim)) return false
        const leaseUntil = now + (lease as number)
        if (claim.source === "log") known(claim.sink).open.get(claim.n)!.leaseUntil = leaseUntil
        else for (const one of known(claim.sink).aside) if (one.token === claim.token) one.leaseUntil = leaseUntil
        return true
      }),
    complete: (claim, parked = []) =>
      operation("complete", () => {
        if (!holds(claim)) return false
        const sink = known(claim.sink)
        if (claim.source === "log") sink.open.delete(claim.n)
        else sink.aside = sink.aside.filter(({ token }) => token !== claim.token)
        setAside(claim.sink, claim.rows, parked)
        return true
      }),
    release: (claim) =>
      operation("release", () => {
        if (!holds(claim)) return
        const released = { token: "", leaseUntil: 0 }
        if (claim.source === "log") {
          const open = known(claim.sink).open.get(claim.n)!
          Object.assign(open, released, { attempt: open.attempt - 1 })
        } else for (const one of known(claim.sink).aside) if (one.token === claim.token) Object.assign(one, released)
      }),
    letters: () => unused,
    letter: () => unused,
    replay: () => unused,
    erase: () => unused,
    sweep: () => unused,
    stats: operation("stats", (now) =>
      [...sinks].map(([sink, { aside, last, open }]) => {
        const first = Math.min(last, ...[...open.values()].map(({ after }) => after))
        return {
          sink,
          depth: log.length - last,
          oldest: first < log.length ? now - log[first]!.created : 0,
          claims: open.size,
          parked: aside.filter(({ dead }) => !dead).length,
          dead: aside.filter(({ dead }) => dead).length
        }
      })
    ),
    rebase: unused
  }
  return memory
})
