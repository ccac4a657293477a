import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as EffectRandom from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Actor, EventSink, Tracker } from "../../src/index.ts"
import { actor, call as makeCall } from "./calls.ts"
import * as events from "./events.ts"
import type { Call, Flush, History, Moment, Observed, Waited } from "./history.ts"
import type { Program, Step, TrackStep } from "./program.ts"
import * as random from "./random.ts"
import { Endless } from "./simulation.ts"
import { build } from "./sinks.ts"
import { Timeline } from "./timeline.ts"

/** More turns than any program takes that ends. */
const mostTurns = 100_000

/** Runs a program from its start until nothing more can happen. */
export const run = (program: Program): History => new World(program).run()

export class World {
  readonly history: History
  readonly #program: Program
  readonly #timeline: Timeline
  readonly #random: random.Random
  readonly #context: Context.Context<never>
  readonly #scope = Scope.makeUnsafe()
  /** What each fiber of the program does at the moment. */
  readonly #doing: Array<
    { readonly fiber: Fiber.Fiber<unknown, unknown>; readonly interrupted: () => void } | undefined
  >
  readonly #trackeds = new Map<Call, Tracker.Tracked>()
  /** Fibers that wait for the receipts of a message that may be held. */
  readonly #awaits = new Set<number>()
  #tracker: Tracker.Service | undefined
  #slowly: Fiber.Fiber<void> | undefined
  #turn = 0
  #fibers = 0

