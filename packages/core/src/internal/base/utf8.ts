/** Text as UTF-8. Uses Node's own functions where available: they need no view for each text. */

export interface Bytes extends Uint8Array<ArrayBuffer> {
  readonly write?: (text: string, at: number) => number
  readonly utf8Slice?: (from: number, to: number) => string
}

const NodeBuffer = (
  globalThis as {
    readonly Buffer?: {
      readonly allocUnsafeSlow?: (size: number) => Bytes
      readonly byteLength?: (text: string) => number
    }
  }
).Buffer

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const lengthOf: (text: string) => number = NodeBuffer?.byteLength ?? ((text) => encoder.encode(text).length)

/** Uninitialised memory. */
export const allocate: (size: number) => Bytes = NodeBuffer?.allocUnsafeSlow ?? ((size) => new Uint8Array(size))

/** Returns the number of bytes that it wrote. */
export const write = (bytes: Bytes, at: number, text: string): number =>
  bytes.write === undefined ? encoder.encodeInto(text, bytes.subarray(at)).written : bytes.write(text, at)

export const read = (bytes: Bytes, from: number, to: number): string =>
  bytes.utf8Slice?.(from, to) ?? decoder.decode(bytes.subarray(from, to))

/** Several texts, one after another. Joining them first would copy each text two more times. */
export const concat = (texts: ReadonlyArray<string>): Uint8Array => {
  const all = allocate(texts.reduce((sum, text) => sum + lengthOf(text), 0))
  let at = 0
  for (const text of texts) at += write(all, at, text)
  return all
}
