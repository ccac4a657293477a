/** A connection that is made when it is first needed, and made again if the client gives it up. */
import { type JetStreamClient, jetstream, type JetStreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection, PermissionViolationError } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Failure, noPermission, toSendError, unavailable } from "./failures.ts"
import type { Target } from "./options.ts"
import { Publisher } from "./publisher.ts"

/** A connection, with the client's parts for streams. */
export interface Connected {
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
  readonly publisher: Publisher
}

/** How long closing waits until what was sent has arrived, in milliseconds. */
const flushWithin = 1_000

/** A connection for as long as a scope is open. */
export class Link {
  readonly #target: Target
  #connected: Connected | undefined
  #isUp = false
  #isClosed = false
  #connecting: Promise<Connected> | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /** Whether there is a connection now. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** The connection. Fails while there is none; the client itself connects again. */
  readonly get: Effect.Effect<Connected, Failure> = Effect.suspend(() => {
    if (this.#isClosed) return Effect.fail(unavailable("the connection to NATS is closed"))
    if (this.#connected === undefined) return this.#connect
    return this.#isUp ? Effect.succeed(this.#connected) : Effect.fail(unavailable("the connection to NATS is lost"))
  })

  /** Fibers that need it at the same time share it. */
  get #connect(): Effect.Effect<Connected, Failure> {
    return Effect.tryPromise({
      try: () => (this.#connecting ??= this.#open().finally(() => (this.#connecting = undefined))),
      catch: (error) => toSendError(error, "there is no connection to NATS")
    })
  }

  async #open(): Promise<Connected> {
    const connection = await connect(this.#target.client)
    const client = jetstream(connection, { timeout: this.#target.timeout })
    // The stream is checked anyway; this check would need permission to read the account.
    const manager = await client.jetstreamManager(false)
    const publisher = new Publisher(connection)
    const connected: Connected = { connection, client, manager, publisher }
    this.#connected = connected
    this.#isUp = true
    void this.#watch(connected)
    return connected
  }

  async #watch({ connection, publisher }: Connected): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "reconnect") this.#isUp = true
      if (status.type === "disconnect") {
        this.#isUp = false
        publisher.fail("the connection to NATS is lost", false)
      }
      if (status.type === "error" && status.error instanceof PermissionViolationError) {
        publisher.fail(noPermission(status.error), true)
      }
    }
    this.#isUp = false
    this.#connected = undefined
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true
    const flush = this.#isUp ? Effect.promise(async () => this.#connected?.connection.flush()) : Effect.void
    const end = Effect.promise(async () => {
      // One that is on its way is closed, too.
      await this.#connecting?.catch(() => {})
      await this.#connected?.connection.close()
    })
    // A server that stands still does not answer.
    return Effect.andThen(Effect.timeoutOption(flush, flushWithin), end)
  })
}

export const make = (target: Target): Effect.Effect<Link, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Link(target)),
    (link) => link.close
  )
