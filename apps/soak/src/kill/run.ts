/** Rounds of writing, killing and counting over one database. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Tracker } from "@trackmap/core"
import { OutboxStore } from "@trackmap/outbox"
import { Fault } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as SqlClient from "effect/sql/SqlClient"
import { Random } from "../internal/random.ts"
import * as changes from "./changes.ts"
import { trackingOf } from "./database.ts"
import * as laws from "./laws.ts"
import { type Process, Spares } from "./processes.ts"
import type { Database, News, Place } from "./protocol.ts"
import * as vendors from "./vendors.ts"
import type { Vendors } from "./vendors.ts"

export interface Options {
  readonly database: Database
  /** The bundled program of the processes. */
  readonly program: string
  readonly rounds: number
  readonly seed: number
  /** Called after each round. */
  readonly told?: ((round: number) => void) | undefined
}

/** The counts of a run. */
export interface Summary {
  readonly rounds: number
  readonly deeds: ReadonlyMap<string, number>
  readonly transactions: number
  readonly changes: number
  /** By vendor. */
  readonly sinks: Readonly<Record<string, laws.Counts>>
  /** The log lines of the processes, without their numbers. */
  readonly lines: ReadonlyMap<string, number>
}

const writers = 12
/** In milliseconds. */
const lease = 600
const longest = 30_000

const deeds = [
  "SIGKILL of the service",
  "SIGKILL of a relay",
  "SIGKILL of the service and a relay",
  "SIGKILL of all relays",
  "SIGSTOP of a relay past its lease",
  "SIGTERM of a relay",
  "nothing"
] as const
const postgresDeeds = [...deeds, "the end of all connections of the database"] as const
type Deed = (typeof postgresDeeds)[number]

const kill = (processes: ReadonlyArray<Process>): void => {
  for (const process of processes) process.signal("SIGKILL")
}

const count = (counts: Map<string, number>, what: string, by = 1): void =>
  void counts.set(what, (counts.get(what) ?? 0) + by)

class Run {
  readonly #options: Options
  readonly #random: Random
  readonly #place: Place
  readonly #vendors: Vendors
  readonly #runtime: ManagedRuntime.ManagedRuntime<
    SqlClient.SqlClient | OutboxStore.OutboxStore | Tracker.Tracker,
    unknown
  >
  readonly #spares: Spares
  #service: Process | undefined
  #relays: Array<Process> = []
  /** Ends the transaction that stays open over several rounds. */
  #endLate: (() => Promise<void>) | undefined
  readonly deeds = new Map<string, number>()
  readonly lines = new Map<string, number>()
  transactions = 0