  constructor(program: Program) {
    const { seed, yields } = program.turns
    this.#program = program
    this.#random = random.make(seed)
    this.#timeline = new Timeline(seed === 0 ? undefined : this.#random, yields)
    this.#doing = program.fibers.map(() => undefined)
    this.history = {
      program,
      sent: [],
      calls: [],
      mapped: [],
      receipts: [],
      read: undefined,
      observed: undefined,
      flushes: [],
      releases: [],
      close: {
        began: { turn: Number.POSITIVE_INFINITY, at: Number.POSITIVE_INFINITY },
        ended: undefined,
        interrupted: false
      },
      hung: new Set(),
      jumps: 0,
      seen: [],
      metrics: [],
      counted: new Map(),
      gauges: 0,
      left: { fibers: 0, timers: 0 },
      elapsed: 0,
      turns: 0
    }
    this.#context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, this.#timeline.scheduler),
      Context.add(Clock.Clock, this.#timeline.clock),
      Context.add(EffectRandom.Random, {
        nextDoubleUnsafe: () => this.#random.next(),
        nextIntUnsafe: () => this.#random.between(0, 0x7fffffff)
      }),
      Context.add(Logger.CurrentLoggers, new Set()),
      Context.add(Metric.MetricRegistry, new Map()),
      Context.add(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => void this.#fibers++,
        recordFiberEnd: () => void this.#fibers--
      })
    )
  }

  moment(): Moment {
    return { turn: ++this.#turn, at: this.#timeline.now }
  }

  /** Never goes on, which the laws know of. */
  hangs(who: string): Effect.Effect<never> {
    return Effect.suspend(() => {
      this.history.hung.add(who)
      return Effect.never
    })
  }

  run(): History {
    const { history } = this
    const program = this.#start()
    this.#turnsUntil(() => program.every((fiber) => fiber.pollUnsafe() !== undefined))
    if (this.#program.settles) this.#turnsUntil(() => false)
    this.#idle(program)
    const closing = this.#fork(this.#close)
    this.#turnsUntil(() => closing.pollUnsafe() !== undefined)
    this.#turnsUntil(() => program.every((fiber) => fiber.pollUnsafe() !== undefined))
    for (const [index, fiber] of program.entries()) {
      if (fiber.pollUnsafe() !== undefined) continue
      if (!this.#isHeldUp(index)) this.#saw("nobody is left waiting", `fiber ${index} waits after the close`)
      fiber.interruptUnsafe()
    }
    if (this.#slowly !== undefined) this.#turnsUntil(() => this.#slowly!.pollUnsafe() !== undefined)
    this.#settle()
    history.left = { fibers: this.#fibers, timers: this.#timeline.pending }
    history.elapsed = this.#timeline.now
    history.turns = this.#timeline.turns
    history.metrics = Effect.runSync(this.#tracker!.metrics)
    this.#count()
    for (const call of history.calls) this.#read(call)
    return history
  }

  /** Starts the tracker, and then the fibers of the program. */
  #start(): ReadonlyArray<Fiber.Fiber<unknown>> {
    const { fibers, sinks, tracker } = this.#program
    const { capacity, closeWithin, concurrency, hold, validation, waitWithin, whenFull } = tracker
    const made = this.#fork(
      Tracker.make(EventSink.fanOut(...sinks.map((setup) => build(this, setup))), {
        plan: events.plan,
        capacity,
        whenFull,
        waitWithin,
        concurrency,
        validation,
        closeWithin,
        withoutConsent: hold === 0 ? "skip" : { hold }
      }).pipe(Scope.provide(this.#scope))
    )
    while (made.pollUnsafe() === undefined && (this.#timeline.step() || this.#timeline.advance()));
    const exit = made.pollUnsafe()
    if (exit === undefined || Exit.isFailure(exit)) throw new Error(`the tracker does not start: ${String(exit)}`)
    this.#tracker = exit.value
    // It reads as they come, so that what a law finds missing was never there.
    const reading = Stream.runForEach(exit.value.receipts, (receipt) =>
      Effect.sync(() => void this.history.receipts.push({ ...this.moment(), receipt }))
    )
    this.#fork(Effect.provideService(reading, Scheduler.PreventSchedulerYield, true))
    if (tracker.readsIn !== undefined) this.#slowly = this.#fork(this.#readSlowly(exit.value, tracker.readsIn))
    if (tracker.observed === true) this.#fork(Scope.provide(this.#observe(exit.value), this.#scope))
    while (this.#timeline.step());
    return fibers.map((steps, index) =>
      this.#fork(Effect.forEach(steps, (step) => this.#step(step, index), { discard: true }))
    )
  }

  #observe(tracker: Tracker.Service): Effect.Effect<void, never, Scope.Scope> {
    const observed: Array<Observed> = (this.history.observed = [])
    return tracker.observe({
      observe: () => {
        const one: Observed = { messageId: undefined, attempts: [], receipts: [] }
        return {
          resolved: () => {},
          tracked: ({ messageId }) => {
            one.messageId = messageId
            observed.push(one)
          },
          sent: ({ sink }) => void one.attempts.push(sink),
          received: (receipt) => void one.receipts.push(receipt)
        }
      }
    })
  }

  #readSlowly({ receipts }: Tracker.Service, millis: number): Effect.Effect<void> {
    const read: Array<string> = (this.history.read = [])
    return Stream.runForEach(receipts, ({ messageId, sink }) =>
      Effect.andThen(
        Effect.sleep(millis),
        Effect.sync(() => void read.push(`${messageId} ${sink}`))
      )
    )
  }

  #fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.#context)(effect)
  }

  /** Goes on until something is done, or nothing more can happen. */
  #turnsUntil(done: () => boolean): void {
    while (!done()) {
      if (!this.#turnOnce() && !this.#timeline.advance()) return
    }
  }

  #turnOnce(): boolean {
    const went = this.#timeline.step()
    if (went) this.#look()
    if (this.#timeline.turns > mostTurns) throw new Endless(mostTurns)
    return went
  }

  /** What must hold at every moment. */
  #look(): void {
    for (const { buffered, sink } of Effect.runSync(this.#tracker!.metrics)) {
      const bound = this.capacityOf(sink)
      if (buffered > bound) this.#saw("the buffer is bounded", `${sink} holds ${buffered} messages of ${bound}`)
    }
  }

  capacityOf(name: string): number {
    const { sinks, tracker } = this.#program
    return sinks.find((sink) => sink.name === name)!.buffer?.capacity ?? tracker.capacity
  }

  /** Where nothing can happen any more by itself and nothing hangs, nobody may be waiting. */
  #idle(program: ReadonlyArray<Fiber.Fiber<unknown>>): void {
    if (!this.#timeline.isIdle || this.#timeline.pending > 0 || this.history.hung.size > 0) return
    const waiting = program.findIndex((fiber, index) => fiber.pollUnsafe() === undefined && !this.#awaits.has(index))
    if (waiting >= 0) this.#saw("nobody is left waiting", `fiber ${waiting} waits, though nothing hangs`)
  }

  /** Whether what a fiber does hangs by itself, and not in the tracker. */
  #isHeldUp(fiber: number): boolean {
    const call = this.history.calls.findLast((call) => call.fiber === fiber)
    return (
      call !== undefined &&
      call.ended === undefined &&
      "relation" in call.step.what &&
      call.step.what.relation === "hangs"
    )
  }

  /** After the close, time passes only for what could not be interrupted. */
  #settle(): void {
    const { sent } = this.history
    for (;;) {
      if (this.#turnOnce()) continue
      if (sent.every(({ ended }) => ended !== undefined) || !this.#timeline.advance()) return
    }
  }

  #saw(law: string, detail: string): void {
    this.history.seen.push({ law, detail })
  }

  #step(step: Step, index: number): Effect.Effect<unknown> {
    switch (step._tag) {
      case "track":
        return Effect.suspend(() => this.#track(step, index))
      case "flush":
        return Effect.suspend(() => {
          let flush: Flush | undefined
          const flushed = Effect.map(this.#tracker!.flushWithin(step.within ?? Infinity), (flushed) => {
            flush!.flushed = flushed
          })
          return this.#waited(index, flushed, (waited) => {
            flush = Object.assign(waited, { step, flushed: undefined })
            this.history.flushes.push(flush)
          })
        })
      case "sleep":
        return Effect.sleep(step.millis)
      case "interrupt":
        return Effect.sync(() => {
          const doing = this.#doing[step.fiber]
          if (doing === undefined || doing.fiber.pollUnsafe() !== undefined) return
          doing.interrupted()
          doing.fiber.interruptUnsafe()
        })
      case "release":
        return this.#waited(index, Actor.as(this.#tracker!.release, actor(step.user, step.consents)), (waited) =>
          this.history.releases.push(Object.assign(waited, { step }))
        )
      case "jump":
        return Effect.sync(() => {
          this.history.jumps++
          this.#timeline.jump(step.millis)
        })
      case "close":
        return this.#close
    }
  }

  readonly #close: Effect.Effect<void> = Effect.suspend(() => {
    const { close } = this.history
    if (close.began.turn !== Number.POSITIVE_INFINITY) return Effect.void
    Object.assign(close, { began: this.moment() })
    return Effect.onExit(Scope.close(this.#scope, Exit.void), (exit) =>
      Effect.sync(() => {
        close.ended = this.moment()
        if (Exit.isFailure(exit)) this.#saw("closing does not fail", String(exit.cause))
      })
    )
  })

  /** Does something in a fiber that others can interrupt. */
  #interruptibly<A, E>(
    index: number,
    effect: Effect.Effect<A, E>,
    interrupted: () => void
  ): Effect.Effect<Exit.Exit<A, E>> {
    // At once, so that it can go on from within what had it wait before; or when its turn comes.
    const startImmediately = this.#program.turns.seed === 0 || this.#random.chance(0.5)
    return Effect.flatMap(Effect.forkChild(effect, { startImmediately }), (fiber) => {
      this.#doing[index] = { fiber, interrupted }
      return Fiber.await(fiber)
    })
  }

  #waited(index: number, effect: Effect.Effect<void>, log: (waited: Waited) => void): Effect.Effect<unknown> {
    return Effect.suspend(() => {
      const waited: Waited = { began: this.moment(), ended: undefined, interrupted: false }
      log(waited)
      const done = Effect.andThen(
        effect,
        Effect.sync(() => void (waited.ended = this.moment()))
      )
      return this.#interruptibly(index, done, () => (waited.interrupted = true))
    })
  }

  #track(step: TrackStep, fiber: number): Effect.Effect<unknown> {
    const { history } = this
    const number = history.calls.length + 1
    let tracked: Tracker.Tracked | undefined
    const call: Call = {
      number,
      fiber,
      step,
      began: this.moment(),
      interrupted: false,
      ended: undefined,
      failure: undefined,
      died: false,
      messageId: undefined,
      receipts: undefined
    }
    history.calls.push(call)
    const tracking = Effect.suspend(() => makeCall(this.#tracker!, step, number, (who) => this.hangs(who))).pipe(
      Actor.as(actor(step.user, step.consents)),
      Effect.map((given) => {
        tracked = given
        this.#trackeds.set(call, given)
        call.messageId = given.messageId
        call.ended = this.moment()
      })
    )
    const doing = this.#interruptibly(fiber, tracking, () => (call.interrupted = true))
    return Effect.flatMap(doing, (exit) => {
      call.ended ??= this.moment()
      if (Exit.isFailure(exit)) {
        const [reason] = exit.cause.reasons
        call.died = reason?._tag === "Die"
        if (reason?._tag !== "Interrupt" || !call.interrupted) call.failure = String(exit.cause)
        return Effect.void
      }
      if (!step.awaited) return Effect.void
      // What is held may wait for a consent that never comes.
      if (this.#program.tracker.hold > 0) this.#awaits.add(fiber)
      return Effect.andThen(
        this.#interruptibly(fiber, tracked!.receipts, () => {}),
        Effect.sync(() => this.#awaits.delete(fiber))
      )
    })
  }

  /** Reads the receipts of a message, which are all there by now or never. */
  #read(call: Call): void {
    const tracked = this.#trackeds.get(call)
    if (tracked === undefined) return
    const exit = Effect.runFork(tracked.receipts).pollUnsafe()
    if (exit !== undefined && Exit.isSuccess(exit)) call.receipts = exit.value
  }

  #count(): void {
    const counted = new Map<string, number>()
    for (const { attributes, id, state } of Metric.snapshotUnsafe(this.#context)) {
      if (id === "trackmap.messages") {
        counted.set(
          `${attributes?.["trackmap.sink"]} ${attributes?.["trackmap.outcome"]}`,
          (state as { readonly count: number }).count
        )
      }
      if (id.startsWith("trackmap.buffer")) this.history.gauges++
    }
    this.history.counted = counted
  }
}
