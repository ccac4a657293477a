import type { Message } from "../../Message.ts"
import { type Written, written } from "../base/slab.ts"
import type { Prepared } from "../sink/batch.ts"
import type { Deliverable } from "../sink/model.ts"
import type { Accepted } from "./accepted.ts"

/** What a sink keeps of a message if it needs more of it than its JSON. */
type Kept = Pick<Prepared, "given" | "message">

/**
 * A message that has no receipt of one sink yet. It is a class for V8's sake: where many live long, V8 allocates the objects of a literal
 * as old ones from then on, and these keep all that they lead to alive through every minor collection, long after they are dead.
 */
export class PendingMessage implements Prepared {
  readonly accepted: Accepted
  /** Undefined if it has no JSON, or none that is sent. */
  readonly json: Written | undefined
  /** When it was tracked, in milliseconds. */
  readonly at: number
  /** Ascending, so that a flush knows which messages it waits for. */
  readonly seq: number
  /** The message without the personal data that the sink hides. Undefined until somebody asks, if the sink keeps the JSON only. */
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

  /** Its share of a batch's JSON, with a comma. */
  get bytes(): number {
    return this.json === undefined ? 0 : this.json.bytes + 1
  }

  get isJson(): boolean {
    return this.#message === undefined
  }

  /** Keeps what its sink sends for it, until it has its receipt. */
  encode(text: string): void {
    this.encoded = written(text)
    this.encoded.pin()
    this.isLent = true
  }

  get given(): Deliverable {
    return (this.#given ??= this.accepted.with(this.message))
  }

  /** What the sink sends for it. */
  get message(): Message {
    return (this.#message ??= JSON.parse(this.json!.text) as Message)
  }

  /** It has its receipt, so that its JSON may be overwritten, unless a sink may have kept the batch, and look into it later. */
  end(): void {
    if (this.isLent || !this.isJson) this.json?.unpin()
    this.encoded?.unpin()
  }

  /** Its JSON is never overwritten: it has its receipt while it may still be sent. */
  keep(): void {
    this.json?.pin()
  }
}
