import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { InvalidRow, MissingRow } from "../../RowError.ts"
import { comesLater } from "../base/userFunction.ts"
import { absent } from "../base/codec.ts"
import { fromThrown, invalidRow, isArray, unanswered } from "../base/fault.ts"
import type { ManyNode, OneNode } from "../definition/model.ts"
import * as absence from "./absence.ts"
import * as batches from "../load/batch.ts"
import type { Batch, LoadedRows, LookupImpl, Waiter } from "../load/model.ts"
import type { Program, OneRow, Values } from "./model.ts"
import type { Tolerance } from "./tolerance.ts"
import { outcomeOf } from "./trace.ts"
import { unresolved } from "./unresolved.ts"
import { manyNow } from "./walk.ts"

type Resume = (effect: Effect.Effect<Values, unknown, any>) => void

/** Whether rows of a program can be valued so: it has loaders, and none of them for a to-many relation. */
export const fits = (program: Program): boolean =>
  program.loads &&
  program.layout.nodes.every(
    (node) =>
      node._tag === "One" || !("lookup" in node.relation.via || program.many.get(node)!.records?.program.loads === true)
  )

/**
 * Values a row. It joins the batches of all rows that are valued at the same time.
 *
 * It is separate from the walk of many rows (`walk.ts`) because a single row needs no array per node and no Effect per relation, and
 * continues as soon as its own related row has arrived. The tests run both through `test/paths.ts`, and require the same values.
 */
export const value = (oneRow: OneRow, row: unknown, tolerance?: Tolerance): Effect.Effect<Values, unknown, any> =>
  Effect.callback((resume) => {
    const run = new Run(oneRow, row, tolerance, resume)
    run.proceed(undefined, undefined)
    if (run.ended) return undefined
    run.done = tolerance?.waitFor((reason) => run.giveUp(reason))
    return Effect.suspend(() => run.leave())
  })

/** Thrown if a resolver is asynchronous. */
const answersLater = Symbol("answersLater")

/** Most runs have no computed attributes. */
const none: Array<Array<unknown> | undefined> = []

/** One row on its way to its values. */
class Run {
  readonly oneRow: OneRow
  readonly row: unknown
  readonly tolerance: Tolerance | undefined
  readonly resume: Resume
  readonly fiber: Fiber.Fiber<any, any> = Fiber.getCurrent()!
  readonly related: Array<unknown>
  computed: Array<Array<unknown> | undefined> = none
  /** The last of the batches that this run has joined. */
  joined: Wait | undefined = undefined
  waiting = 0
  ended = false
  /** Called when nothing is left to wait for. */
  done: (() => void) | undefined = undefined

  constructor(oneRow: OneRow, row: unknown, tolerance: Tolerance | undefined, resume: Resume) {
    const { length } = oneRow.program.layout.nodes
    this.oneRow = oneRow
    this.row = row
    this.tolerance = tolerance
    this.resume = resume
    this.related = new Array<unknown>(length)
  }

  /** Continues from the start, or with a batch's rows, and ends if nothing is left to wait for. */
  proceed(wait: Wait | undefined, found: LoadedRows | undefined): void {
    try {
      if (wait === undefined) this.begin()
      else if (found !== undefined) {
        const row = found.get(wait.id)
        this.traceResolution(wait.node, row, wait.since, wait)
        this.take(wait.node, row, wait.key)
      }
      if (this.waiting === 0) this.end(Exit.succeed(this.write()))
    } catch (thrown) {
      this.stop(thrown)
    }
  }

  begin(): void {
    const { program } = this.oneRow
    if (typeof this.row === "object" && this.row !== null && !isArray(this.row))
      this.enter(program.layout.root, this.row)
    else this.wrong(invalidRow(program.entity.name, program.entity.name, "a row", this.row), false)
  }

  /** An error ends the run, or is reported and its part omitted. */
  wrong(error: InvalidRow | MissingRow, resolving: boolean): void {
    if (this.tolerance === undefined) throw error
    this.tolerance.add(error, resolving)
  }

  write(): Values {
    const { computed, oneRow, related, tolerance } = this
    if (tolerance === undefined) return oneRow.write(related, computed)
    if (tolerance.found.length === 0) {
      try {
        return oneRow.write(related, computed)
      } catch (thrown) {
        if (!(thrown instanceof InvalidRow)) throw thrown
      }
    }
    return oneRow.tolerant(related, computed, tolerance)
  }

  enter(node: OneNode, row: object): void {
    this.related[node.id] = row
    if (node.computed.length > 0) this.compute(node, row)
    for (const child of node.children) {
      const { via } = child.relation!
      if (child._tag === "Many") this.related[child.id] = this.aggregate(child, row)
      else if ("lookup" in via) this.ask(child, via.lookup, row)
      else {
        const since = this.tolerance?.trace?.now
        const answer = this.call(child.path, "a related row", via.resolve, row)
        this.traceResolution(child, answer, since)
        this.take(child, answer, undefined)
      }
    }
  }

  /** Reports to observers how a relation was resolved. */
  traceResolution(node: OneNode, row: unknown, since: number | undefined, wait?: Wait): void {
    if (since === undefined) return
    this.tolerance!.trace!.ended(node.path, outcomeOf(row), since, wait?.batch, wait === undefined ? [] : [wait.id])
  }

