import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { type InvalidRow, MissingRow } from "../../RowError.ts"
import { bind } from "../base/asyncContext.ts"
import * as callback from "../base/callback.ts"
import { absent, mismatch } from "../base/codec.ts"
import { fromThrown, invalidRow, isArray, isRow, rejected, unanswered } from "../base/fault.ts"
import { comesLater, from } from "../base/userFunction.ts"
import type { ManyNode, Node, OneNode } from "../definition/model.ts"
import * as absence from "./absence.ts"
import * as batches from "../load/batch.ts"
import type { Batch, LoadedRows, LookupImpl, RowSource, Waiter } from "../load/model.ts"
import * as storedKey from "../load/storedKey.ts"
import type { NodeValues, Program, Reading, RowValues, Valuer, Values } from "./model.ts"
import { rowFailure } from "./pending.ts"
import * as reader from "./reader.ts"
import * as record from "./record.ts"
import type { Tolerance } from "./tolerance.ts"
import { outcomeOf } from "./trace.ts"
import { unresolved } from "./unresolved.ts"
import { aggregateOne, readerOf } from "./walk.ts"

type ValuesEffect = Effect.Effect<Values, unknown, any>

/**
 * Values a row. It reads the row and all synchronous values when it is called, and asynchronous values when they arrive. The result is an Exit
 * if nothing is asynchronous; otherwise run it once: it joins the batches of all rows that are valued at the same time.
 *
 * It is separate from the walk of many rows (`walk.ts`) because a single row needs no array per node and no Effect per relation, and
 * continues as soon as its own related row has arrived. The tests run both through `test/paths.ts`, and require the same values.
 */
export const value = (valuer: Valuer, row: unknown, tolerance?: Tolerance): ValuesEffect => {
  const run = new Run(valuer, tolerance)
  run.begin(row)
  return run.end ?? run
}

/** Most rows have no computed attributes. */
const none: ReadonlyArray<never> = []

/** One row whose values are being computed. */
class Run extends callback.Callback<Values, unknown> implements Reading {
  readonly valuer: Valuer
  readonly tolerance: Tolerance | undefined
  invalid = false
  /** By node. */
  readonly values: Array<NodeValues | undefined>
  /** Its waits, including finished ones. None starts before `context` is known. */
  waits: ReadonlyArray<Wait> = none
  started = 0
  waiting = 0
  context: Context.Context<never> | undefined = undefined
  /** The end of the run. */
  end: ValuesEffect | undefined = undefined
  onExit: ((exit: Exit.Exit<Values, unknown>) => void) | undefined = undefined
  /** Called when nothing is left to wait for. */
  done: (() => void) | undefined = undefined

  constructor(valuer: Valuer, tolerance: Tolerance | undefined) {
    super()
    this.valuer = valuer
    this.tolerance = tolerance
    this.values = new Array<NodeValues | undefined>(valuer.program.layout.nodes.length)
  }

  get program(): Program {
    return this.valuer.program
  }
  get name(): string {
    return this.program.entity.name
  }

  override register(context: Context.Context<never>, onExit: (exit: Exit.Exit<Values, unknown>) => void): void {
    this.onExit = onExit
    this.context = context
    this.proceed()
    if (this.end === undefined && this.tolerance !== undefined) this.done = this.waitUntilGivenUp(this.tolerance)
  }

  /** It continues in its own asynchronous context, not in that of a timer or of the code that closes the tracker. */
  waitUntilGivenUp(tolerance: Tolerance): () => void {
    const own = bind((reason: string) => this.giveUp(reason))
    const done = tolerance.waitFor(own.call)
    return () => {
      done()
      own.release()
    }
  }

