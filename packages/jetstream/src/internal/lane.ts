/** The delivery of a stream's messages to one sink. */
import type { Consumer, JsMsg } from "@nats-io/jetstream"
import type * as Delivery from "@trackmap/core/Delivery"
import type * as Envelope from "@trackmap/core/Envelope"
import * as Receipt from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import * as consumers from "./consumer.ts"
import * as deadLetters from "./deadLetters.ts"
import type { Failure } from "./failures.ts"
import type { Connected, Link } from "./link.ts"
import { read } from "./read.ts"
import { Signal } from "./signal.ts"

/** The settings of a lane. Times are in milliseconds. */
export interface LaneTarget extends consumers.ConsumerTarget {
  readonly deadLetters: deadLetters.DeadLetterTarget
  /** How many messages it holds. */
  readonly inFlight: number
  /** How many bytes of messages it holds. */
  readonly inFlightBytes: number
  /** How long an outage lasts before the lane returns its messages, and how long a returned message waits. */
  readonly returnAfter: number
}

/** A message of the stream that is not settled. */
interface Held {
  /** Its latest delivery. */
  message: JsMsg
  readonly seq: number
  /** Undefined if it cannot be read. */
  readonly envelope: Envelope.Envelope | undefined
  /** When it came into the stream, in milliseconds since 1970. */
  readonly at: number
}

/** A message that can be sent. */
interface Waiting extends Held {
  readonly envelope: Envelope.Envelope
}

/**
 * How long a pull waits for messages. The lane returns messages only after it: the server sends a returned message to a pull whose inbox is gone
 * (nats-server 2.9).
 */
const pullWithin = 1_000
/** The server says this often that it is there. After two that are missing, the lane pulls again: a consumer's leader may have died. */
const heartbeat = 500
/** How long the server may take to confirm an acknowledgement. */
const confirmWithin = 2_000
/** The pause after a failed pull. */
const pause = 250
/** After this many failed pulls in a row, the lane looks whether its stream and its consumer are still there. */
const pullsBeforeCheck = 3
/** The pause between two such looks. */
const checkEvery = 2_000
/** How long a batch that is not full waits for more messages. */
const linger = 5
/** The size of a message before the lane has seen one. */
const guessedBytes = 64 * 1024
/** How often in a row the lane finds an outage before it returns its messages. */
const looksBeforeReturn = 10
/** How many settled messages are remembered in case that they come again: this many times those that the lane holds. */
const settledPerHeld = 10

/** The parts of a relay that its lanes share. */
export interface LaneEnvironment {
  readonly link: Link
  /** Finds or creates the streams. */
  readonly ensure: (connected: Connected) => Effect.Effect<void, Failure>
  /** Until when the destination has asked to be left alone, in milliseconds since 1970. */
  readonly notBefore: () => number
  readonly log: (line: string) => void
}

export class Lane {
  readonly #delivery: Delivery.Delivery
  readonly #target: LaneTarget
  readonly #environment: LaneEnvironment
  readonly #held = new Map<number, Held>()
  readonly #waiting: Array<Waiting> = []
  /** Messages whose settlement the server has not confirmed: if they come again, they are settled again, and not sent. */
  readonly #settled = new Map<number, "ack" | "term">()
  readonly #changed = new Signal()
  #connected: Connected | undefined
  #consumer: Consumer | undefined
  readonly #logged = new Map<string, { readonly at: number; readonly before: string }>()
  /** Whether to look at the next occasion if the streams are still there. */
  #looks = false
  #longest = 0
  /** The pulls that wait for messages, and for how many. */
  #pulls = 0
  #asked = 0
  #isPaused = false
  #isClosing = false

  constructor(delivery: Delivery.Delivery, target: LaneTarget, environment: LaneEnvironment) {
    this.#delivery = delivery
    this.#target = target
    this.#environment = environment
  }

