/**
 * Where an outbox keeps its messages: the one interface between the service, which inserts them, and relays, which claim and deliver them.
 * `SqliteStore` and `PostgresStore` implement it.
 *
 * @module
 */
import type { Outcome } from "@trackmap/core/Receipt"
import * as Envelope from "@trackmap/core/Envelope"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import type { OutboxError } from "./OutboxError.ts"

/** A message to insert: its id, and the JSON of its envelope. */
export interface Entry {
  readonly id: string
  readonly body: string
}

/**
 * The entry of an envelope. Its id lacks characters that PostgreSQL has no place for; the envelope keeps them.
 *
 * @example
 * ```ts
 * import { OutboxStore } from "@trackmap/outbox"
 *
 * const { id } = OutboxStore.entry({
 *   format: 1,
 *   message: { type: "alias", previousId: "a", userId: "b", messageId: "m-1", timestamp: "2026-03-01T12:00:00.000Z" },
 *   purposes: [],
 *   consent: "all",
 *   personal: [],
 *   violations: []
 * })
 * console.log(id) // m-1
 * ```
 */
export const entry = (envelope: Envelope.Envelope): Entry => ({
  id: envelope.message.messageId.replaceAll("\0", "").toWellFormed(),
  body: Envelope.toJson(envelope)
})

/**
 * What `insert` has written. Pass it to `committed`.
 */
export interface Written {
  /** Names the transaction to the store. */
  readonly transaction: string
  readonly ids: ReadonlyArray<string>
}

/** A message that a relay has claimed. */
export interface Row {
  readonly id: string
  /** The JSON of its envelope. It may be of a format that a newer version of the package has written. */
  readonly body: string
  /** When it was inserted, in milliseconds since 1970, by the database's clock. */
  readonly created: number
  /** The attempts before this claim, if it was parked: those of sinks, and those with which a relay died. */
  readonly attempts: number
}

/** Messages of one sink that one relay may send until `leaseUntil`. */
export interface Claim {
  readonly sink: string
  /** `"log"`: the next messages of the log. `"parked"`: messages that were set aside and are due. */
  readonly source: "log" | "parked"
  /** The number of a claim of the log, which goes up by one. 0 for parked messages. */
  readonly n: number
  /**
   * How often these messages have been claimed and not given back: above 1, a relay has died with them, or slept beyond its lease. A parked message
   * of which this is true comes alone.
   */
  readonly attempt: number
  /** Identifies this lease. Another relay that takes over has another token. */
  readonly token: string
  readonly rows: ReadonlyArray<Row>
  /** In milliseconds since 1970, by the database's clock. */
  readonly leaseUntil: number
}

/** Options of a claim. */
export interface ClaimOptions {
  /** The most messages. */
  readonly limit: number
  /** How long the relay may send before another relay takes over. A number is milliseconds. */
  readonly lease: Duration.Input
  /**
   * Returns nothing while another claim of the sink is open, so that the sink receives messages in the order of the log, however many relays
   * run. Default: false.
   */
  readonly alone?: boolean | undefined
}

/** A message that a claim does not complete, but sets aside. */
export interface Parked {
  readonly id: string
  readonly attempts: number
  readonly outcome: Outcome
  /** Whether it is a dead letter, which is sent again only by `replay`. Otherwise a claim returns it from `visibleAt` on. */
  readonly dead: boolean
  /** In milliseconds since 1970. Default: at once. */
  readonly visibleAt?: number | undefined
}

/** A dead letter. */
export interface DeadLetter {
  readonly sink: string
  readonly id: string
  /** The name of a tracked event, or the type of another message. */
  readonly event: string
  readonly outcome: Outcome
  readonly attempts: number
  /** When it was inserted, in milliseconds since 1970. */
  readonly created: number
  /** When the sink lost it, in milliseconds since 1970. */
  readonly at: number
  /** The JSON of its envelope. */
  readonly body: string
}

/** Selects messages. Every condition that is given must hold. */
export interface Selection {
  readonly sink?: string | undefined
  readonly ids?: ReadonlyArray<string> | undefined
  /** Names of tracked events, or types of other messages. */
  readonly events?: ReadonlyArray<string> | undefined
  /** Inserted at this time or later. */
  readonly from?: Date | undefined
  /** Inserted before this time. */
  readonly to?: Date | undefined
}

/** A page of dead letters. */
export interface LettersOptions extends Selection {
  /** Default: 100. */
  readonly limit?: number | undefined
  /** The last letter of the page before. */
  readonly after?: Pick<DeadLetter, "at" | "sink" | "id"> | undefined
}

/** What to send again. */
export interface ReplayOptions extends Selection {
  /**
   * `"letters"`: dead letters. `"log"`: all messages that the retention has kept, for the one `sink` that you name, whether or not it has
   * received them.
   */
  readonly of: "letters" | "log"
}

/** How long messages that every sink has completed are kept for `replay`, and dead letters for you. */
export interface Retention {
  /** Default: 7 days. */
  readonly messages?: Duration.Input | undefined
  /** Default: 30 days. */
  readonly letters?: Duration.Input | undefined
}

