import type { Envelope } from "../../Envelope.ts"
import type * as Message from "../../Message.ts"
import type { Outcome } from "../../Receipt.ts"
import { Json } from "../base/jsonText.ts"
import { Written } from "../base/slab.ts"
import type { MessageShape } from "../event/messageShape.ts"
import { envelopeOf } from "./envelope.ts"
import type { Batch, Deliverable } from "./model.ts"

/** A message as a sink sends it, and as it was tracked. */
export interface Prepared {
  readonly given: Deliverable
  readonly message: Message.Message
  /** Its JSON, pinned until the message has its receipt. */
  readonly json?: Written | undefined
  /** Whether only the JSON exists so far. Reading the others makes them from it. */
  readonly isJson?: boolean | undefined
  /** The result of the sink's `encode`. */
  readonly encoded?: Written | undefined
  /** Whether a request uses its JSON, and nothing reads it afterwards. */
  isLent?: boolean
  /** Moves its bytes out of memory that few others need. */
  readonly move?: () => void
}

type Reshape = (shape: MessageShape) => MessageShape

type Messages = Batch["messages"]

const encoder = new TextEncoder()
const open = encoder.encode("[")
const close = encoder.encode("]")

/** Another copy of the package has another class but the same symbols. */
const deliverables = Symbol.for("@trackmap/core/deliverables")
const lending = Symbol.for("@trackmap/core/lending")
const moving = Symbol.for("@trackmap/core/moving")
const refusals = Symbol.for("@trackmap/core/refusals")

class MessageBatch implements Batch {
  readonly #prepared: ReadonlyArray<Prepared>
  readonly #reshape: Reshape
  /** Called when messages that exist only as JSON are read. */
  readonly #asked: () => void
  #messages: Messages | undefined
  #json: ReadonlyArray<Uint8Array> | undefined
  #envelopes: ReadonlyArray<Envelope> | undefined

  constructor(prepared: ReadonlyArray<Prepared>, reshape: Reshape, asked: () => void) {
    this.#prepared = prepared
    this.#reshape = reshape
    this.#asked = asked
  }