  get #name(): string {
    return this.#target.name
  }

  /** Finds or creates the streams and the consumer. */
  readonly open: Effect.Effect<void, Failure> = Effect.suspend(() =>
    Effect.flatMap(this.#environment.link.get, (connected) =>
      Effect.andThen(this.#environment.ensure(connected), consumers.ensure(connected, this.#target)).pipe(
        Effect.map((consumer) => {
          this.#connected = connected
          this.#consumer = consumer
        })
      )
    )
  )

  /** Delivers until it is interrupted. After an outage of some time, returns its messages to the stream, and pauses. */
  readonly run: Effect.Effect<never> = Effect.suspend(() => {
    const senders = Array.from({ length: this.#delivery.concurrency }, () => this.#sending)
    const working = Effect.all([this.#pulling, this.#beating, ...senders], { concurrency: "unbounded", discard: true })
    return Effect.raceFirst(working, this.#outage)
  }).pipe(
    Effect.andThen(
      Effect.suspend(() => {
        const delay = Math.max(this.#target.returnAfter, this.#environment.notBefore() - Date.now())
        this.#giveBack(delay)
        return Effect.map(Effect.sleep(delay), () => void (this.#isPaused = false))
      })
    ),
    Effect.forever
  )

  /** Lets the batches that are being sent end, returns the others, and succeeds once no message is held. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosing = true
    return Effect.andThen(
      this.#changed.until(() => this.#pulls === 0 && this.#held.size === this.#waiting.length),
      Effect.sync(() => this.abandon())
    )
  })

  /** Returns all messages, whatever becomes of those that are being sent. */
  abandon(): void {
    this.#giveBack(0)
  }

  /** Ends once the destination has accepted nothing for some time. */
  readonly #outage: Effect.Effect<void> = Effect.suspend(() => {
    let looks = 0
    const look = Effect.map(Effect.sleep(this.#target.returnAfter / looksBeforeReturn), () => {
      looks = this.#delivery.outage === undefined ? 0 : looks + 1
    })
    const outage = Effect.whileLoop({ while: () => looks < looksBeforeReturn, body: () => look, step: () => {} })
    return Effect.andThen(
      outage,
      Effect.suspend(() => {
        this.#isPaused = true
        return this.#changed.until(() => this.#pulls === 0)
      })
    )
  })

  /** Tells the server that the lane still works on its messages. */
  readonly #beating: Effect.Effect<never> = Effect.suspend(() => Effect.sleep(this.#target.ackWait / 3)).pipe(
    Effect.map(() => {
      if (this.#environment.link.isUp) for (const { message } of this.#held.values()) message.working()
    }),
    Effect.forever
  )

  /** Returns all messages to the stream, which delivers them again after a delay. */
  #giveBack(delay: number): void {
    for (const { message } of this.#held.values()) message.nak(delay)
    this.#held.clear()
    this.#waiting.length = 0
    this.#changed.notify()
  }

  readonly #pulling: Effect.Effect<never> = Effect.suspend(() => {
    let failures = 0
    const pull = Effect.matchEffect(this.#pull, {
      onSuccess: () => Effect.sync(() => void (failures = 0)),
      onFailure: () =>
        Effect.andThen(
          Effect.sleep(pause),
          Effect.sync(() => void failures++)
        )
    })
    // Pulling goes on meanwhile: an election ends sooner than a look during it.
    const look = Effect.andThen(
      Effect.sleep(checkEvery),
      Effect.suspend(() => {
        if (!this.#looks && failures < pullsBeforeCheck) return Effect.void
        this.#looks = false
        return this.#opened
      })
    )
    // While one pull's messages arrive, the server already has the next one.
    const loops = [Effect.forever(pull), Effect.forever(pull), Effect.forever(look)]
    const all = Effect.all(loops, { concurrency: "unbounded", discard: true })
    return Effect.andThen(this.#consumer === undefined ? this.#opened : Effect.void, all)
  }).pipe(Effect.andThen(Effect.never))

  /** `open`, again and again until it succeeds. */
  readonly #opened: Effect.Effect<void> = Effect.suspend(() => this.open).pipe(
    Effect.catch(({ reason }) => {
      this.#log("open", reason)
      return Effect.andThen(
        Effect.sleep(checkEvery),
        Effect.suspend(() => this.#opened)
      )
    })
  )

  /** Asks once for as many messages as there is room for. */
  readonly #pull: Effect.Effect<void, unknown> = Effect.suspend(() =>
    Effect.andThen(
      this.#changed.until(() => this.#room >= this.#enough && !this.#isClosing && !this.#isPaused),
      Effect.suspend(() => {
        const asked = Math.max(1, this.#room)
        let left = asked
        let isOver = false
        this.#asked += asked
        this.#pulls++
        return Effect.tryPromise(async (signal) => {
          const options = { max_messages: asked, expires: pullWithin, idle_heartbeat: heartbeat }
          const messages = await this.#consumer!.fetch(options)
          signal.addEventListener("abort", () => void messages.close())
          for await (const message of messages) {
            // An interrupted pull can still have some, which the stream delivers again.
            if (isOver) return
            left--
            this.#asked--
            this.#take(message)
          }
        }).pipe(
          // Without a connection, the client waits for another one.
          Effect.timeout(pullWithin * 3),
          Effect.ensuring(
            Effect.sync(() => {
              isOver = true
              this.#asked -= left
              this.#pulls--
              this.#changed.notify()
            })
          )
        )
      })
    )
  )

  /** How many messages the lane can hold, if all are as long as the longest so far. */
  get #capacity(): number {
    const { inFlight, inFlightBytes } = this.#target
    return Math.max(1, Math.min(inFlight, Math.floor(inFlightBytes / (this.#longest || guessedBytes))))
  }

  /** The messages that are worth a pull or a batch. */
  get #enough(): number {
    return Math.max(1, this.#capacity >> 2)
  }

  get #room(): number {
    return this.#capacity - this.#held.size - this.#asked
  }

  #take(message: JsMsg): void {
    const { data, seq } = message
    this.#longest = Math.max(this.#longest, data.length)
    const held = this.#held.get(seq)
    if (held !== undefined) return void (held.message = message)
    const settled = this.#settled.get(seq)
    if (settled !== undefined) return void this.#end(message, settled)
    const found = read(data)
    if (found._tag === "Newer") return this.#leave(message, found.reason)
    const at = message.info.timestampNanos / 1_000_000
    if (found._tag === "Unreadable") {
      const outcome = { _tag: "Rejected", reason: found.reason } as const
      const one = { message, seq, envelope: undefined, at }
      this.#held.set(seq, one)
      return void this.#bury(one, outcome, 0)
    }
    const { envelope } = found
    // A dead letter of another sink.
    if (envelope.letter !== undefined && envelope.letter.sink !== this.#name) return void this.#end(message, "ack")
    const one = { message, seq, envelope, at }
    this.#held.set(seq, one)
    this.#waiting.push(one)
    this.#changed.notify()
  }

  /** Leaves a message to a newer relay. */
  #leave(message: JsMsg, reason: string): void {
    message.nak(this.#target.returnAfter)
    this.#log("newer", `a message is left for a newer relay: ${reason}`)
  }

  /** Logs a line of a kind if it differs from the one before, and otherwise at most once a minute. */
  #log(kind: "dead" | "newer" | "open", line: string): void {
    const now = Date.now()
    const { at, before } = this.#logged.get(kind) ?? { at: 0, before: "" }
    if (line === before && now - at < 60_000) return
    this.#logged.set(kind, { at: now, before: line })
    this.#environment.log(`${this.#name}: ${line}`)
  }

  /** Sends until it is interrupted. */
  readonly #sending: Effect.Effect<never> = Effect.suspend(() =>
    Effect.andThen(
      this.#changed.until(() => this.#waiting.length > 0 && !this.#isClosing),
      Effect.andThen(
        Effect.suspend(() => (this.#isFull ? Effect.void : Effect.sleep(linger))),
        this.#send
      )
    )
  ).pipe(Effect.forever)

  get #isFull(): boolean {
    return this.#waiting.length >= Math.min(this.#delivery.limits.messages, this.#enough)
  }

  readonly #send: Effect.Effect<void> = Effect.suspend(() => {
    const batch = this.#waiting.splice(0, this.#delivery.limits.messages)
    if (batch.length === 0) return Effect.void
    return Effect.map(this.#delivery.deliver(batch), (receipts) => {
      for (const [index, one] of batch.entries()) void this.#settle(one, receipts[index]!)
    })
  })

  async #settle(one: Held, { attempts, outcome }: Receipt.Receipt): Promise<void> {
    if (outcome._tag === "Rejected") return this.#bury(one, outcome, attempts)
    if (Receipt.isLost(outcome)) one.message.nak(this.#target.returnAfter)
    else await this.#end(one.message, "ack")
    this.#release(one)
  }

  /** Stores a dead letter, and only then ends the message. */
  async #bury(one: Held, outcome: deadLetters.Letter["outcome"], attempts: number): Promise<void> {
    const { envelope, message, seq } = one
    const letter = { sink: this.#name, seq, body: message.data, envelope, outcome, attempts, at: Date.now() }
    const { deadLetters: to, stream } = this.#target
    try {
      await deadLetters.store(this.#connected!, to, stream, letter)
      await this.#end(one.message, "term")
    } catch (error) {
      this.#log("dead", `a dead letter cannot be stored, and waits: ${(error as Error).message}`)
      this.#looks = true
      one.message.nak(this.#target.returnAfter)
    }
    this.#release(one)
  }

  #release({ seq }: Held): void {
    this.#held.delete(seq)
    this.#changed.notify()
  }

  /** Ends a message. Nothing confirms `term`. */
  async #end(message: JsMsg, how: "ack" | "term"): Promise<void> {
    const { seq } = message
    this.#settled.set(seq, how)
    if (this.#settled.size > this.#target.inFlight * settledPerHeld) {
      const [oldest] = this.#settled.keys()
      this.#settled.delete(oldest!)
    }
    if (how === "term") return message.term()
    try {
      await message.ackAck({ timeout: confirmWithin })
      this.#settled.delete(seq)
    } catch {
      // It comes again.
    }
  }
}