  constructor(options: Options, vendors: Vendors) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#vendors = vendors
    this.#place = { database: options.database, segment: vendors.segment.url, mixpanel: vendors.mixpanel.url, lease }
    this.#runtime = ManagedRuntime.make(trackingOf(options.database, 4))
    this.#spares = new Spares(options.program)
  }

  readonly #hear = (news: News): void => {
    if (news.is === "logged") count(this.lines, news.line.replaceAll(/[0-9]+|[0-9a-f]{8}-[0-9a-f-]+/g, "N"))
  }

  readonly prepared = (): Promise<void> => this.#runtime.runPromise(changes.prepare)

  readonly changes = (round?: number): Promise<ReadonlySet<string>> =>
    this.#runtime.runPromise(changes.committed(round))

  async #adjustRelays(wanted: number): Promise<void> {
    while (this.#relays.length < wanted) {
      this.#relays.push(await this.#spares.take({ do: "relay", place: this.#place }, this.#hear))
    }
    for (const relay of this.#relays.splice(wanted)) relay.signal("SIGKILL")
  }

  /** The vendors respond late, not at all, or with an error, now and then. */
  async #misbehave(): Promise<void> {
    for (const server of [this.#vendors.segment, this.#vendors.mixpanel]) {
      const faults: ReadonlyArray<Fault.Common> = [
        Fault.status(503),
        Fault.reset("before"),
        Fault.reset("after"),
        Fault.delay(20 + this.#random.below(200))
      ]
      if (this.#random.oneIn(3)) {
        await Effect.runPromise(server.misbehave([[this.#random.pick(faults), 1 + this.#random.below(5)]]))
      }
    }
  }

  async #do(deed: Deed): Promise<void> {
    const relay = this.#random.pick(this.#relays)
    switch (deed) {
      case "SIGKILL of the service":
        return kill([this.#service!])
      case "SIGKILL of a relay":
        return kill([relay])
      case "SIGKILL of the service and a relay":
        return kill([this.#service!, relay])
      case "SIGKILL of all relays":
        return kill(this.#relays)
      case "SIGSTOP of a relay past its lease":
        relay.signal("SIGSTOP")
        await sleep(lease * (1.2 + this.#random.next()))
        return relay.signal("SIGCONT")
      case "SIGTERM of a relay":
        return relay.signal("SIGTERM")
      case "the end of all connections of the database":
        await this.#runtime.runPromise(
          Effect.flatMap(
            SqlClient.SqlClient,
            (sql) =>
              sql`SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
                  WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
          )
        )
        return undefined
      case "nothing":
        return undefined
    }
  }

  /** Writes in a transaction that stays open while others begin and commit, and that later commits or rolls back. */
  async #writeLate(round: number): Promise<void> {
    const id = `late-${this.#options.seed}-${round}`
    const commits = this.#random.below(3) > 0
    const written = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const transaction = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const body = Effect.andThen(
        changes.change(id, round, writers),
        Effect.promise(() => (written.resolve(), end.promise))
      )
      yield* sql.withTransaction(Effect.andThen(body, commits ? Effect.void : Effect.fail(undefined)))
    })
    const ended = this.#runtime.runPromiseExit(transaction)
    this.#endLate = async () => {
      end.resolve()
      await ended
    }
    await Promise.race([written.promise, ended])
    count(this.deeds, "a transaction that stays open for five rounds")
  }

  async round(round: number): Promise<void> {
    if (round % 5 === 0 && this.#options.database.kind === "postgres") {
      await this.#endLate?.()
      await this.#writeLate(round)
    }
    if (round % 10 === 0) await this.#adjustRelays(2 + this.#random.below(7))
    this.#service ??= await this.#spares.take({ do: "service", place: this.#place }, this.#hear)
    await this.#misbehave()
    const service = this.#service
    const written = service.told("written")
    service.order({ do: "write", burst: { round, seed: this.#options.seed, writers } })
    await sleep(this.#random.below(150))
    const deed = this.#random.pick<Deed>(this.#options.database.kind === "sqlite" ? deeds : postgresDeeds)
    count(this.deeds, deed)
    await this.#do(deed)
    // A service that is not killed writes until it is done.
    await written
    if (service.ended) await service.exited
    else this.transactions += service.transactions
    await this.#replace()
    await this.#settled(round)
  }

  /** Replaces the processes that the run has ended. No other has exited. */
  async #replace(): Promise<void> {
    const all = [...this.#relays, this.#service!]
    const fallen = all.find(({ fallen }) => fallen)
    if (fallen !== undefined) {
      throw new laws.Broken(`a process exited by itself: ${fallen.child.exitCode ?? fallen.child.signalCode}`)
    }
    if (this.#service!.ended) this.#service = undefined
    const wanted = this.#relays.length
    this.#relays = this.#relays.filter(({ ended }) => !ended)
    await this.#adjustRelays(wanted)
  }

  /** Waits until every committed change of a round has arrived everywhere. */
  async #settled(round?: number): Promise<void> {
    const until = performance.now() + longest
    for (;;) {
      const missing = laws.missing(await this.changes(round), await this.#vendors.arrived())
      if (missing.length === 0) return
      if (performance.now() > until) {
        const stats = await this.#runtime.runPromise(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.stats))
        throw new laws.Broken(
          `round ${round ?? "all"}: ${missing.length} messages have not arrived after ${longest} ms: ${missing.slice(0, 5).join(", ")}; ${JSON.stringify(stats)}`
        )
      }
      await sleep(20)
    }
  }

  /** Checks everything that arrived against everything that was committed. */
  async check(): Promise<Summary["sinks"]> {
    await this.#settled()
    return laws.counted(await this.changes(), await this.#vendors.arrived())
  }

  /** No dead letters, nothing claimed, nothing waiting. The depth is an estimate, which counts rows that were rolled back. */
  async checkOutbox(): Promise<void> {
    const until = performance.now() + longest
    for (;;) {
      const stats = await this.#runtime.runPromise(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.stats))
      if (stats.every(({ claims, dead, oldest, parked }) => claims + dead + oldest + parked === 0)) return
      if (performance.now() > until) throw new laws.Broken(`the outbox is not empty: ${JSON.stringify(stats)}`)
      await sleep(50)
    }
  }

  async endLate(): Promise<void> {
    await this.#endLate?.()
  }

  async end(): Promise<void> {
    for (const process of [...this.#relays, ...(this.#service === undefined ? [] : [this.#service])]) {
      process.signal("SIGKILL")
    }
    await this.#spares.end()
    await this.#runtime.dispose()
  }
}

/** Runs rounds. Rejects with `laws.Broken` if a law does not hold. */
export const run = async (options: Options): Promise<Summary> => {
  const servers = await vendors.open()
  const own = new Run(options, servers)
  try {
    await own.prepared()
    for (let round = 0; round < options.rounds; round++) {
      await own.round(round)
      if (round % 20 === 19) await own.check()
      options.told?.(round)
    }
    await own.endLate()
    const sinks = await own.check()
    await own.checkOutbox()
    const { deeds, lines, transactions } = own
    return { rounds: options.rounds, deeds, transactions, changes: (await own.changes()).size, sinks, lines }
  } finally {
    await own.end()
    await servers.close()
  }
}
