import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type * as SqlClient from "effect/sql/SqlClient"
import { OutboxError } from "../../src/OutboxError.ts"
import type { Service } from "../../src/OutboxStore.ts"
import { clientOf, ModelDatabase, storeOf, type Through, wakes } from "./model.ts"
import type { Process } from "./process.ts"

/** A process's connections to the database. */
export interface Opened {
  readonly sql: SqlClient.SqlClient
  readonly store: Service
}

/** The database that all processes share. */
export interface Database {
  /** Opens it in a process, and closes it with the process's death. */
  readonly open: (process: Process, through: Through) => Opened
  /** Whether a change has been committed. */
  readonly hasOrder: (order: number) => boolean
  readonly orders: () => ReadonlyArray<number>
  /** Whether a message has ever been committed. */
  readonly hasLogged: (id: string) => boolean
  /** Every message that has ever been committed, in the order of the log. */
  readonly logged: () => ReadonlyArray<string>
  readonly close: () => void
}

/** Wakes the relays of all processes, as PostgreSQL does. */
export const openModel = (now: () => number): Database => {
  const database = new ModelDatabase(now)
  const woken = new Map<Process, PubSub.PubSub<void>>()
  const ids = new Set<string>()
  let seen = 0
  return {
    open: (process, through) => {
      const sql = Effect.runSync(clientOf(database, (died) => process.onDeath(died), through))
      const own = Effect.runSync(wakes)
      woken.set(process, own.woken)
      process.onDeath(() => woken.delete(process))
      const wake = Effect.sync(() => {
        for (const [other, pubsub] of woken) other.later(() => PubSub.publishUnsafe(pubsub, undefined))
      })
      return { sql, store: storeOf(database, sql, { wake, wakes: own.wakes }) }
    },
    hasOrder: (order) => database.orders.has(order),
    orders: () => [...database.orders],
    hasLogged: (id) => {
      for (; seen < database.logged.length; seen++) ids.add(database.logged[seen]!)
      return ids.has(id)
    },
    logged: () => database.logged,
    close: () => {}
  }
}

/** A store behind a network. */
export const behind = (store: Service, through: Through): Service => {
  const operation = <A>(name: string, run: Effect.Effect<A, OutboxError>): Effect.Effect<A, OutboxError> =>
    through.run(name, run, () => {
      const reason = "the database does not respond"
      return new OutboxError({ operation: name, reason, remedy: "check that it runs", transient: true })
    })
  return {
    ...store,
    insert: (entries) => operation("insert", store.insert(entries)),
    committed: (written) => operation("committed", store.committed(written)),
    start: (sink, from) => operation("start", store.start(sink, from)),
    remove: (sink) => operation("remove", store.remove(sink)),
    rename: (from, to) => operation("rename", store.rename(from, to)),
    claim: (sink, options) => operation("claim", store.claim(sink, options)),
    renew: (claim, lease) => operation("renew", store.renew(claim, lease)),
    complete: (claim, parked) => operation("complete", store.complete(claim, parked)),
    release: (claim) => operation("release", store.release(claim)),
    replay: (options) => operation("replay", store.replay(options)),
    erase: (userId) => operation("erase", store.erase(userId)),
    sweep: (retention) => operation("sweep", store.sweep(retention)),
    stats: operation("stats", store.stats)
  }
}
