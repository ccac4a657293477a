/**
 * The JSON of messages that have no receipt yet, as UTF-8 in slabs: pieces of memory outside V8's heap, where no collection copies it. A slab
 * can be reused when nothing pins it.
 */
import { allocate, type Bytes, lengthOf, read, write } from "./utf8.ts"

/** The bytes of a slab. */
const size = 65_536
/** The limits for free slabs. Keeping a few delays reuse, so that recent JSON stays readable for a while. */
const fewest = 2
const most = 128
/** Written after every text, to separate the elements of a JSON array. */
const comma = 44

class Slab {
  readonly bytes: Bytes
  /** How often it has been reused. */
  generation = 0
  /** Whether it contains many texts, one after another. */
  readonly isShared: boolean
  /** The number of current and future readers. A reader that is never unpinned keeps the slab from being reused. */
  pins = 0
  /** The number of texts in it. */
  texts = 0
  #isFull = false

  constructor(bytes: number, isShared: boolean) {
    this.bytes = allocate(bytes)
    this.isShared = isShared
  }

  unpin(): void {
    if (--this.pins === 0 && this.#isFull) this.#recycle()
  }

  /** Marks it as full. */
  end(): void {
    this.#isFull = true
    if (this.pins === 0) this.#recycle()
  }

  /** Whether it is full, and pinned for so few of its texts that copies of them take less memory. */
  get isSparse(): boolean {
    return this.isShared && this.#isFull && this.pins * 4 < this.texts
  }

  #recycle(): void {
    if (!this.isShared || free.length === most) return
    this.#isFull = false
    free.push(this)
  }

  /** Returns undefined if it has been pinned again since it became free. */
  reuse(): this | undefined {
    if ((this.#isFull = this.pins > 0)) return undefined
    this.generation++
    this.texts = 0
    return this
  }
}

const free: Array<Slab> = []

const overwritten = (): Error => new Error("a batch was read after its request had ended: read it earlier")

/** A JSON text in a slab, which may overwrite it when nothing pins it. */
export class Written {
  readonly #slab: Slab
  readonly #start: number
  readonly #generation: number
  /** Its number of bytes, without the comma after it. */
  readonly bytes: number

  constructor(slab: Slab, start: number, bytes: number) {
    this.#slab = slab
    this.#start = start
    this.#generation = slab.generation
    this.bytes = bytes
    slab.bytes[start + bytes] = comma
    slab.texts++
  }

  /** Whether it has not been overwritten. */
  get isThere(): boolean {
    return this.#slab.generation === this.#generation
  }

  get text(): string {
    if (!this.isThere) throw overwritten()
    return read(this.#slab.bytes, this.#start, this.#start + this.bytes)
  }

  /** Prevents overwriting until it is unpinned. */
  pin(): void {
    this.#slab.pins++
  }

  unpin(): void {
    this.#slab.unpin()
  }

  get copy(): Uint8Array {
    // `slice` of Node's buffers does not copy.
    return new Uint8Array(this.#slab.bytes.subarray(this.#start, this.#start + this.bytes))
  }

  /** The same text in its own memory, which nothing overwrites. */
  get lasting(): Written {
    if (!this.#slab.isShared) return this
    const own = new Slab(this.bytes + 1, false)
    own.bytes.set(this.#slab.bytes.subarray(this.#start, this.#start + this.bytes))
    return new Written(own, 0, this.bytes)
  }

  /** The same text, copied to its own memory if its slab is pinned for few others. The pin moves along. */
  move(): Written {
    if (!this.#slab.isSparse) return this
    const own = this.lasting
    own.pin()
    this.unpin()
    return own
  }

  /** Several texts with commas between them, without copying. Adjacent texts become one piece. */
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

/** Writes texts one after another, so that those of one writer lie side by side. */
export class Writer {
  #current = new Slab(size, true)
  #end = 0

  #next(): void {
    this.#current.end()
    this.#current = (free.length > fewest ? free.shift()!.reuse() : undefined) ?? new Slab(size, true)
    this.#end = 0
  }

  /** Pin the text before another is written, by any writer. */
  write(text: string): Written {
    let room = text.length * 3 + 1
    if (room > size - this.#end) {
      room = lengthOf(text) + 1
      if (room > size) {
        const own = new Slab(room, false)
        return new Written(own, 0, write(own.bytes, 0, text))
      }
      if (room > size - this.#end) this.#next()
    }
    const own = new Written(this.#current, this.#end, write(this.#current.bytes, this.#end, text))
    this.#end += own.bytes + 1
    return own
  }
}

const shared = new Writer()

/** Writes a text with a writer that everybody shares. */
export const written = (text: string): Written => shared.write(text)
