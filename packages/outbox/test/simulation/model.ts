/**
 * A model of a database with an outbox: transactions that run at the same time, each of which becomes visible when it commits. It is as exact as
 * the stores are, and a hundred times as fast.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { eventOf, isOf } from "../../src/internal/body.ts"
import { checked } from "../../src/internal/checked.ts"
import { notStarted } from "../../src/internal/knownSinks.ts"
import { millisOf, retentionOf } from "../../src/internal/times.ts"
import { OutboxError } from "../../src/OutboxError.ts"
import type {
  Claim,
  ClaimOptions,
  DeadLetter,
  Entry,
  From,
  LettersOptions,
  Parked,
  ReplayOptions,
  Row,
  Selection,
  Service,
  Written
} from "../../src/OutboxStore.ts"

interface LogRow extends Entry {
  readonly seq: number
  readonly transaction: number
  readonly created: number
}

interface Open {
  readonly n: number
  attempt: number
  readonly after: number
  readonly last: number
  token: string
  leaseUntil: number
}

interface Aside extends Parked {
  readonly visibleAt: number
  readonly parkedAt: number
  readonly row: Entry & { readonly created: number }
  token: string
  leaseUntil: number
}

interface Sink {
  last: number
  claims: number
  readonly open: Map<number, Open>
}

interface Transaction {
  readonly id: number
  orders: Array<number>
  rows: Array<Entry & { readonly created: number }>
  readonly marks: Map<string, { readonly orders: number; readonly rows: number }>
}

/** A connection, with its open transaction. */
interface Session extends Connection {
  transaction: Transaction | undefined
  broken: boolean
}

export class ModelDatabase {
  readonly #now: () => number
  readonly orders = new Set<number>()
  #log: Array<LogRow> = []
  readonly #everLogged: Array<string> = []
  #seq = 0
  readonly #sinks = new Map<string, Sink>()
  /** By sink, and then by id. */
  readonly #aside = new Map<string, Map<string, Aside>>()
  readonly #transactions = new Set<Transaction>()
  #ids = 0
  #tokens = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** The ids of all messages that have ever been committed, in the order of the log. */
  get logged(): ReadonlyArray<string> {
    return this.#everLogged
  }

