/** One database with its vendors, services and relays, of which a scenario breaks something. */
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Tracker } from "@trackmap/core"
import { OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as SqlClient from "effect/sql/SqlClient"
import { addressOf } from "../../../../../compat/src/postgres/server.ts"
import * as changes from "../changes.ts"
import { clientOf, trackingOf } from "../database.ts"
import * as laws from "../laws.ts"
import { begun, Process, type Spares } from "../processes.ts"
import type { Database, News, Order, Place } from "../protocol.ts"
import type { Vendors } from "../vendors.ts"
import { type Cluster, copy } from "./cluster.ts"
import { shifting } from "./shifting.ts"

export type Kind = Database["kind"]

/** How long a scenario waits for anything, in milliseconds. */
const patience = 60_000

/** How long it waits before it looks again, in milliseconds: it then reads all that has arrived. */
const pause = 150

const writers = 12

/** How a process of a scene differs from the others. */
export interface Part {
  readonly place?: Partial<Place> | undefined
  /** By how many milliseconds its clock is wrong. */
  readonly shift?: number | undefined
}

interface Actor {
  readonly does: "relay" | "service"
  readonly part: Part
  process: Process | undefined
  /** Whether the scenario has ended it, so that nothing starts it again. */
  over: boolean
}

type Own = SqlClient.SqlClient | OutboxStore.OutboxStore | Tracker.Tracker

export interface SceneOptions {
  readonly kind: Kind
  /** A folder of its own. */
  readonly folder: string
  /** A folder that can be full, if the scenario needs one. */
  readonly small: string
  readonly program: string
  readonly seed: number
  readonly spares: Spares
  readonly vendors: Vendors
  /** The data of a server that has never run. */
  readonly template: string
  /** The server of PostgreSQL. */
  readonly cluster?: Cluster | undefined
}

export class Scene {
  readonly kind: Kind
  readonly folder: string
  readonly small: string
  readonly vendors: Vendors
  readonly #options: SceneOptions
  readonly #actors: Array<Actor> = []
  readonly #starting = new Set<Promise<unknown>>()
  #runtime: ManagedRuntime.ManagedRuntime<Own, unknown> | undefined
  #round = 0
  #isOver = false
  /** What the processes work with, unless their part says otherwise. */
  place: Place
  /** What the scenario counts besides messages. */
  readonly notes = new Map<string, number>()
  readonly lines = new Map<string, number>()
  /** Changes that were committed and that a copy of the database lacks. */
  readonly lost = new Set<string>()
  /** Changes whose messages need not arrive, since they were erased. */
  readonly erased = new Set<string>()
  /** The dead letters of each sink that there must be in the end. */
  dead = 0
  /** The messages of each sink that wait for a newer relay in the end. */
  parked = 0
  /** Whether no relay may send what another has sent. */
  once = false

  constructor(options: SceneOptions) {
    this.#options = options
    this.kind = options.kind
    this.folder = options.folder
    this.small = options.small
    this.vendors = options.vendors
    this.place = {
      database:
        options.cluster === undefined
          ? { kind: "sqlite", filename: join(options.small, "outbox.db") }
          : { kind: "postgres", url: options.cluster.address },
      segment: options.vendors.segment.url,
      mixpanel: options.vendors.mixpanel.url,
      // Longer than any scenario, but for those where a relay is to be taken over.
      lease: 120_000
    }
  }

  get cluster(): Cluster {
    return this.#options.cluster!
  }

  get filename(): string {
    return this.place.database.kind === "sqlite" ? this.place.database.filename : ""
  }

  note(what: string, count = 1): void {
    this.notes.set(what, (this.notes.get(what) ?? 0) + count)
  }

  /** How often a line was logged that contains a text. */
  logged(text: string): number {
    return [...this.lines].reduce((sum, [line, count]) => (line.includes(text) ? sum + count : sum), 0)
  }

  readonly #hear = (news: News): void => {
    if (news.is !== "logged") return
    const line = news.line.replaceAll(/[0-9]+|[0-9a-f]{8}-[0-9a-f-]+/g, "N")
    this.lines.set(line, (this.lines.get(line) ?? 0) + 1)
  }

  /** Runs an effect on the database itself, past every proxy. */
  run<A, E>(effect: Effect.Effect<A, E, Own>): Promise<A> {
    this.#runtime ??= ManagedRuntime.make(trackingOf(this.#direct, 8))
    return this.#runtime.runPromise(effect)
  }

  get #direct(): Database {
    const { database } = this.place
    return database.kind === "sqlite" ? database : { ...database, url: this.cluster.address }
  }

  /** Runs statements of PostgreSQL's superuser, whether or not there is an outbox. */
  async admin<A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> {
    return Effect.runPromise(Effect.provide(effect, clientOf(this.cluster.address, 20)))
  }

  /** The same, until it succeeds. */
  async truth<A, E>(effect: Effect.Effect<A, E, Own>): Promise<A> {
    const until = performance.now() + patience
    for (;;) {
      try {
        return await this.run(effect)
      } catch (error) {
        if (performance.now() > until) throw error
        // Layers that could not be built are not built again.
        await this.closeOwn()
        await sleep(200)
      }
    }
  }

  async closeOwn(): Promise<void> {
    const own = this.#runtime
    this.#runtime = undefined
    await own?.dispose().catch(() => {})
  }

  readonly changes = (): Promise<ReadonlySet<string>> => this.truth(changes.committed())

  readonly stats = () => this.truth(Effect.flatMap(OutboxStore.OutboxStore, (store) => store.stats))

  async #play(actor: Actor): Promise<void> {
    const { does, part } = actor
    const order: Order = { do: does, place: { ...this.place, ...part.place } }
    if (part.shift === undefined) actor.process = await this.#options.spares.take(order, this.#hear)
    else {
      const process = new Process(this.#options.program, ["--import", shifting(part.shift)])
      actor.process = process
      await process.told("loaded")
      await begun(process, order, this.#hear)
    }
    void actor.process.exited.then(() => this.#replace(actor))
    if (actor.over || this.#isOver) actor.process.signal("SIGKILL")
  }

  /** Starts what has exited again, as a supervisor does. */
  async #replace(actor: Actor): Promise<void> {
    if (actor.over || this.#isOver) return
    this.note(`a ${actor.does} was started again`)
    await sleep(200)
    if (!actor.over && !this.#isOver) await this.#start(actor)
  }

  #start(actor: Actor): Promise<void> {
    const playing = this.#play(actor)
    this.#starting.add(playing)
    return playing.finally(() => this.#starting.delete(playing))
  }

  /** Starts relays and services that are started again whenever they exit. */
  async start(does: Actor["does"], count = 1, part: Part = {}): Promise<ReadonlyArray<Actor>> {
    const actors = Array.from({ length: count }, (): Actor => ({ does, part, process: undefined, over: false }))
    this.#actors.push(...actors)
    await Promise.all(actors.map((actor) => this.#start(actor)))
    return actors
  }

  /** Starts a service that writes, and relays, and waits until changes arrive. */
  async works(relays = 2): Promise<void> {
    await this.start("service")
    await this.start("relay", relays)
    this.write()
    await this.flows("before")
  }

  /** Ends processes for good. */
  async end(actors: ReadonlyArray<Actor> = this.#actors): Promise<void> {
    for (const actor of actors) actor.over = true
    await Promise.all(this.#starting)
    for (const { process } of actors) {
      process?.signal("SIGCONT")
      process?.signal("SIGKILL")
      await process?.exited
    }
  }

  /** Does something while no process runs, and starts them again. */
  async restarted(between: () => Promise<void>): Promise<void> {
    const actors = this.#actors.filter(({ over }) => !over)
    await this.end(actors)
    await between()
    for (const actor of actors) actor.over = false
    await Promise.all(actors.map((actor) => this.#start(actor)))
  }

  /** The data of a new server. */
  fresh(): string {
    const folder = join(this.folder, "fresh")
    copy(this.#options.template, folder)
    return folder
  }

  /** A process of a newer version migrates, and ends. */
  async migrate(): Promise<void> {
    const process = await this.#options.spares.take({ do: "migrate", place: this.place }, this.#hear)
    if (process.fallen) throw new laws.Broken("a process could not migrate")
    process.signal("SIGKILL")
  }

  /** Services write bursts of transactions from now on, until `quiet`. */
  write(): void {
    const quiet = new AbortController()
    const bursts = async (actor: Actor): Promise<void> => {
      while (!quiet.signal.aborted && !this.#isOver) {
        const { process } = actor
        if (process === undefined || process.fallen) await sleep(50)
        else {
          const burst = { round: ++this.#round, seed: this.#options.seed, writers }
          const written = process.told("written")
          process.order({ do: "write", burst })
          await Promise.race([written, sleep(30_000, undefined, { ref: false })])
          // Vendors that respond late, and a machine that is busy, keep up with this.
          await sleep(300)
        }
      }
    }
    const all = Promise.all(this.#actors.filter(({ does }) => does === "service").map(bursts))
    this.quiet = async () => {
      quiet.abort()
      await all
    }
  }

  /** Stops writing. */
  quiet: () => Promise<void> = async () => {}

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const until = performance.now() + patience
    while (!(await holds())) {
      if (performance.now() > until)
        throw new laws.Broken(`after ${patience / 1_000} s: ${what}: ${JSON.stringify(await this.stats())}`)
      await sleep(pause)
    }
  }

  /** What is missing now of the changes that have to arrive. */
  async missing(committed?: ReadonlySet<string>): Promise<ReadonlyArray<string>> {
    const expected = new Set(committed ?? (await this.changes()))
    for (const id of this.erased) expected.delete(id)
    return laws.missing(expected, await this.vendors.arrived())
  }

  /** Waits until changes that are committed from now on have arrived. Services write meanwhile. */
  async flows(what: string): Promise<void> {
    const before = await this.changes()
    await this.until(`nothing new is committed ${what}`, async () => (await this.changes()).size > before.size + 5)
    await this.settled(await this.changes(), what)
    this.note(`changes arrived ${what}`, (await this.changes()).size - before.size)
  }

  /** Waits until all that is committed has arrived. */
  async settled(committed?: ReadonlySet<string>, what = "in the end"): Promise<void> {
    const until = performance.now() + patience
    for (;;) {
      const missing = await this.missing(committed)
      if (missing.length === 0) return
      if (performance.now() > until) {
        throw new laws.Broken(
          `${missing.length} messages have not arrived ${what}: ${missing.slice(0, 5).join(", ")}; ${JSON.stringify(await this.stats())}`
        )
      }
      await sleep(pause)
    }
  }

  /** Whether messages arrived again although no lease has run out, and no response of a vendor was late or lost. */
  async isAgain(): Promise<boolean> {
    const isExcused = this.logged("no response within") + this.logged("was not reached") > 0
    const all = Object.values(await this.vendors.arrived())
    return !isExcused && all.some((arrived) => new Set(arrived.map(({ id }) => id)).size < arrived.length)
  }

  /** Tells whether the message of a change has arrived anywhere. */
  async hasArrived(id: string): Promise<boolean> {
    return Object.values(await this.vendors.arrived()).some((arrived) => arrived.some((one) => one.id === id))
  }

  /** Waits until the outbox is empty, but for what must be left. */
  async emptied(): Promise<void> {
    await this.until("the outbox is not empty", async () =>
      (await this.stats()).every(
        ({ claims, dead, oldest, parked }) => claims + oldest === 0 && parked === this.parked && dead === this.dead
      )
    )
  }

  async close(): Promise<void> {
    this.#isOver = true
    await this.quiet()
    await this.end()
    await this.closeOwn()
  }
}

/** The address of a server behind a proxy. */
export const behind = (port: number): Database => ({ kind: "postgres", url: addressOf(port) })
