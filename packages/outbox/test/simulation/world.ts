import * as Actor from "@trackmap/core/Actor"
import * as EventSink from "@trackmap/core/EventSink"
import * as Tracker from "@trackmap/core/Tracker"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as random from "../../../core/test/simulation/random.ts"
import { Endless } from "../../../core/test/simulation/simulation.ts"
import { Timeline } from "../../../core/test/simulation/timeline.ts"
import * as Outbox from "../../src/Outbox.ts"
import type { OutboxError } from "../../src/OutboxError.ts"
import { OutboxStore, type Service as Store } from "../../src/OutboxStore.ts"
import * as Relay from "../../src/Relay.ts"
import { behind, type Database, type Opened } from "./databases.ts"
import { Ad, idOf, Plain, plan, secret } from "./events.ts"
import type { Call, Claimed, History, Operated } from "./history.ts"
import type { Through } from "./model.ts"
import { Process } from "./process.ts"
import type { Inner, Program, Step, Track, TransactionStep } from "./program.ts"
import { Vendor } from "./vendors.ts"

/** More turns than any program takes that ends. */
const mostTurns = 300_000

/** The longest that the fibers of a program take, and that the relays then take for what is left, in milliseconds. */
const longest = 3_600_000

/** Runs a program from its start until the relays have nothing more to do. */
export const run = (program: Program, open: (now: () => number) => Database): History => new World(program, open).run()

/** The service's process, as it is after a start. */
interface Service extends Opened {
  readonly process: Process
  readonly tracker: Tracker.Service
  readonly scope: Scope.Closeable
}

/** A relay, in a process of its own or in the service's. */
interface RunningRelay {
  readonly number: number
  readonly process: Process
  readonly isOwn: boolean
  readonly fiber: Fiber.Fiber<unknown, unknown>
  relay: Relay.Service | undefined
}

const isClosed = ({ fiber, process }: RunningRelay): boolean => process.isDead || fiber.pollUnsafe() !== undefined

type Failure = { readonly _tag: "Failure" }

class World {
  readonly history: History
  readonly #program: Program
  readonly #random: random.Random
  readonly #timeline: Timeline
  readonly #database: Database
  readonly #vendors: ReadonlyArray<Vendor>
  /** The sinks' names, and which of them relays have. */
  readonly #names: Array<string>
  readonly #active: Array<boolean>
  readonly #sinkOf = new Map<string, number>()
  readonly #driver: Process
  readonly #doing: Array<{ readonly process: Process; readonly fiber: Fiber.Fiber<unknown, unknown> } | undefined> = []
  readonly #relays: Array<RunningRelay> = []
  readonly #claims = new Map<string, Claimed>()
  #service: Service | undefined
  /** Processes of the service after whose death another one starts. */
  readonly #restarting = new Set<Process>()
  #fault = { until: 0, done: false, every: 1 }
  /** When a relay has last begun or ended a claim. */
  #workedAt = 0
  /** Whether relays have to wait with their start for an operator. */
  #operating = false
  #turn = 0

  constructor(program: Program, open: (now: () => number) => Database) {
    const { seed, yields } = program.turns
    this.#program = program
    this.#random = random.make(seed)
    this.#timeline = new Timeline(seed === 0 ? undefined : this.#random, yields)
    const now = () => this.#timeline.clock.currentTimeMillisUnsafe()
    this.#database = open(now)
    this.#names = program.sinks.map(({ name }) => name)
    this.#active = program.sinks.map(({ absent }) => absent !== true)
    for (const [index, name] of this.#names.entries()) this.#sinkOf.set(name, index)
    this.history = {
      program,
      calls: [],
      sent: [],
      claims: [],
      started: [],
      operated: [],
      receipts: [],
      survivors: [],
      processes: [],
      restarts: { service: 0, relays: 0 },
      seen: [],
      drained: false,
      orders: new Set(),
      logged: [],
      letters: [],
      stats: [],
      refusals: [],
      names: [],
      faults: 0,
      elapsed: 0,
      turns: 0
    }
    this.#vendors = program.sinks.map(
      (setup, index) =>
        new Vendor(setup, index, {
          now,
          turn: () => ++this.#turn,
          sent: (sent) => {
            this.history.sent.push(sent)
            for (const { messageId } of sent.messages) {
              if (!this.#database.hasLogged(messageId)) {
                this.#saw("only what is committed is sent", `${setup.name} is sent ${messageId}`)
              }
            }
          }
        })
    )
    this.#driver = this.#process("driver")
  }

