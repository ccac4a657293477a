/**
 * The JSON of messages on their way, as UTF-8 in slabs: pieces of memory outside of V8's heap, where no collection copies it. A slab is used
 * again once nothing pins it.
 */
import { allocate, type Bytes, lengthOf, read, write } from "./utf8.ts"

/** The bytes of a slab. */
const size = 65_536
/** The slabs that wait to be used again: at least some, so that what has just been written stays for a while, and at most so many. */
const fewest = 2
const most = 128
/** What separates the elements of a JSON array. One is written after every text. */
const comma = 44

class Slab {
  readonly bytes: Bytes
  /** How often it has been used again. */
  generation = 0
  /** Whether it has many texts, one after the other. */
  readonly isShared: boolean
  /** How many read it, or will: those that nothing unpins read it for ever. */
  pins = 0
  #isFull = false

  constructor(bytes: number, isShared: boolean) {
    this.bytes = allocate(bytes)
    this.isShared = isShared
  }

  unpin(): void {
    if (--this.pins === 0 && this.#isFull) this.#recycle()
  }

  /** Nothing more is written to it. */
  end(): void {
    this.#isFull = true
    if (this.pins === 0) this.#recycle()
  }

  #recycle(): void {
    if (!this.isShared || free.length === most) return
    this.#isFull = false
    free.push(this)
  }

  /** Undefined if it has been pinned again since it is free. */
  reuse(): this | undefined {
    if ((this.#isFull = this.pins > 0)) return undefined
    this.generation++
    return this
  }
}

const free: Array<Slab> = []
let current = new Slab(size, true)
let end = 0

/** Moves on to a slab with room. */
const next = (): void => {
  current.end()
  current = (free.length > fewest ? free.shift()!.reuse() : undefined) ?? new Slab(size, true)
  end = 0
}

const overwritten = (): Error => new Error("a batch was read after its request had ended: read it earlier")

/** A JSON text in a slab. It may be overwritten once nothing pins it. */
export class Written {
  readonly #slab: Slab
  readonly #start: number
  readonly #generation: number
  /** Its bytes, without the comma after it. */
  readonly bytes: number

  constructor(slab: Slab, start: number, bytes: number) {
    this.#slab = slab
    this.#start = start
    this.#generation = slab.generation
    this.bytes = bytes
    slab.bytes[start + bytes] = comma
  }

  /** Whether it has not been overwritten. */
  get isThere(): boolean {
    return this.#slab.generation === this.#generation
  }

  get text(): string {
    if (!this.isThere) throw overwritten()
    return read(this.#slab.bytes, this.#start, this.#start + this.bytes)
  }

  /** Keeps it from being overwritten until it is unpinned. */
  pin(): void {
    this.#slab.pins++
  }

  unpin(): void {
    this.#slab.unpin()
  }

  get copy(): Uint8Array {
    // `slice` of Node's buffers would not copy.
    return new Uint8Array(this.#slab.bytes.subarray(this.#start, this.#start + this.bytes))
  }

  /** The same in memory of its own, which nothing overwrites. */
  get lasting(): Written {
    if (!this.#slab.isShared) return this
    const own = new Slab(this.bytes + 1, false)
    own.bytes.set(this.#slab.bytes.subarray(this.#start, this.#start + this.bytes))
    return new Written(own, 0, this.bytes)
  }

  /** Several texts with commas between them, in as few pieces as they lie in. */
  static runs(texts: ReadonlyArray<Written>): Array<Uint8Array> {
    if (!texts.every(({ isThere }) => isThere)) throw overwritten()
    const chunks: Array<Uint8Array> = []
    let from = texts.length === 0 ? 0 : texts[0]!.#start
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index]!
      const next = texts[index + 1]
      const end = text.#start + text.bytes
      if (next !== undefined && next.#slab === text.#slab && next.#start === end + 1) continue
      chunks.push(text.#slab.bytes.subarray(from, next === undefined ? end : end + 1))
      if (next !== undefined) from = next.#start
    }
    return chunks
  }
}

/** Writes a text. Pin it before anything else is written. */
export const written = (text: string): Written => {
  let room = text.length * 3 + 1
  if (room > current.bytes.length - end) {
    room = lengthOf(text) + 1
    if (room > size) {
      const own = new Slab(room, false)
      return new Written(own, 0, write(own.bytes, 0, text))
    }
    if (room > current.bytes.length - end) next()
  }
  const own = new Written(current, end, write(current.bytes, end, text))
  end += own.bytes + 1
  return own
}