  begin(): Transaction {
    const transaction: Transaction = { id: ++this.#ids, orders: [], rows: [], marks: new Map() }
    this.#transactions.add(transaction)
    return transaction
  }

  commit(transaction: Transaction): void {
    if (!this.#transactions.delete(transaction)) throw new Error("the transaction has ended")
    for (const order of transaction.orders) this.orders.add(order)
    for (const row of transaction.rows) {
      this.#everLogged.push(row.id)
      this.#log.push({ ...row, seq: ++this.#seq, transaction: transaction.id })
    }
  }

  rollback(transaction: Transaction): void {
    this.#transactions.delete(transaction)
  }

  insert(transaction: Transaction | undefined, entries: ReadonlyArray<Entry>): Written {
    const own = transaction ?? this.begin()
    const created = this.#now()
    own.rows.push(...entries.map((entry) => ({ ...entry, created })))
    if (transaction === undefined) this.commit(own)
    return { transaction: String(own.id), ids: entries.map(({ id }) => id) }
  }

  committed({ ids, transaction }: Written): "open" | ReadonlySet<string> {
    const id = Number(transaction)
    for (const one of this.#transactions) if (one.id === id) return "open"
    return new Set(this.#log.flatMap((row) => (row.transaction === id && ids.includes(row.id) ? [row.id] : [])))
  }

  start(name: string, from: From): boolean {
    if (this.#sinks.has(name)) return false
    const since = from instanceof Date ? this.#log.find(({ created }) => created >= from.getTime()) : undefined
    const last = from === "beginning" ? 0 : since === undefined ? this.#seq : since.seq - 1
    this.#sinks.set(name, { last, claims: 0, open: new Map() })
    return true
  }

  remove(name: string): boolean {
    for (const [id, { dead }] of this.#asideOf(name)) if (!dead) this.#asideOf(name).delete(id)
    return this.#sinks.delete(name)
  }

  rename(from: string, to: string): Effect.Effect<boolean, OutboxError> {
    const sink = this.#sinks.get(from)
    if (sink === undefined) return Effect.succeed(false)
    if (this.#sinks.has(to)) {
      const reason = `the outbox has a sink ${JSON.stringify(to)} already`
      return Effect.fail(
        new OutboxError({ operation: "rename", reason, remedy: "choose another name", transient: false })
      )
    }
    this.#sinks.set(to, sink)
    this.#sinks.delete(from)
    for (const [id, one] of this.#asideOf(from)) this.#asideOf(to).set(id, one)
    this.#aside.delete(from)
    return Effect.succeed(true)
  }

  claimAside(name: string, { lease, limit }: ClaimOptions): Claim | undefined {
    const now = this.#now()
    const all = [...this.#asideOf(name).values()]
      .filter(({ dead, leaseUntil, visibleAt }) => !dead && visibleAt <= now && leaseUntil <= now)
      .sort((a, b) => a.visibleAt - b.visibleAt || a.leaseUntil - b.leaseUntil)
    const others = all.filter((one) => one.token === "").slice(0, limit)
    // A message with which a relay died comes alone, and after all others.
    const isAbandoned = others.length === 0
    const due = isAbandoned ? all.slice(0, 1) : others
    if (due.length === 0) return undefined
    const token = `t${++this.#tokens}`
    const leaseUntil = now + millisOf(lease)
    for (const one of due) Object.assign(one, { token, leaseUntil, attempts: one.attempts + (isAbandoned ? 1 : 0) })
    const rows = due
      .map(({ attempts, row: { body, created, id } }): Row => ({ id, body, created, attempts }))
      .sort((a, b) => a.created - b.created)
    return { sink: name, source: "parked", n: 0, attempt: isAbandoned ? 2 : 1, token, rows, leaseUntil }
  }

  claimLog(name: string, { alone = false, lease, limit }: ClaimOptions): Claim | undefined {
    const sink = this.#sinks.get(name)!
    const now = this.#now()
    const died = [...sink.open.values()].sort((a, b) => a.n - b.n).find(({ leaseUntil }) => leaseUntil <= now)
    if (died === undefined && alone && sink.open.size > 0) return undefined
    const next = this.#log.filter(({ seq }) => seq > sink.last).slice(0, limit)
    if (died === undefined && next.length === 0) return undefined
    const range =
      died === undefined
        ? { n: ++sink.claims, attempt: 1, after: sink.last, last: (sink.last = next.at(-1)!.seq) }
        : { ...died, attempt: died.attempt + 1 }
    const open: Open = { ...range, token: `t${++this.#tokens}`, leaseUntil: now + millisOf(lease) }
    sink.open.set(open.n, open)
    const { attempt, leaseUntil, n, token } = open
    const rows = this.#log
      .filter(({ seq }) => seq > open.after && seq <= open.last)
      .map(({ body, created, id }): Row => ({ id, body, created, attempts: 0 }))
    return { sink: name, source: "log", n, attempt, token, rows, leaseUntil }
  }

  #held({ n, sink, source, token }: Claim): ReadonlyArray<Open | Aside> {
    if (source === "parked") return [...this.#asideOf(sink).values()].filter((one) => one.token === token)
    const open = this.#sinks.get(sink)?.open.get(n)
    return open?.token === token ? [open] : []
  }

  renew(claim: Claim, lease: number): boolean {
    const held = this.#held(claim)
    for (const one of held) one.leaseUntil = this.#now() + lease
    return held.length > 0
  }

  release(claim: Claim): void {
    for (const one of this.#held(claim)) {
      Object.assign(one, { token: "", leaseUntil: 0 })
      if ("attempt" in one) one.attempt--
    }
  }

  complete(claim: Claim, again: ReadonlyArray<Parked>): boolean {
    const held = this.#held(claim)
    if (held.length === 0) return false
    const aside = this.#asideOf(claim.sink)
    const own =
      claim.source === "log" ? claim.rows : claim.rows.filter(({ id }) => aside.get(id)?.token === claim.token)
    if (claim.source === "log") this.#sinks.get(claim.sink)!.open.delete(claim.n)
    else for (const { id } of own) aside.delete(id)
    const [open] = held
    const kept = (id: string): boolean =>
      !("last" in open!) || this.#log.some((row) => row.id === id && row.seq > open.after && row.seq <= open.last)
    for (const parked of again) {
      const row = own.find(({ id }) => id === parked.id)
      if (row !== undefined && kept(row.id)) this.#setAside(claim.sink, row, parked)
    }
    return true
  }

  #setAside(sink: string, row: Entry & { readonly created: number }, parked: Parked): void {
    const { visibleAt = 0 } = parked
    this.#asideOf(sink).set(row.id, { ...parked, visibleAt, parkedAt: this.#now(), row, token: "", leaseUntil: 0 })
  }

  #asideOf(sink: string): Map<string, Aside> {
    let aside = this.#aside.get(sink)
    if (aside === undefined) this.#aside.set(sink, (aside = new Map()))
    return aside
  }

  #letters(selection: Selection): ReadonlyArray<DeadLetter> {
    return [...this.#aside].flatMap(([sink, aside]) =>
      [...aside.values()].flatMap(({ attempts, dead, outcome, parkedAt, row }): ReadonlyArray<DeadLetter> => {
        const { body, created, id } = row
        const letter = { sink, id, event: eventOf(body), outcome, attempts, created, at: parkedAt, body }
        return dead && isSelected(selection, letter) ? [letter] : []
      })
    )
  }

  letters({ after, limit = 100, ...selection }: LettersOptions): ReadonlyArray<DeadLetter> {
    const all = [...this.#letters(selection)].sort(newestFirst)
    const rest = after === undefined ? all : all.filter((one) => newestFirst(after, one) < 0)
    return rest.slice(0, limit)
  }

  replay({ of, ...selection }: ReplayOptions): number {
    const { sink } = selection
    if (of === "letters") {
      const found = this.#letters(selection).filter((letter) => this.#sinks.has(letter.sink))
      for (const { id, sink } of found) {
        const letter = this.#asideOf(sink).get(id)!
        const row = { ...letter, dead: false, visibleAt: this.#now(), token: "", leaseUntil: 0 }
        this.#asideOf(sink).set(id, row)
      }
      return found.length
    }
    const found = this.#log.filter((row) =>
      isSelected({ ...selection, sink: undefined }, { ...row, event: eventOf(row.body) })
    )
    const outcome = { _tag: "Expired", reason: "it waits to be sent again" } as const
    for (const row of found) this.#setAside(sink!, row, { id: row.id, attempts: 0, outcome, dead: false })
    return found.length
  }

  erase(userId: string): number {
    const before = this.#log.length
    this.#log = this.#log.filter(({ body }) => !isOf(body, userId))
    let erased = before - this.#log.length
    for (const aside of this.#aside.values()) {
      for (const [id, { row }] of aside) if (isOf(row.body, userId) && aside.delete(id)) erased++
    }
    return erased
  }

  sweep(ages: { readonly messages: number; readonly letters: number }): number {
    const sinks = [...this.#sinks.values()]
    const open = sinks.flatMap((sink) => [...sink.open.values()])
    const until = Math.min(...sinks.map(({ last }) => last), ...open.map(({ after }) => after))
    const before = this.#log.length
    const now = this.#now()
    const { size } = this.#sinks
    this.#log = this.#log.filter(({ created, seq }) => size === 0 || created >= now - ages.messages || seq > until)
    for (const aside of this.#aside.values()) {
      for (const [id, { dead, parkedAt }] of aside) if (dead && parkedAt < now - ages.letters) aside.delete(id)
    }
    return before - this.#log.length
  }

  get stats() {
    return [...this.#sinks]
      .map(([sink, { last, open }]) => {
        const aside = [...this.#asideOf(sink).values()]
        const first = Math.min(last, ...[...open.values()].map(({ after }) => after))
        const oldest = this.#log.find(({ seq }) => seq > first)
        return {
          sink,
          depth: Math.max(0, this.#seq - last),
          oldest: oldest === undefined ? 0 : Math.max(0, this.#now() - oldest.created),
          claims: open.size,
          parked: aside.filter(({ dead }) => !dead).length,
          dead: aside.filter(({ dead }) => dead).length
        }
      })
      .sort((a, b) => (a.sink < b.sink ? -1 : 1))
  }

  has(sink: string): boolean {
    return this.#sinks.has(sink)
  }
}

const newestFirst = (a: Pick<DeadLetter, "at" | "id" | "sink">, b: typeof a): number =>
  b.at - a.at || (a.sink === b.sink ? (a.id < b.id ? -1 : 1) : a.sink < b.sink ? -1 : 1)

const isSelected = (
  { events, from, ids, sink, to }: Selection,
  one: { readonly sink?: string; readonly id: string; readonly event: string; readonly created: number }
): boolean =>
  (sink === undefined || one.sink === sink) &&
  (ids === undefined || ids.includes(one.id)) &&
  (events === undefined || events.includes(one.event)) &&
  (from === undefined || one.created >= from.getTime()) &&
  (to === undefined || one.created < to.getTime())

/** What a statement does to the transaction of a session. */
const apply = (database: ModelDatabase, session: Session, sql: string, params: ReadonlyArray<unknown>): void => {
  const { transaction } = session
  const [verb] = sql.split(" ", 1)
  const name = sql.slice(sql.lastIndexOf(" ") + 1)
  if (verb === "BEGIN") session.transaction = database.begin()
  else if (verb === "INSERT") {
    const order = Number(params[0])
    if (transaction === undefined) database.orders.add(order)
    else transaction.orders.push(order)
  } else if (transaction === undefined) throw new Error(`${sql} outside of a transaction`)
  else if (verb === "SAVEPOINT") {
    transaction.marks.set(name, { orders: transaction.orders.length, rows: transaction.rows.length })
  } else if (sql.startsWith("ROLLBACK TO")) {
    const { orders, rows } = transaction.marks.get(name)!
    transaction.orders.length = orders
    transaction.rows.length = rows
  } else {
    session.transaction = undefined
    if (verb === "COMMIT") database.commit(transaction)
    else database.rollback(transaction)
  }
}

/** An operation fails, before it has taken effect or after it. */
export interface Fault {
  readonly done: boolean
}

/** How the network and the database are for a process. */
export interface Through {
  /** Whether an operation that begins now fails. */
  readonly fault: (operation: string) => Fault | undefined
  /** Runs an operation, which takes its time, and may fail. */
  readonly run: <A, E>(operation: string, run: Effect.Effect<A, E>, fails: () => E) => Effect.Effect<A, E>
}

/** Nothing in between. */
export const direct: Through = { fault: () => undefined, run: (_, run) => run }

const gone = () => new SqlError({ reason: new ConnectionError({ cause: new Error("gone"), operation: "execute" }) })

/** A client of the model, whose transactions have connections of their own, as in a pool. */
export const clientOf = (
  database: ModelDatabase,
  onDeath: (died: () => void) => void,
  through: Through = direct
): Effect.Effect<SqlClient.SqlClient> => {
  const connect = (): Session => {
    const execute: Connection["execute"] = (sql, params) =>
      through.run(
        sql.split(" ", 1)[0]!,
        Effect.suspend(() => {
          if (session.broken) return Effect.fail(gone())
          apply(database, session, sql, params)
          return Effect.succeed([])
        }),
        () => {
          // The database rolls back what it has not committed.
          if (session.transaction !== undefined) database.rollback(session.transaction)
          session.transaction = undefined
          session.broken = true
          return gone()
        }
      )
    const session: Session = {
      transaction: undefined,
      broken: false,
      execute,
      executeRaw: (sql, params) => execute(sql, params, undefined),
      executeStream: () => Stream.empty,
      executeValues: (sql, params) => execute(sql, params, undefined),
      executeValuesUnprepared: (sql, params) => execute(sql, params, undefined),
      executeUnprepared: execute
    }
    onDeath(() => session.transaction !== undefined && database.rollback(session.transaction))
    return session
  }
  return SqlClient.make({
    acquirer: Effect.sync(connect),
    driver: "model",
    isTransaction: (connection) => (connection as Session).transaction !== undefined,
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: []
  }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))
}

/** A store on the model. `wakes` are those of its process. */
export const storeOf = (
  database: ModelDatabase,
  sql: SqlClient.SqlClient,
  wakes: Pick<Service, "wake" | "wakes">
): Service => {
  let parkedFirst = false
  const started = <A>(sink: string, operation: string, run: () => A): Effect.Effect<A, OutboxError> =>
    Effect.suspend(() => (database.has(sink) ? Effect.sync(run) : Effect.fail(notStarted(sink, operation))))
  const service: Service = {
    database: "model",
    migrate: Effect.void,
    insert: (entries) =>
      Effect.withFiber((fiber) =>
        Effect.suspend(() => {
          const [connection] = Context.getOrUndefined(fiber.context, sql.transactionService) ?? []
          const session = connection as Session | undefined
          if (session?.broken !== true) return Effect.succeed(database.insert(session?.transaction, entries))
          return Effect.fail(
            new OutboxError({
              operation: "insert",
              reason: "the connection is gone",
              remedy: "reconnect",
              transient: true
            })
          )
        })
      ),
    committed: (written) => Effect.sync(() => database.committed(written)),
    statement: () => ({ sql: "", params: [] }),
    ...wakes,
    start: (sink, from) => Effect.sync(() => database.start(sink, from)),
    remove: (sink) => Effect.sync(() => database.remove(sink)),
    rename: (from, to) => Effect.suspend(() => database.rename(from, to)),
    claim: (sink, options) =>
      Effect.suspend(() => {
        parkedFirst = !parkedFirst
        const isParkedFirst = parkedFirst
        return started(sink, "claim", () =>
          isParkedFirst
            ? (database.claimAside(sink, options) ?? database.claimLog(sink, options))
            : (database.claimLog(sink, options) ?? database.claimAside(sink, options))
        )
      }),
    renew: (claim, lease) => Effect.sync(() => database.renew(claim, millisOf(lease))),
    complete: (claim, again = []) => Effect.sync(() => database.complete(claim, again)),
    release: (claim) => Effect.sync(() => database.release(claim)),
    letters: (options = {}) => Effect.sync(() => database.letters(options)),
    letter: (sink, id) => Effect.sync(() => database.letters({ sink, ids: [id] })[0]),
    replay: (options) => {
      const { of, sink } = options
      const run = () => database.replay(options)
      if (sink !== undefined) return Effect.tap(started(sink, "replay", run), wakes.wake)
      if (of === "letters") return Effect.tap(Effect.sync(run), wakes.wake)
      const reason = "messages of the log go to one sink"
      return Effect.fail(
        new OutboxError({ operation: "replay", reason, remedy: "pass its name as sink", transient: false })
      )
    },
    erase: (userId) => Effect.sync(() => database.erase(userId)),
    sweep: (retention) => Effect.sync(() => database.sweep(retentionOf(retention))),
    stats: Effect.sync(() => database.stats),
    rebase: Effect.void
  }
  return checked(service)
}

/** The wakes of a process. */
export const wakes: Effect.Effect<Pick<Service, "wake" | "wakes"> & { readonly woken: PubSub.PubSub<void> }> =
  Effect.map(PubSub.sliding<void>(1), (woken) => ({
    woken,
    wake: Effect.asVoid(PubSub.publish(woken, undefined)),
    wakes: PubSub.subscribe(woken)
  }))