  /** Starts the next waits, and ends if none is left. */
  proceed(): void {
    try {
      if (this.context !== undefined) this.start(this.context)
      if (this.waiting === 0 && this.end === undefined) this.finish(Exit.succeed(this.write()))
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  fail(thrown: unknown): void {
    this.finish(rowFailure(thrown))
  }

  start(context: Context.Context<never>): void {
    while (this.started < this.waits.length && this.end === undefined) this.waits[this.started++]!.start(context)
  }

  begin(row: unknown): void {
    try {
      if (isRow(row)) this.enter(this.program.layout.root, row)
      else this.wrong(invalidRow(this.name, this.name, "a row", row), false)
    } catch (thrown) {
      return this.fail(thrown)
    }
    this.proceed()
  }

  /** An error ends the run, or is reported and its part omitted. */
  wrong(error: InvalidRow | MissingRow, resolving: boolean): void {
    if (this.tolerance === undefined) throw error
    this.tolerance.add(error, resolving)
  }

  write(): Values {
    return record.make(this.program, this.values, 0, this.valuer.place, this)
  }

  /** Reads a row, and continues with its relations. */
  enter(node: OneNode, row: object): void {
    const computed = node.computed.length === 0 ? none : this.compute(node, row)
    this.values[node.id] = readerOf(this.program, node)(row, computed, this)
    for (const child of node.children) {
      const { via } = child.relation!
      if ("lookup" in via) this.lookUp(child, via.lookup, row)
      else this.resolve(child, via.resolve, row)
    }
  }

  resolve(node: Node, f: (row: any) => unknown, row: object): void {
    const since = this.tolerance?.trace?.now
    const what = node._tag === "One" ? "a related row" : "an array of rows"
    const answer = this.ask(node.path, what, f, row, (found) => {
      this.traceResolution(node, found, since)
      this.take(node, found, undefined)
    })
    if (answer === later) return
    this.traceResolution(node, answer, since)
    this.take(node, answer, undefined)
  }

  /** Reports to observers how a relation was resolved. */
  traceResolution(node: Node, row: unknown, since: number | undefined, wait?: LookupWait): void {
    if (since === undefined) return
    this.tolerance!.trace!.ended(node.path, outcomeOf(row), since, wait?.batch, wait === undefined ? [] : [wait.id])
  }

  /** Calls a user's function. Returns `later` if its answer is asynchronous (`arrived` then receives it), and `unresolved` if it fails. */
  ask(path: string, what: string, f: (row: any) => unknown, row: object, arrived: (answer: unknown) => void): unknown {
    const { answers } = this.program
    let answer: unknown
    try {
      answer = answers.ask(f, row)
      // Checking the result may throw, too.
      if (!comesLater(answer)) return answer
    } catch (thrown) {
      this.wrong(fromThrown(this.name, path, what, thrown), true)
      return unresolved
    }
    answers.later = true
    const effect = from(answer, (cause) => rejected(path, cause))
    this.wait(new EffectWait(this, path, what, effect, arrived))
    return later
  }

  wait(wait: Wait): void {
    // An array that grows by a push grows by seventeen.
    if (this.waits === none) this.waits = [wait]
    else (this.waits as Array<Wait>).push(wait)
    this.waiting++
  }

  compute(node: OneNode, row: object): ReadonlyArray<unknown> {
    const values: Array<unknown> = []
    for (const index of node.computed) {
      const field = node.entity.fields[index]!
      if (!("compute" in field.source)) continue
      const path = `${node.path}.${field.name}`
      const value = this.ask(path, field.codec.expected, field.source.compute, row, (arrived) => {
        if (arrived === unresolved) return
        ;(this.values[node.id] as RowValues)[node.keys[index]!] = reader.encoded(
          field,
          arrived,
          this.program.checked,
          this
        )
      })
      values[index] = value === unresolved || value === later ? absent : value
    }
    return values
  }

  lookUp(node: Node, lookup: LookupImpl, row: object): void {
    const since = this.tolerance?.trace?.now
    const { source } = lookup.loader
    let key: unknown
    let id: unknown
    let json: storedKey.StoredKey | undefined
    try {
      key = lookup.key(row)
      if (comesLater(key)) mismatch("a key that is there at once", key)
      if (key !== null && key !== undefined) {
        id = source.idOf(key)
        if (this.tolerance?.later !== undefined) json = storedKey.encode(key)
      }
    } catch (thrown) {
      this.wrong(fromThrown(this.name, node.path, "a key", thrown), true)
      return this.traceResolution(node, unresolved, since)
    }
    if (key !== null && key !== undefined) {
      if (json !== undefined) this.tolerance!.later!.push({ relation: node.path, at: "", key: json })
      else this.wait(new LookupWait(this, node, source, id, key, since))
      return
    }
    this.traceResolution(node, key, since)
    this.take(node, source.many ? [] : undefined, key)
  }

  /** Accepts the result of a relation: a row, its absence, or the rows of a to-many relation. */
  take(node: Node, found: unknown, key: unknown): void {
    if (found === unresolved) return
    if (node._tag === "Many") this.aggregate(node, found)
    else if (found === undefined || found === null) {
      const { required, via } = node.relation!
      if (!("lookup" in via)) {
        const error = absence.errorOf(this.name, node, node.path, found)
        if (error !== undefined) this.wrong(error, true)
      } else if (required) this.wrong(new MissingRow({ path: node.path, key: key ?? null }), true)
    } else if (typeof found === "object" && !isArray(found)) this.enter(node, found)
    else this.wrong(invalidRow(this.name, node.path, "a row or nothing", found), true)
  }

  aggregate(node: ManyNode, rows: unknown): void {
    if (!isArray(rows)) return this.wrong(invalidRow(this.name, node.path, "an array of rows", rows), true)
    const [values, pending] = aggregateOne(this.program, node, rows, this.valuer.place, this.tolerance)
    const take = (): void => void (this.values[node.id] = values())
    if (pending === undefined) return take()
    this.wait(new EffectWait(this, node.path, "an array of rows", pending, take, false))
  }

  /** Continues without the results that it waits for. */
  giveUp(reason: string): void {
    for (const wait of this.waits) {
      if (!wait.settled && wait.patient) this.leaveNow(wait, Exit.fail(unanswered(wait.path, reason)))
    }
  }

  leaveNow(wait: Wait, exit: Exit.Exit<never, unknown>): void {
    const leave = wait.leave()
    this.settle(wait, exit)
    Effect.runForkWith(this.context!)(leave)
  }

  /** Handles the end of a wait. A result may still arrive after the wait was given up. */
  settle(wait: Wait, exit: Exit.Exit<any, unknown>): void {
    if (wait.settled) return
    wait.settled = true
    this.waiting--
    if (this.end !== undefined) return
    if (Exit.isFailure(exit) && (this.tolerance === undefined || Cause.hasInterruptsOnly(exit.cause)))
      return this.finish(Exit.failCause(exit.cause))
    try {
      if (Exit.isSuccess(exit)) wait.take(exit.value)
      else {
        this.tolerance!.failed(wait.path, wait.what, exit.cause)
        wait.fail()
      }
    } catch (thrown) {
      return this.fail(thrown)
    }
    this.proceed()
  }

  finish(end: ValuesEffect): void {
    if (this.end !== undefined) return
    this.end = this.waiting === 0 ? end : Effect.andThen(this.leaveAll(), end)
    this.done?.()
    if (this.onExit !== undefined) callback.run(this.end, this.context!, this.onExit)
  }

  /** Ends without a result, because nobody waits for it any longer. */
  override leave(): Effect.Effect<void> {
    this.end ??= Effect.interrupt
    this.done?.()
    return this.leaveAll()
  }

  leaveAll(): Effect.Effect<void> {
    const waits = this.waits.slice(0, this.started).filter(({ settled }) => !settled)
    // It leaves each once.
    for (const wait of waits) wait.settled = true
    return Effect.all(
      waits.map((wait) => wait.leave()),
      { discard: true }
    )
  }
}

/** The placeholder for an asynchronous answer. */
const later = Symbol("later")

/** One thing that a run waits for. */
interface Wait {
  readonly path: string
  readonly what: string
  /** Whether it waits until the run gives up. Waits that value their own rows give up themselves. */
  readonly patient: boolean
  settled: boolean
  readonly start: (context: Context.Context<never>) => void
  /** Handles the result. */
  readonly take: (value: any) => void
  /** Goes on without it. */
  readonly fail: () => void
  readonly leave: () => Effect.Effect<void>
}

/** A run's place in a batch. */
class LookupWait implements Wait, Waiter {
  readonly run: Run
  readonly node: Node
  readonly source: RowSource
  readonly id: unknown
  readonly key: unknown
  /** The time of the request, if there are observers. */
  readonly since: number | undefined
  batch: Batch | undefined = undefined
  settled = false

  constructor(run: Run, node: Node, source: RowSource, id: unknown, key: unknown, since: number | undefined) {
    this.run = run
    this.node = node
    this.id = id
    this.key = key
    this.source = source
    this.since = since
  }

  get path(): string {
    return this.node.path
  }
  get what(): string {
    return "a related row"
  }
  /** It only reads the row. */
  get isPlain(): boolean {
    const { node, run } = this
    return (
      run.tolerance === undefined && node._tag === "One" && node.children.length === 0 && node.computed.length === 0
    )
  }
  get patient(): boolean {
    return true
  }

  start(context: Context.Context<never>): void {
    try {
      this.batch = batches.join(this.source, context, this)
      batches.add(this.batch, this.id, this.key)
    } catch (thrown) {
      this.run.settle(this, Exit.die(thrown))
    }
  }

  wants(keys: ReadonlyMap<unknown, unknown>): boolean {
    return keys.has(this.id)
  }

  settle(exit: Exit.Exit<LoadedRows, unknown>): void {
    this.run.settle(this, exit)
  }

  take(found: LoadedRows): void {
    const row = found.get(this.id) ?? (this.source.many ? [] : undefined)
    this.run.traceResolution(this.node, row, this.since, this)
    this.run.take(this.node, row, this.key)
  }

  fail(): void {
    this.run.traceResolution(this.node, unresolved, this.since, this)
  }

  leave(): Effect.Effect<void> {
    return this.batch === undefined ? Effect.void : batches.leave(this.batch)
  }
}

/** A wait for an Effect, in its own fiber, because it may ignore the interruption. */
class EffectWait implements Wait {
  readonly run: Run
  readonly path: string
  readonly what: string
  readonly effect: Effect.Effect<any, any, any>
  readonly take: (value: any) => void
  readonly patient: boolean
  fiber: Fiber.Fiber<any, any> | undefined = undefined
  settled = false

  constructor(
    run: Run,
    path: string,
    what: string,
    effect: Effect.Effect<any, any, any>,
    take: (value: any) => void,
    patient = true
  ) {
    this.run = run
    this.path = path
    this.what = what
    this.effect = effect
    this.take = take
    this.patient = patient
  }

  start(context: Context.Context<never>): void {
    this.fiber = Effect.runForkWith(context as Context.Context<any>)(this.effect)
    this.fiber.addObserver((exit) => this.run.settle(this, exit))
  }

  fail(): void {
    this.take(unresolved)
  }

  leave(): Effect.Effect<void> {
    return this.fiber === undefined ? Effect.void : Effect.asVoid(Fiber.interrupt(this.fiber))
  }
}
