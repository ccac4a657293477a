import type * as EventSink from "@trackmap/core/EventSink"

/** A statement for your client: as text with placeholders, or as the parts of a template. */
export interface Statement {
  readonly sql: string
  readonly params: Array<string>
  /** The text between the parameters, for clients with a template tag: `sql(strings, ...params)`. */
  readonly strings: TemplateStringsArray
}

/**
 * Runs a statement with your client. Whatever it returns is ignored.
 *
 * - pg: `({ params, sql }) => client.query(sql, params)`
 * - postgres.js: `({ params, sql }) => tx.unsafe(sql, params)`
 * - Drizzle: `({ params, strings }) => tx.execute(sql(strings, ...params))`
 * - Kysely: `({ params, sql }) => tx.executeQuery(CompiledQuery.raw(sql, params))`
 * - Prisma: `({ params, sql }) => tx.$executeRawUnsafe(sql, ...params)`
 */
export type Execute = (statement: Statement) => PromiseLike<unknown>

/** Runs a function, collects what it tracks, and inserts this with the transaction's own client before it returns. */
export type Inserting = <A>(execute: Execute, f: () => A | PromiseLike<A>) => Promise<A>

/** An outbox that is written with another client of the database. */
export interface Through {
  /** The sink for your tracking. */
  readonly sink: EventSink.EventSink
  /**
   * Runs a transaction of your client, and tracks inside it. It gives the messages their receipts when your transaction has committed or has
   * been rolled back, and wakes the relays. If your client repeats transactions that conflict, call it inside the function that is repeated.
   */
  readonly transaction: <A>(run: (inserting: Inserting) => PromiseLike<A>) => Promise<A>
}
