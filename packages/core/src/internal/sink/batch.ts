import type { Envelope } from "../../Envelope.ts"
import * as Message from "../../Message.ts"
import type { Outcome } from "../../Receipt.ts"
import type { MessageShape } from "../event/messageShape.ts"
import { envelopeOf } from "./envelope.ts"
import type { Batch, Deliverable } from "./model.ts"

/** A message as a sink sends it, and as it was before. */
export interface Prepared {
  readonly given: Deliverable
  readonly message: Message.Message
}

type Reshape = (shape: MessageShape) => MessageShape

type Messages = Batch["messages"]

const encoder = new TextEncoder()
const open = encoder.encode("[")
const comma = encoder.encode(",")
const close = encoder.encode("]")

/** Another copy of the package has another class, and the same symbol. */
const deliverables = Symbol.for("@trackmap/core/deliverables")

class MessageBatch implements Batch {
  readonly messages: Messages
  readonly #prepared: ReadonlyArray<Prepared>
  readonly #reshape: Reshape
  #json: ReadonlyArray<Uint8Array> | undefined
  #envelopes: ReadonlyArray<Envelope> | undefined
  /** The JSON of the messages, joined with commas. */
  #elements: Uint8Array | undefined

  constructor(prepared: ReadonlyArray<Prepared>, reshape: Reshape, json?: ReadonlyArray<Uint8Array>) {
    this.messages = prepared.map(({ message }) => message) as unknown as Messages
    this.#prepared = prepared
    this.#reshape = reshape
    this.#json = json
  }

  [deliverables](): ReadonlyArray<Deliverable> {
    return this.#prepared.map(({ given, message }) => {
      if (message === given.message) return given
      const { consent, letter, purposes, shape, violations } = given
      return { message, purposes, consent, shape: this.#reshape(shape), violations, letter }
    })
  }

  get envelopes(): ReadonlyArray<Envelope> {
    return (this.#envelopes ??= this[deliverables]().map(envelopeOf))
  }

  get length(): number {
    return this.messages.length
  }

  [Symbol.iterator](): Iterator<Message.Message> {
    return this.messages[Symbol.iterator]()
  }

  /** `JSON.stringify` writes the messages. */
  toJSON(): Messages {
    return this.messages
  }

  map<A>(f: (message: Message.Message, index: number) => A): Array<A> {
    return this.messages.map((message, index) => f(message, index))
  }

  all(outcome: Outcome): ReadonlyArray<Outcome> {
    return new Array<Outcome>(this.length).fill(outcome)
  }

  get json(): ReadonlyArray<Uint8Array> {
    if (this.#json !== undefined) return this.#json
    let at = 0
    const elements = this.#joined
    return (this.#json = this.messages.map((message) => {
      const start = at
      const end = start + Message.byteLength(message)
      at = end + comma.length
      return elements.subarray(start, end)
    }))
  }

  get jsonArray(): ReadonlyArray<Uint8Array> {
    return [open, this.#joined, close]
  }

  get #joined(): Uint8Array {
    return (this.#elements ??= this.#json === undefined ? encoder.encode(this.#text) : join(this.#json))
  }

  get #text(): string {
    return this.messages.map(Message.toJson).join(",")
  }

  at(places: ReadonlyArray<number>): Batch {
    const json = this.#json ?? (this.#elements === undefined ? undefined : this.json)
    return new MessageBatch(
      places.map((place) => this.#prepared[place]!),
      this.#reshape,
      json && places.map((place) => json[place]!)
    )
  }
}

/** Joins texts with commas. */
const join = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  if (first === undefined) return new Uint8Array()
  const length = parts.reduce((sum, part) => sum + part.length + comma.length, -comma.length)
  if (areNeighbours(parts)) return new Uint8Array(first.buffer, first.byteOffset, length)
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    if (at > 0) joined.set(comma, at++)
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether these parts are adjacent in one buffer, with commas between them. */
const areNeighbours = (parts: ReadonlyArray<Uint8Array>): boolean =>
  parts.every((part, index) => {
    const before = parts[index - 1]
    return (
      before === undefined ||
      (before.buffer === part.buffer && before.byteOffset + before.length + comma.length === part.byteOffset)
    )
  })

/** A batch of prepared messages, at least one. `reshape` gives their shapes. */
export const makeBatch = (prepared: ReadonlyArray<Prepared>, reshape: Reshape): Batch =>
  new MessageBatch(prepared, reshape)

/** The messages of a batch as they are sent, with what is known about them. */
export const deliverablesOf = (batch: Batch): ReadonlyArray<Deliverable> => (batch as MessageBatch)[deliverables]()
