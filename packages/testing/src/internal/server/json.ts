import type { Answer } from "./model.ts"

/** An answer whose body is JSON. */
export const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** The JSON value of a text, or undefined: no JSON text stands for undefined. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The bytes of a value's JSON. */
export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Whether a JSON value is an object. */
export const isRecord = (u: unknown): u is Readonly<Record<string, any>> =>
  typeof u === "object" && u !== null && !Array.isArray(u)