  #saw(law: string, detail: string): void {
    this.history.seen.push({ law, detail })
  }

  #process(name: string, skew = 0): Process {
    const logged = (line: string): void => {
      if (line.includes("unexpectedly")) this.#saw("nothing fails unexpectedly", line)
    }
    const process = new Process(name, { timeline: this.#timeline, random: this.#random, logged }, skew)
    this.history.processes.push(process)
    return process
  }

  run(): History {
    const { history } = this
    try {
      this.#startService()
      const fibers = this.#program.fibers.map((steps, index) =>
        this.#driver.fork(Effect.forEach(steps, (step) => this.#step(step, index), { discard: true }))
      )
      const isDone = () => fibers.every((fiber) => fiber.pollUnsafe() !== undefined)
      this.#turnsUntil(isDone, longest)
      for (const [index, fiber] of fibers.entries()) {
        const exit = fiber.pollUnsafe()
        if (exit === undefined) this.#saw("nobody is left waiting", `fiber ${index} waits for ever`)
        else if (Exit.isFailure(exit)) this.#saw("nothing is thrown", String(exit.cause))
      }
      if (history.seen.length === 0) this.#end()
      history.orders = new Set(this.#database.orders())
      history.logged = [...this.#database.logged()]
    } finally {
      this.#database.close()
    }
    history.refusals = this.#vendors.map(({ refusals }) => refusals)
    history.names = this.#names.map((name, index) => (this.#active[index] ? name : undefined))
    history.faults = history.processes.reduce((sum, { faults }) => sum + faults, 0)
    history.elapsed = this.#timeline.now
    history.turns = this.#timeline.turns
    return history
  }

  /** Everything works again, and the relays get the time to deliver what is left. */
  #end(): void {
    const { history } = this
    this.#fault = { until: 0, done: false, every: 1 }
    for (const vendor of this.#vendors) vendor.healthy = true
    for (const { process } of this.#relays) process.wake()
    const service = this.#service
    service?.process.wake()
    if (service !== undefined && !service.process.isDead) {
      // What is in the middle of a transaction, or of asking for its end, gets there.
      this.#turnsUntil(() => false, 5_000)
      const closing = service.process.fork(Scope.close(service.scope, Exit.void))
      this.#turnsUntil(() => closing.pollUnsafe() !== undefined || service.process.isDead, longest)
      if (!service.process.isDead && closing.pollUnsafe() === undefined)
        this.#saw("nobody is left waiting", "the service does not close")
      for (const call of history.calls) this.#read(call, service.process)
    }
    const operator = this.#process("operator")
    const { store } = this.#open(operator)
    const last = this.#startRelay(false, 0)
    const isStarted = Effect.suspend((): Effect.Effect<void> =>
      last.relay === undefined ? Effect.delay(isStarted, 10) : Effect.void
    )
    const drained = operator.fork(Effect.andThen(isStarted, this.#drained(store)))
    this.#turnsUntil(() => drained.pollUnsafe() !== undefined, longest)
    history.drained = drained.pollUnsafe() !== undefined
    const letters = operator.fork(Effect.all([store.letters({ limit: 10_000 }), store.stats]))
    this.#turnsUntil(() => letters.pollUnsafe() !== undefined, longest)
    const read = letters.pollUnsafe()
    if (read !== undefined && Exit.isSuccess(read)) [history.letters, history.stats] = read.value
    this.#closeRelays()
  }

  #closeRelays(): void {
    const alive = this.#relays.filter(({ fiber, process }) => !process.isDead && fiber.pollUnsafe() === undefined)
    for (const { fiber, process } of alive) process.later(() => fiber.interruptUnsafe())
    this.#turnsUntil(() => alive.every(isClosed), longest)
    this.#turnsUntil(() => false, 1)
    for (const { fiber, isOwn, number, process, relay } of alive) {
      if (process.isDead) continue
      if (isOwn) process.closed = true
      if (relay !== undefined) {
        this.history.survivors.push({ process, relay: number, metrics: Effect.runSync(relay.metrics) })
      }
      if (fiber.pollUnsafe() === undefined) this.#saw("nobody is left waiting", `${process.name} does not close`)
      else if (isOwn && process.fibers > 0) this.#saw("nothing is left", `${process.fibers} fibers of ${process.name}`)
    }
  }

  /** Waits until the relays have nothing left to do. */
  #drained(store: Store): Effect.Effect<void> {
    // An estimate of what is left counts messages that were erased or swept.
    const isExact = this.history.operated.every(({ _tag }) => _tag !== "erase" && _tag !== "sweep")
    const isIdle = Effect.map(store.stats, (stats) =>
      stats.every(
        ({ claims, depth, parked, sink }) =>
          !this.#active[this.#sinkOf.get(sink)!] || (claims === 0 && parked === 0 && (depth === 0 || !isExact))
      )
    )
    const since = (): number => this.#timeline.now - this.#workedAt
    const quiet = 3 * this.#program.relay.poll + 1_000
    const check: Effect.Effect<void> = Effect.flatMap(Effect.orDie(isIdle), (idle) =>
      idle && since() > (isExact ? 0 : quiet) ? Effect.void : Effect.andThen(Effect.sleep(isExact ? 500 : quiet), check)
    )
    return check
  }

  /** Goes on until something is done, for at most so long. */
  #turnsUntil(done: () => boolean, millis: number): void {
    const until = this.#timeline.now + millis
    // So that time does not go on beyond it.
    const timer = this.#driver.fork(Effect.sleep(millis))
    while (!done() && timer.pollUnsafe() === undefined && this.#timeline.now <= until) {
      if (!this.#timeline.step() && !this.#timeline.advance()) break
      if (this.#timeline.turns > mostTurns) throw new Endless(mostTurns)
    }
    timer.interruptUnsafe()
  }

  // What a process has

  #through(process: Process): Through {
    const { latency } = this.#program
    const way = latency === 0 ? Effect.yieldNow : Effect.sleep(latency)
    const fault: Through["fault"] = (operation) => {
      const { done, every, until } = this.#fault
      if (this.#timeline.now >= until || operation === "stats" || this.#random.between(1, every) > 1) return undefined
      process.faults++
      return { done }
    }
    return {
      fault,
      run: (operation, run, fails) =>
        Effect.suspend(() => {
          const found = fault(operation)
          const failed = Effect.suspend(() => Effect.fail(fails()))
          if (found?.done === false) return Effect.andThen(way, failed)
          const answered = Effect.flatMap(run, (a) =>
            Effect.andThen(Effect.yieldNow, found === undefined ? Effect.succeed(a) : failed)
          )
          return Effect.andThen(way, answered)
        })
    }
  }

  #open(process: Process): Opened {
    const through = this.#through(process)
    const { sql, store } = this.#database.open(process, through)
    return { sql, store: behind(this.#recorded(store, process), through) }
  }

  /** A store that writes down what relays do with it. What it does and what is written down are one step: nothing dies between them. */
  #recorded(store: Store, process: Process): Store {
    const { history } = this
    return {
      ...store,
      start: (sink, from) =>
        recorded(store.start(sink, from), (isNew) => {
          const { length } = this.#database.logged()
          if (isNew) history.started.push({ sink: this.#sinkOf.get(sink)!, turn: ++this.#turn, logged: length })
        }),
      claim: (sink, options) =>
        recorded(store.claim(sink, options), (claim) => {
          if (claim === undefined) return
          const claimed: Claimed = {
            sink: this.#sinkOf.get(sink)!,
            process,
            claim,
            turn: ++this.#turn,
            at: this.#timeline.now,
            leaseUntil: claim.leaseUntil,
            renewed: 0,
            released: undefined,
            completed: undefined,
            parked: [],
            overAt: undefined
          }
          history.claims.push(claimed)
          this.#workedAt = this.#timeline.now
          this.#claims.set(claim.token, claimed)
        }),
      renew: (claim, lease) =>
        recorded(store.renew(claim, lease), (held) => {
          const claimed = this.#claims.get(claim.token)!
          if (held) {
            claimed.renewed = ++this.#turn
            claimed.leaseUntil = this.#timeline.clock.currentTimeMillisUnsafe() + Number(lease)
          } else claimed.overAt ??= this.#timeline.now
        }),
      release: (claim) =>
        recorded(store.release(claim), () => {
          const claimed = this.#claims.get(claim.token)!
          claimed.released ??= ++this.#turn
          claimed.overAt ??= this.#timeline.now
        }),
      complete: (claim, parked = []) =>
        Effect.suspend(() => {
          const claimed = this.#claims.get(claim.token)!
          // The commit may take effect though it fails.
          claimed.parked = parked
          return recorded(store.complete(claim, parked), (held) => {
            claimed.overAt ??= this.#timeline.now
            this.#workedAt = this.#timeline.now
            if (held) claimed.completed = ++this.#turn
          })
        })
    }
  }

  #startService(): void {
    const { capacity, closeWithin, whenInsertFails } = this.#program.service
    const process = this.#process(`service ${++this.history.restarts.service}`)
    const opened = this.#open(process)
    const scope = Scope.makeUnsafe()
    const made = process.fork(
      Effect.flatMap(
        Tracker.make(Outbox.sink({ whenInsertFails }), { plan, capacity, closeWithin }).pipe(Scope.provide(scope)),
        (tracker) => Effect.sync(() => (this.#service = { ...opened, process, tracker, scope }))
      ).pipe(Effect.provideService(OutboxStore, opened.store), Effect.provideService(SqlClient.SqlClient, opened.sql))
    )
    made.addObserver((exit) => {
      if (Exit.isFailure(exit)) this.#saw("the service starts", String(exit.cause))
    })
    process.onDeath(() => {
      for (const call of this.history.calls) this.#read(call, process)
    })
  }

  #startRelay(inService: boolean, skew: number): RunningRelay {
    const service = this.#service
    const isOwn = !inService || service === undefined || service.process.isDead
    const process = isOwn ? this.#process(`relay ${++this.history.restarts.relays}`, skew) : service.process
    const { store } = isOwn ? this.#open(process) : service
    const active = this.#vendors.flatMap((vendor, index) => (this.#active[index] ? [{ vendor, index }] : []))
    const relay = this.#relays.length
    const sinks = active.map(({ index, vendor }) =>
      EventSink.mapReceipt(vendor.sinkIn(process, this.#names[index]!), (receipt) => {
        this.history.receipts.push({ process, relay, sink: index, turn: ++this.#turn, receipt })
        return receipt
      })
    )
    const from = Object.fromEntries(active.map(({ index, vendor }) => [this.#names[index]!, vendor.setup.from]))
    const { closeWithin, lease, limit, order, poll } = this.#program.relay
    const making = Effect.gen({ self: this }, function* () {
      const made = yield* Relay.make(EventSink.fanOut(...(sinks as [EventSink.EventSink])), {
        plan,
        from,
        order,
        limit,
        lease,
        poll,
        closeWithin,
        statsEvery: 60_000
      })
      running.relay = made
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.provideService(OutboxStore, store))
    const fiber = process.fork(making)
    const running: RunningRelay = { number: relay, process, isOwn, fiber, relay: undefined }
    this.#relays.push(running)
    fiber.addObserver((exit) => {
      // A process that could not start ends.
      if (isOwn && Exit.isFailure(exit) && running.relay === undefined) process.kill()
    })
    return running
  }

  #interrupt({ fiber, process }: RunningRelay): void {
    process.stopping = true
    process.later(() => fiber.interruptUnsafe())
  }

  /** Stops the relays, and waits until they have. */
  readonly #stopRelays: Effect.Effect<void> = Effect.suspend(() => {
    const alive = this.#relays.filter(({ fiber, process }) => !process.isDead && fiber.pollUnsafe() === undefined)
    for (const relay of alive) {
      relay.process.wake()
      this.#interrupt(relay)
    }
    const check: Effect.Effect<void> = Effect.suspend(() =>
      alive.every(isClosed) ? Effect.void : Effect.andThen(Effect.sleep(100), check)
    )
    return check
  })

  // Steps

  #step(step: Step, fiber: number): Effect.Effect<unknown> {
    switch (step._tag) {
      case "track":
        return this.#inService(fiber, (service) => this.#track(service, step, false))
      case "transaction":
        return this.#inService(fiber, (service) => this.#transaction(service, step))
      case "sleep":
        return Effect.sleep(step.millis)
      case "interrupt":
        return Effect.sync(() => {
          const doing = this.#doing[step.fiber]
          if (doing !== undefined) doing.process.later(() => doing.fiber.interruptUnsafe())
        })
      case "killService":
        return Effect.sync(() => {
          const process = this.#service?.process
          if (process === undefined || process.isDead) return
          if (!this.#restarting.has(process))
            process.onDeath(() =>
              this.#driver.fork(
                Effect.delay(
                  Effect.sync(() => this.#startService()),
                  step.restarts
                )
              )
            )
          this.#restarting.add(process)
          process.dieAfter(step.turns)
        })
      case "startRelay":
        return this.#unlessOperating(() => void this.#startRelay(step.inService, step.skew))
      case "killRelay":
        return this.#relayOf(step.relay, ({ isOwn, process }) => isOwn && process.dieAfter(step.turns))
      case "pauseRelay":
        return this.#relayOf(step.relay, ({ process }) => {
          process.pause()
          this.#driver.fork(
            Effect.delay(
              Effect.sync(() => process.wake()),
              step.millis
            )
          )
        })
      case "stopRelay":
        return this.#relayOf(step.relay, (relay) => relay.isOwn && this.#interrupt(relay))
      case "outage":
        return Effect.clockWith((clock) =>
          Effect.sync(() => {
            const { wrongKey } = step
            const until = clock.currentTimeMillisUnsafe() + step.millis
            this.#vendors[step.sink % this.#vendors.length]!.outage = { until, wrongKey }
          })
        )
      case "databaseFault":
        return Effect.sync(() => {
          this.#fault = { until: this.#timeline.now + step.millis, done: step.done, every: step.every }
        })
      case "add":
        return Effect.sync(() => void (this.#active[step.sink % this.#active.length] = true))
      case "replay":
        return this.#operate({ _tag: "replay", of: step.of, what: step.sink }, (store, sink) =>
          store.replay({ of: step.of, sink: this.#names[sink]! }).pipe(
            // It may not have started.
            Effect.catchIf(
              ({ transient }) => !transient,
              () => Effect.void
            )
          )
        )
      case "erase":
        return this.#operate({ _tag: "erase", what: step.user }, (store) => store.erase(`user-${step.user}`))
      case "sweep":
        return this.#operate({ _tag: "sweep", what: 0 }, (store) =>
          store.sweep({ messages: step.age, letters: step.age })
        )
      case "remove":
        return Effect.suspend(() => {
          const sink = step.sink % this.#active.length
          if (this.#active.every((is, index) => !is || index === sink)) return Effect.void
          this.#active[sink] = false
          return this.#exclusively({ _tag: "remove", what: sink }, (store) => store.remove(this.#names[sink]!))
        })
      case "rename":
        return this.#exclusively({ _tag: "rename", what: step.sink }, (store, sink) => {
          const name = this.#names[sink]!
          const next = name.endsWith("2") ? name.slice(0, -1) : `${name}2`
          this.#sinkOf.set(next, sink)
          return Effect.map(store.rename(name, next), () => void (this.#names[sink] = next))
        })
    }
  }

  #relayOf(index: number, does: (relay: RunningRelay) => unknown): Effect.Effect<void> {
    return Effect.sync(() => {
      const alive = this.#relays.filter(({ fiber, process }) => !process.isDead && fiber.pollUnsafe() === undefined)
      if (alive.length > 0) does(alive[index % alive.length]!)
    })
  }

  /** Does something when no operator needs the relays to stand still. */
  #unlessOperating(does: () => void): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#operating) return Effect.andThen(Effect.sleep(10), this.#unlessOperating(does))
      does()
      return Effect.void
    })
  }

  /** Somebody does something with the store, and tries again until it has worked. */
  #operate(
    what: Pick<Operated, "_tag" | "of" | "what">,
    run: (store: Store, sink: number) => Effect.Effect<unknown, OutboxError>
  ): Effect.Effect<void> {
    return Effect.suspend(() => {
      const operator = this.#process("operator")
      const { store } = this.#open(operator)
      const began = ++this.#turn
      let loggedBefore = 0
      const again: Effect.Effect<unknown> = Effect.suspend(() => {
        loggedBefore = this.#database.logged().length
        return run(store, what.what % this.#names.length)
      }).pipe(Effect.catch(() => Effect.andThen(Effect.sleep(1_000), again)))
      return Effect.andThen(
        operator.run(again),
        Effect.sync(() => {
          operator.kill()
          const sink = what._tag === "erase" ? what.what : what.what % this.#names.length
          const { length: logged } = this.#database.logged()
          this.history.operated.push({ ...what, what: sink, began, turn: ++this.#turn, loggedBefore, logged })
        })
      )
    })
  }

  /** The same, while no relay runs. */
  #exclusively(
    what: Pick<Operated, "_tag" | "what">,
    run: (store: Store, sink: number) => Effect.Effect<unknown, OutboxError>
  ): Effect.Effect<void> {
    return Effect.andThen(
      this.#unlessOperating(() => void (this.#operating = true)),
      Effect.ensuring(
        Effect.andThen(this.#stopRelays, this.#operate(what, run)),
        Effect.sync(() => void (this.#operating = false))
      )
    )
  }

  // What the service does

  /** Does something in the service's process, when it runs, until it is done or the process dies. */
  #inService(fiber: number, does: (service: Service) => Effect.Effect<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const service = this.#service
      if (service === undefined || service.process.isDead) {
        return Effect.andThen(Effect.sleep(100), this.#inService(fiber, does))
      }
      const { process } = service
      const effect = does(service).pipe(
        Effect.provideService(OutboxStore, service.store),
        Effect.provideService(SqlClient.SqlClient, service.sql)
      ) as Effect.Effect<unknown, unknown>
      return Effect.asVoid(process.run(effect, (started) => (this.#doing[fiber] = { process, fiber: started })))
    })
  }

  #track({ process, tracker }: Service, track: Track, inTransaction: boolean): Effect.Effect<Call> {
    return Effect.suspend(() => {
      const number = this.history.calls.length + 1
      const call: Call = { number, process, track, inTransaction, tracked: undefined, receipt: undefined }
      this.history.calls.push(call)
      const input = { line: { id: number, email: secret }, properties: { number } }
      const options = { messageId: idOf(number) }
      const tracked = track.ad ? tracker.track(Ad, input, options) : tracker.track(Plain, input, options)
      const { consents, user } = track
      const actor: Actor.Actor = {
        ...(user > 0 && { userId: `user-${user}` }),
        consent: consents === "all" ? "all" : new Set(consents === "analytics" ? ["analytics"] : [])
      }
      return Effect.map(Actor.as(tracked, actor), (given) => {
        call.tracked = given
        return call
      })
    })
  }

  #transaction(service: Service, { awaited, body, collects, ends }: TransactionStep): Effect.Effect<unknown, unknown> {
    const calls: Array<Call> = []
    const inTransaction = (collects: boolean, body: Effect.Effect<unknown, unknown>) =>
      collects ? Outbox.transaction(body) : service.sql.withTransaction(body)
    const within = (inner: Inner): Effect.Effect<unknown, unknown> => {
      switch (inner._tag) {
        case "sleep":
          return Effect.sleep(inner.millis)
        case "track":
          return Effect.flatMap(this.#track(service, inner, true), (call) => {
            calls.push(call)
            return service.sql`INSERT INTO orders (id) VALUES (${call.number})`
          })
        case "savepoint":
          return Effect.ignore(
            inTransaction(
              inner.collects,
              Effect.andThen(Effect.forEach(inner.body, within, { discard: true }), ending(inner.ends))
            ) as Effect.Effect<unknown, unknown>
          )
      }
    }
    const all = inTransaction(
      collects,
      Effect.andThen(Effect.forEach(body, within, { discard: true }), ending(ends))
    ) as Effect.Effect<unknown, unknown>
    const settled = Effect.exit(all)
    return awaited
      ? Effect.andThen(
          settled,
          Effect.forEach(calls, ({ tracked }) => tracked?.receipts ?? Effect.void, { discard: true })
        )
      : all
  }

  /** Reads the receipt of a message of a process, which is there by now or never. */
  #read(call: Call, process: Process): void {
    if (call.process !== process || call.tracked === undefined || call.receipt !== undefined) return
    const exit = Effect.runFork(call.tracked.receipts).pollUnsafe()
    if (exit !== undefined && Exit.isSuccess(exit)) call.receipt = exit.value[0]
  }
}

/** Runs an operation and writes it down in one step. */
const recorded = <A>(run: Effect.Effect<A, OutboxError>, record: (a: A) => void): Effect.Effect<A, OutboxError> =>
  Effect.provideService(
    Effect.map(run, (a) => {
      record(a)
      return a
    }),
    Scheduler.PreventSchedulerYield,
    true
  )

const ending = (ends: TransactionStep["ends"]): Effect.Effect<void, Failure> => {
  if (ends === "commits") return Effect.void
  return ends === "fails" ? Effect.fail({ _tag: "Failure" }) : Effect.die("died")
}
