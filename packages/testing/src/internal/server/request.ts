import * as Effect from "effect/Effect"
import type * as Http from "node:http"
import * as Zlib from "node:zlib"
import type * as Fault from "../../Fault.ts"
import { parse } from "./json.ts"
import type { Request } from "./model.ts"

/** The part of a request that is known before its body is read. */
export type Head = Omit<Fault.Head, "index">

/** Gets its status once the server has responded. */
export interface Recorded extends Request {
  status: number | undefined
}

export const headOf = (request: Http.IncomingMessage): Head => {
  const url = new URL(request.url!, "http://127.0.0.1")
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    method: request.method!,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers)
  }
}

/** A request whose body has been read, as its raw bytes. */
export const whole = (head: Head, raw: Buffer, at: number): Recorded => {
  const body = decompressed(raw, head.headers["content-encoding"])
  const text = body?.toString() ?? ""
  return { ...head, text, body: parse(text), bytes: raw.length, size: body?.length ?? 0, at, status: undefined }
}

/** A request that the server breaks off after a number of bytes. */
export const brokenOff = (head: Head, bytes: number, at: number): Recorded => ({
  ...head,
  text: "",
  body: undefined,
  bytes,
  size: 0,
  at,
  status: undefined
})

/** The number of bytes of the body's first chunk, or 0 if there is no body. */
export const readSome = (request: Http.IncomingMessage): Effect.Effect<number> =>
  Effect.callback((resume) => {
    request.once("data", (chunk: Buffer) => {
      request.pause()
      resume(Effect.succeed(chunk.length))
    })
    request.once("end", () => resume(Effect.succeed(0)))
  })

export const readAll = (request: Http.IncomingMessage): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  })

const decompressed = (raw: Buffer, encoding = "identity"): Buffer | undefined => {
  if (encoding === "identity") return raw
  if (encoding !== "gzip") return undefined
  try {
    return Zlib.gunzipSync(raw)
  } catch {
    return undefined
  }
}

/** The media type of the body, in lower case and without parameters. */
export const mediaType = (request: Request): string =>
  (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase()

/** The user and the password of Basic authentication. Without a colon there is neither. */
export const basic = (request: Request): readonly [user: string, password: string] | undefined => {
  const encoded = /^basic +(.+)$/i.exec(request.headers["authorization"] ?? "")?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, "base64").toString()
  const colon = text.indexOf(":")
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}
