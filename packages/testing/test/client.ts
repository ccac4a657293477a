import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"

/** The body as text, gzipped where that is asked for; what is no text goes as JSON. */
export interface Post {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly gzip?: boolean
  readonly method?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The response as soon as its head has come. Redirects are not followed. */
export const open = (url: string, { body, gzip = false, headers = {}, method = "POST" }: Post) =>
  Effect.tryPromise((signal) => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    return fetch(url, {
      method,
      redirect: "manual",
      signal,
      headers: {
        "content-type": "application/json",
        ...(gzip ? { "content-encoding": "gzip" } : {}),
        ...headers
      },
      ...(text === undefined ? {} : { body: gzip ? Zlib.gzipSync(text) : text })
    })
  })

/** The whole response; fails where the connection does. */
export const post = Effect.fnUntraced(function* (url: string, options: Post) {
  const response = yield* open(url, options)
  const text = yield* Effect.tryPromise(() => response.text())
  return { status: response.status, headers: response.headers, text } satisfies Reply
})

export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`
})

/** A text of so many bytes. */
export const long = (bytes: number) => "x".repeat(bytes)