  get messages(): Messages {
    if (this.#messages !== undefined) return this.#messages
    if (this.#prepared.some(({ isJson }) => isJson)) this.#asked()
    return (this.#messages = this.#prepared.map(({ message }) => message) as unknown as Messages)
  }

  [deliverables](): ReadonlyArray<Deliverable> {
    return this.#prepared.map(({ given, message }) => {
      if (message === given.message) return given
      const { consent, letter, purposes, shape, violations } = given
      return { message, purposes, consent, shape: this.#reshape(shape), violations, letter }
    })
  }

  [refusals](reject: Reject): ReadonlyArray<string | undefined> {
    return this.#prepared.map((one) => (one.isJson === true ? undefined : reject(one.message)))
  }

  [lending](what: "json" | "encoded"): Loan {
    const texts = what === "json" ? this.#written : this.#records
    if (what === "json") for (const one of this.#prepared) one.isLent = true
    return {
      batch: new LentBatch(this.#prepared, this.#reshape, this.#asked, { [what]: texts }),
      keep: () => texts.forEach((text) => text.pin())
    }
  }

  [moving](): void {
    for (const one of this.#prepared) one.move?.()
  }

  get envelopes(): ReadonlyArray<Envelope> {
    return (this.#envelopes ??= this[deliverables]().map(envelopeOf))
  }

  get encoded(): ReadonlyArray<number> {
    return [...this.#prepared.keys()].filter((place) => this.#prepared[place]!.encoded !== undefined)
  }

  get #records(): ReadonlyArray<Written> {
    return this.#prepared.flatMap(({ encoded }) => encoded ?? [])
  }

  get encodedArray(): ReadonlyArray<Uint8Array> {
    return [open, joined(Written.runs(this.#records)), close]
  }

  get length(): number {
    return this.#prepared.length
  }

  [Symbol.iterator](): Iterator<Message.Message> {
    return this.messages[Symbol.iterator]()
  }

  /** So that `JSON.stringify` writes the messages. */
  toJSON(): Messages {
    return this.messages
  }

  map<A>(f: (message: Message.Message, index: number) => A): Array<A> {
    return this.messages.map((message, index) => f(message, index))
  }

  all(outcome: Outcome): ReadonlyArray<Outcome> {
    return new Array<Outcome>(this.length).fill(outcome)
  }

  get #written(): ReadonlyArray<Written> {
    const gone = this.#prepared.some(({ json }) => json?.isThere !== true)
    // Writing those that are gone may overwrite the others.
    return this.#prepared.map(({ json }, at) => {
      if (json?.isThere !== true) return Json.lasting(this.#prepared[at]!.message)
      return gone ? json.lasting : json
    })
  }

  /** Copies, since a sink may keep them longer than the tracker keeps the originals. */
  get json(): ReadonlyArray<Uint8Array> {
    return (this.#json ??= this.#written.map(({ copy }) => copy))
  }

  get jsonArray(): ReadonlyArray<Uint8Array> {
    return [open, joined(Written.runs(this.#written)), close]
  }

  at(places: ReadonlyArray<number>): Batch {
    const some = places.map((place) => this.#prepared[place]!)
    return new MessageBatch(some, this.#reshape, this.#asked)
  }
}

const mostPieces = 20

/** The texts of a batch in the tracker's own memory. */
interface Lent {
  readonly json?: ReadonlyArray<Written>
  readonly encoded?: ReadonlyArray<Written>
}

/** A batch whose `jsonArray` or `encodedArray` uses the tracker's own memory. */
class LentBatch extends MessageBatch {
  readonly #lent: Lent

  constructor(prepared: ReadonlyArray<Prepared>, reshape: Reshape, asked: () => void, lent: Lent) {
    super(prepared, reshape, asked)
    this.#lent = lent
  }

  override get jsonArray(): ReadonlyArray<Uint8Array> {
    return this.#lent.json === undefined ? super.jsonArray : [open, ...Written.runs(this.#lent.json), close]
  }

  override get encodedArray(): ReadonlyArray<Uint8Array> {
    if (this.#lent.encoded === undefined) return super.encodedArray
    const runs = Written.runs(this.#lent.encoded)
    // The system takes longer to send many small pieces than to copy them.
    return [open, ...(runs.length > mostPieces ? [joined(runs)] : runs), close]
  }
}

/** A batch for one request. */
export interface Loan {
  readonly batch: Batch
  /** Never reuses its memory: the request did not end cleanly, and a connection may still read it. */
  readonly keep: () => void
}

/** Lends the JSON of a batch's messages, or their records. */
export const lend = (batch: Batch, what: "json" | "encoded"): Loan =>
  lending in batch ? (batch as MessageBatch)[lending](what) : { batch, keep: () => {} }

/** Moves the bytes of a batch that waits for its next attempt out of memory that few others need. */
export const move = (batch: Batch): void => {
  if (moving in batch) (batch as MessageBatch)[moving]()
}

type Reject = (message: Message.Message) => string | undefined

/** Why a sink does not send messages. A message that exists only as JSON passed the check when it was tracked. */
export const refusalsOf = (batch: Batch, reject: Reject): ReadonlyArray<string | undefined> =>
  refusals in batch ? (batch as MessageBatch)[refusals](reject) : batch.map(reject)

const joined = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** A batch of one or more prepared messages. `reshape` returns their shapes. */
export const makeBatch = (prepared: ReadonlyArray<Prepared>, reshape: Reshape, asked: () => void = () => {}): Batch =>
  new MessageBatch(prepared, reshape, asked)

/** The messages of a batch as the sink sends them, with their purposes, consent, shapes and violations. */
export const deliverablesOf = (batch: Batch): ReadonlyArray<Deliverable> => (batch as MessageBatch)[deliverables]()
