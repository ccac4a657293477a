/** Rounds of writing, killing and counting over one database. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Tracker } from "@trackmap/core"
import { OutboxStore } from "@trackmap/outbox"
import { Fault, MixpanelServer, SegmentServer } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { Random } from "../internal/random.ts"
import { trackingOf } from "./database.ts"
import { type Process, Spares } from "./processes.ts"
import type { Database, News, Place } from "./protocol.ts"
import { change } from "./service.ts"

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
  /** By sink: the messages that arrived, each id once, and those that arrived again. */
  readonly sinks: Readonly<Record<string, { readonly arrived: number; readonly again: number }>>
  /** The log lines of the processes, without their numbers. */
  readonly lines: ReadonlyMap<string, number>
}

/** A law does not hold. */
export class Broken extends Error {
  override readonly name = "Broken"
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

/** A message as a vendor has it: its change, and everything that must be the same if it arrives again. */
interface Arrived {
  readonly id: string
  readonly text: string
}

const kill = (processes: ReadonlyArray<Process>): void => {
  for (const process of processes) process.signal("SIGKILL")
}

const count = (counts: Map<string, number>, what: string, by = 1): void =>
  void counts.set(what, (counts.get(what) ?? 0) + by)

class Run {
  readonly #options: Options
  readonly #random: Random
  readonly #place: Place
  readonly #segment: SegmentServer.SegmentServer
  readonly #mixpanel: MixpanelServer.MixpanelServer
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

  constructor(
    options: Options,
    servers: { readonly segment: SegmentServer.SegmentServer; readonly mixpanel: MixpanelServer.MixpanelServer }
  ) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#segment = servers.segment
    this.#mixpanel = servers.mixpanel
    this.#place = { database: options.database, segment: servers.segment.url, mixpanel: servers.mixpanel.url, lease }
    this.#runtime = ManagedRuntime.make(trackingOf(options.database, 4))
    this.#spares = new Spares(options.program, (news) => this.#hear(news))
  }

  #hear(news: News): void {
    if (news.is === "logged") count(this.lines, news.line.replaceAll(/[0-9]+|[0-9a-f]{8}-[0-9a-f-]+/g, "N"))
  }

  readonly prepared = (): Promise<unknown> =>
    this.#runtime.runPromise(
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`CREATE TABLE change (id VARCHAR(100) PRIMARY KEY, round INTEGER NOT NULL)`
      )
    )

  /** The committed changes of a round, or of all. */
  readonly changes = async (round?: number): Promise<ReadonlySet<string>> => {
    const rows = await this.#runtime.runPromise(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        round === undefined
          ? sql<{ readonly id: string }>`SELECT id FROM change`
          : sql<{ readonly id: string }>`SELECT id FROM change WHERE round = ${round}`
      )
    )
    return new Set(rows.map(({ id }) => id))
  }

  /** What arrived at each vendor, in the order of arrival, with what arrived again. */
  readonly arrived = async (): Promise<Readonly<Record<string, ReadonlyArray<Arrived>>>> => {
    const [kept, again, events] = await Effect.runPromise(
      Effect.all([this.#segment.received, this.#segment.duplicates, this.#mixpanel.raw])
    )
    return {
      Segment: [...kept, ...again].map(({ event, messageId, properties, userId }) => ({
        id: String(messageId),
        text: JSON.stringify([event, userId, properties])
      })),
      Mixpanel: events.map((event) => {
        const {
          $insert_id: id,
          change,
          distinct_id: user,
          round,
          writer
        } = event["properties"] as Record<string, unknown>
        return { id: String(id), text: JSON.stringify([event["event"], user, change, round, writer]) }
      })
    }
  }

  async #adjustRelays(wanted: number): Promise<void> {
    while (this.#relays.length < wanted) {
      this.#relays.push(await this.#spares.take({ do: "relay", place: this.#place }))
    }
    for (const relay of this.#relays.splice(wanted)) relay.signal("SIGKILL")
  }

  /** The vendors respond late, not at all, or with an error, now and then. */
  async #misbehave(): Promise<void> {
    for (const server of [this.#segment, this.#mixpanel]) {
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
        change(id, round, writers),
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
    this.#service ??= await this.#spares.take({ do: "service", place: this.#place })
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
    const fallen = all.find(({ child, ended }) => !ended && (child.exitCode !== null || child.signalCode !== null))
    if (fallen !== undefined) {
      throw new Broken(`a process exited by itself: ${fallen.child.exitCode ?? fallen.child.signalCode}`)
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
      const changes = await this.changes(round)
      const missing = await this.missing(changes)
      if (missing.length === 0) return
      if (performance.now() > until) {
        const stats = await this.#runtime.runPromise(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.stats))
        throw new Broken(
          `round ${round ?? "all"}: ${missing.length} messages have not arrived after ${longest} ms: ${missing.slice(0, 5).join(", ")}; ${JSON.stringify(stats)}`
        )
      }
      await sleep(20)
    }
  }

  readonly missing = async (changes: ReadonlySet<string>): Promise<ReadonlyArray<string>> => {
    const missing: Array<string> = []
    for (const [vendor, arrived] of Object.entries(await this.arrived())) {
      const ids = new Set(arrived.map(({ id }) => id))
      for (const id of changes) if (!ids.has(id)) missing.push(`${vendor} ${id}`)
    }
    return missing
  }

  /** Checks everything that arrived against everything that was committed. */
  async check(): Promise<Summary["sinks"]> {
    await this.#settled()
    const changes = await this.changes()
    const sinks: Record<string, { readonly arrived: number; readonly again: number }> = {}
    for (const [vendor, arrived] of Object.entries(await this.arrived())) {
      const texts = new Map<string, string>()
      for (const { id, text } of arrived) {
        if (!changes.has(id)) throw new Broken(`${vendor} has ${id}, whose change was rolled back`)
        if ((texts.get(id) ?? text) !== text) throw new Broken(`${vendor} has two messages with the id ${id}`)
        if (!text.includes(JSON.stringify(id))) throw new Broken(`${vendor} has ${id} with another change: ${text}`)
        texts.set(id, text)
      }
      sinks[vendor] = { arrived: texts.size, again: arrived.length - texts.size }
    }
    return sinks
  }

  /** No dead letters, nothing claimed, nothing waiting. The depth is an estimate, which counts rows that were rolled back. */
  async checkOutbox(): Promise<void> {
    const until = performance.now() + longest
    for (;;) {
      const stats = await this.#runtime.runPromise(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.stats))
      if (stats.every(({ claims, dead, oldest, parked }) => claims + dead + oldest + parked === 0)) return
      if (performance.now() > until) throw new Broken(`the outbox is not empty: ${JSON.stringify(stats)}`)
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

/** Runs rounds. Rejects with `Broken` if a law does not hold. */
export const run = async (options: Options): Promise<Summary> => {
  const scope = Effect.runSync(Scope.make())
  const servers = await Effect.runPromise(
    Scope.provide(Effect.all({ segment: SegmentServer.make(), mixpanel: MixpanelServer.make() }), scope)
  )
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
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
