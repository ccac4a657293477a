import type { Message } from "../../Message.ts"
import type { Writer, Written } from "../base/slab.ts"
import type { Prepared } from "../sink/batch.ts"
import type { Deliverable } from "../sink/model.ts"
import type { Accepted } from "./accepted.ts"

/** The part of a message that a sink keeps if it needs more than the JSON. */
type Kept = Pick<Prepared, "given" | "message">

/**
 * A message without a receipt from one sink yet. It is a class for V8's sake: if many objects of a literal live long, V8 starts to allocate
 * them as old ones, which keep everything they reference alive through every minor collection, even long after they are dead.
 */
export class PendingMessage implements Prepared {
  readonly accepted: Accepted
  /** Undefined if it has no JSON, or its JSON is not sent. */
  json: Written | undefined
  /** When it was tracked, in milliseconds. */
  readonly at: number
  /** Ascending, so that a flush knows which messages it waits for. */
  readonly seq: number
  /** The message without the personal data that the sink hides. If the sink keeps only the JSON, undefined until first read. */
  #given: Deliverable | undefined
  #message: Message | undefined
  encoded: Written | undefined
  isLent = false

  constructor(accepted: Accepted, json: Written | undefined, at: number, seq: number, kept?: Kept) {
    this.accepted = accepted
    this.json = json
    this.at = at
    this.seq = seq
    this.#given = kept?.given
    this.#message = kept?.message
    json?.pin()
  }

  /** Its bytes in a batch's JSON, including a comma. */
  get bytes(): number {
    return this.json === undefined ? 0 : this.json.bytes + 1
  }

  get isJson(): boolean {
    return this.#message === undefined
  }

  /** Keeps the text that its sink sends for it until the receipt. */
  encode(text: string, writer: Writer): void {
    this.encoded = writer.write(text)
    this.encoded.pin()
    this.isLent = true
  }

  get given(): Deliverable {
    return (this.#given ??= this.accepted.with(this.message))
  }

  /** The message as the sink sends it. */
  get message(): Message {
    return (this.#message ??= JSON.parse(this.json!.text) as Message)
  }

  /** Called with its receipt: its JSON may now be overwritten, unless a sink may have kept the batch to read later. */
  end(): void {
    if (this.isLent || !this.isJson) this.json?.unpin()
    this.encoded?.unpin()
  }

  /** Called while it waits: moves its bytes out of a slab that few others need. */
  move(): void {
    this.json = this.json?.move()
    this.encoded = this.encoded?.move()
  }

  /** Never lets its bytes be overwritten: it has its receipt, but a request may still send it. */
  keep(): void {
    this.json?.pin()
    this.encoded?.pin()
  }
}