  /** Calls a user's function, which must be synchronous. */
  call(path: string, what: string, f: (row: any) => unknown, row: object): unknown {
    let answer: unknown
    let later: boolean
    try {
      answer = f(row)
      // Checking the result may throw, too.
      later = comesLater(answer)
    } catch (thrown) {
      this.wrong(fromThrown(this.oneRow.program.entity.name, path, what, thrown), true)
      return unresolved
    }
    if (later) throw answersLater
    return answer
  }

  compute(node: OneNode, row: object): void {
    const values: Array<unknown> = []
    for (const index of node.computed) {
      const { codec, name, source } = node.entity.fields[index]!
      if ("compute" in source) {
        const value = this.call(`${node.path}.${name}`, codec.expected, source.compute, row)
        values[index] = value === unresolved ? absent : value
      }
    }
    if (this.computed === none) this.computed = []
    this.computed[node.id] = values
  }

  aggregate(node: ManyNode, row: object): ReadonlyArray<unknown> {
    const values = manyNow(this.oneRow.program, node, row, this.oneRow.place, this.tolerance)
    if (values === undefined) throw answersLater
    return values
  }

  ask(node: OneNode, lookup: LookupImpl, row: object): void {
    const since = this.tolerance?.trace?.now
    const key = this.call(node.path, "a key", lookup.key, row)
    if (key === unresolved || key === null || key === undefined) {
      this.traceResolution(node, key, since)
      return key === unresolved ? undefined : this.take(node, undefined, key)
    }
    const { source } = lookup.loader
    let id: unknown
    try {
      id = source.idOf(key)
    } catch (thrown) {
      this.wrong(fromThrown(this.oneRow.program.entity.name, node.path, "a key", thrown), true)
      return this.traceResolution(node, unresolved, since)
    }
    const wait = new Wait(this, node, id, key, since)
    try {
      wait.batch = batches.join(source, this.fiber, wait)
    } catch (thrown) {
      if (this.tolerance === undefined) throw thrown
      this.tolerance.failed(node.path, "a related row", Cause.die(thrown))
      return this.traceResolution(node, unresolved, since)
    }
    batches.add(wait.batch, id, key)
    this.joined = wait
    this.waiting++
  }

  /** Takes the related row of a to-one relation, or its absence. */
  take(node: OneNode, row: unknown, key: unknown): void {
    if (row === unresolved) return
    if (row === undefined || row === null) {
      const { required, via } = node.relation!
      if (!("lookup" in via)) {
        const error = absence.errorOf(this.oneRow.program.entity.name, node, node.path, row)
        if (error !== undefined) this.wrong(error, true)
      } else if (required) this.wrong(new MissingRow({ path: node.path, key: key ?? null }), true)
    } else if (typeof row === "object" && !isArray(row)) this.enter(node, row)
    else this.wrong(invalidRow(this.oneRow.program.entity.name, node.path, "a row or nothing", row), true)
  }

  stop(thrown: unknown): void {
    if (thrown === answersLater) {
      this.oneRow.program.answers.later = true
      if (this.tolerance !== undefined) this.tolerance.found.length = 0
      this.end(this.oneRow.later(this.row, this.tolerance))
    } else this.end(thrown instanceof InvalidRow || thrown instanceof MissingRow ? Exit.fail(thrown) : Exit.die(thrown))
  }

  /** Continues without the results that it waits for. */
  giveUp(reason: string): void {
    const leaving: Array<Effect.Effect<void>> = []
    for (let wait = this.joined; wait !== undefined; wait = wait.before) {
      if (wait.settled) continue
      leaving.push(batches.leave(wait.batch!))
      wait.settle(Exit.fail(unanswered(wait.node.path, reason)))
    }
    if (leaving.length > 0) Effect.runForkWith(this.fiber.context)(Effect.all(leaving, { discard: true }))
  }

  end(effect: Effect.Effect<Values, unknown, any>): void {
    if (this.ended) return
    this.ended = true
    this.done?.()
    this.resume(this.waiting === 0 ? effect : Effect.andThen(this.leave(), effect))
  }

  /** Leaves the batches that this run still waits for. */
  leave(): Effect.Effect<void> {
    this.ended = true
    this.done?.()
    const leaving: Array<Effect.Effect<void>> = []
    for (let wait = this.joined; wait !== undefined; wait = wait.before) {
      if (!wait.settled) leaving.push(batches.leave(wait.batch!))
    }
    return Effect.all(leaving, { discard: true })
  }
}

/** A run's place in a batch. */
class Wait implements Waiter {
  readonly run: Run
  readonly node: OneNode
  readonly id: unknown
  readonly key: unknown
  /** The time of the request, if there are observers. */
  readonly since: number | undefined
  readonly before: Wait | undefined
  batch: Batch | undefined = undefined
  settled = false

  constructor(run: Run, node: OneNode, id: unknown, key: unknown, since: number | undefined) {
    this.since = since
    this.run = run
    this.node = node
    this.id = id
    this.key = key
    this.before = run.joined
  }

  wants(keys: ReadonlyMap<unknown, unknown>): boolean {
    return keys.has(this.id)
  }

  settle(exit: Exit.Exit<LoadedRows, unknown>): void {
    const { run } = this
    // The result may still arrive after the wait was given up.
    if (this.settled) return
    this.settled = true
    run.waiting--
    if (run.ended) return
    if (Exit.isSuccess(exit)) run.proceed(this, exit.value)
    else if (run.tolerance === undefined || Cause.hasInterruptsOnly(exit.cause)) run.end(Exit.failCause(exit.cause))
    else {
      run.tolerance.failed(this.node.path, "a related row", exit.cause)
      run.traceResolution(this.node, unresolved, this.since, this)
      run.proceed(this, undefined)
    }
  }
}
