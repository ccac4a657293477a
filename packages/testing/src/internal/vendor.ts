import type { Message } from "../Fault.ts"

/** A request whose body has been read. `text` is undefined where the body cannot be decompressed. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly text: string | undefined
  /** The bytes of the decompressed body. */
  readonly size: number
  /** When it was read, in milliseconds since 1970. */
  readonly now: number
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** A request that is understood: what it brings, and how to keep it. Records that `refuses` picks fail one by one. */
export interface Call {
  readonly messages: ReadonlyArray<Message>
  readonly commit: (refuses: (message: Message) => boolean) => Answer
}

/** What is one vendor's own. */
export interface Vendor {
  readonly read: (exchange: Exchange) => Call | Answer
  /** How the vendor says a status. */
  readonly refusal: (status: number, exchange: Exchange) => Answer
  /** How the vendor would say no in the body of a 200. */
  readonly denial: (exchange: Exchange) => Answer
  readonly clear: () => void
}

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

export const isRecord = (u: unknown): u is Message => typeof u === "object" && u !== null && !Array.isArray(u)

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

export const mediaType = (exchange: Exchange): string =>
  (exchange.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase()

/** The user and the password of Basic authentication. Without a colon there is neither. */
export const basic = (exchange: Exchange): readonly [user: string, password: string] | undefined => {
  const encoded = /^basic +(.+)$/i.exec(exchange.headers["authorization"] ?? "")?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString()
  const colon = text.indexOf(":")
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}