/** A sink's progress. */
export interface SinkStats {
  readonly sink: string
  /** An estimate of the messages that no relay has claimed yet. It reads no message. */
  readonly depth: number
  /** The age of the oldest message that is not completed, parked ones aside, in milliseconds. 0 if there is none. */
  readonly oldest: number
  /** The claims that are not completed. */
  readonly claims: number
  /** The messages that are set aside to be sent later. */
  readonly parked: number
  readonly dead: number
}

/** Where a new sink starts. */
export type From = "now" | "beginning" | Date

/** The operations of a store. */
export interface Service {
  /** The name of its database, for people: `sqlite` or `postgres`. */
  readonly database: string
  /** Creates or updates the tables. Any number of processes can run it at the same time, beside running services and relays. */
  readonly migrate: Effect.Effect<void, OutboxError>

  /**
   * Inserts messages by one statement, in the transaction of the current fiber's SqlClient, if there is one. Ids need not be unique.
   */
  readonly insert: (entries: ReadonlyArray<Entry>) => Effect.Effect<Written, OutboxError>
  /**
   * What became of a transaction: `"open"`, or the ids that are in the log. Ids are missing if the transaction or a savepoint rolled back. It
   * answers also if the connection broke during the commit.
   */
  readonly committed: (written: Written) => Effect.Effect<"open" | ReadonlySet<string>, OutboxError>
  /** The statement of `insert`, for another client of the same database. */
  readonly statement: (entries: ReadonlyArray<Entry>) => Statement
  /** Wakes the relays of this process at once, and those of others soon. Call it after a commit, outside the transaction. It never fails. */
  readonly wake: Effect.Effect<void>
  /** A subscription to the wakes. Several in a row arrive as one, and one can get lost: a relay polls as well. */
  readonly wakes: Effect.Effect<PubSub.Subscription<void>, never, Scope.Scope>

  /** Registers a sink. Returns false, and changes nothing, if it has started before. */
  readonly start: (sink: string, from: From) => Effect.Effect<boolean, OutboxError>
  /** Forgets a sink and its parked messages, so that it holds back no retention. Its dead letters remain. Returns false if there is no such sink. */
  readonly remove: (sink: string) => Effect.Effect<boolean, OutboxError>
  /**
   * Gives a sink another name, with its progress, claims, parked messages and dead letters. Returns false if there is no such sink. Fails if the
   * new name is taken.
   */
  readonly rename: (from: string, to: string) => Effect.Effect<boolean, OutboxError>

  /**
   * Claims messages for a sink: those whose relay has died, parked ones that are due, or the next of the log. Returns undefined if there are
   * none. Fails if the sink has not started.
   */
  readonly claim: (sink: string, options: ClaimOptions) => Effect.Effect<Claim | undefined, OutboxError>
  /** Extends a lease from now. Returns false if another relay has taken over, or the claim is completed. */
  readonly renew: (claim: Claim, lease: Duration.Input) => Effect.Effect<boolean, OutboxError>
  /** Completes a claim, except for the messages that it parks. Returns false, and does nothing, if another relay has taken over. */
  readonly complete: (claim: Claim, parked?: ReadonlyArray<Parked>) => Effect.Effect<boolean, OutboxError>
  /** Gives a claim back, so that any relay can claim its messages at once. */
  readonly release: (claim: Claim) => Effect.Effect<void, OutboxError>

  /** Dead letters, the newest first. */
  readonly letters: (options?: LettersOptions) => Effect.Effect<ReadonlyArray<DeadLetter>, OutboxError>
  readonly letter: (sink: string, id: string) => Effect.Effect<DeadLetter | undefined, OutboxError>
  /**
   * Makes messages due for their sinks at once, as parked messages. Returns their number. Fails if the selection names a sink that has not started;
   * dead letters of sinks that were removed stay as they are.
   */
  readonly replay: (options: ReplayOptions) => Effect.Effect<number, OutboxError>
  /**
   * Deletes all messages of a user: those with this `userId` or `previousId`, in the log, parked and dead. Returns their number. It reads the
   * whole log.
   */
  readonly erase: (userId: string) => Effect.Effect<number, OutboxError>
  /**
   * Deletes what the retention no longer keeps. It never deletes a message that a sink has not completed. Returns the number of messages, or an
   * estimate. Run it every few minutes.
   */
  readonly sweep: (retention?: Retention) => Effect.Effect<number, OutboxError>
  readonly stats: Effect.Effect<ReadonlyArray<SinkStats>, OutboxError>
  /**
   * Makes the progress of all sinks valid in a database that was restored from a dump, or replicated logically, where transaction ids start
   * anew. Messages that were not completed are claimed again. Run it once, before services and relays start.
   */
  readonly rebase: Effect.Effect<void, OutboxError>
}

/** A statement with its parameters. */
export interface Statement {
  readonly sql: string
  readonly params: ReadonlyArray<string>
}

/** The store of an outbox. */
export class OutboxStore extends Context.Service<OutboxStore, Service>()("@trackmap/outbox/OutboxStore") {}
