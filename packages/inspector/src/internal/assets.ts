import files from "#page"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json"
}

interface File {
  readonly text: string
  readonly type: string
  /** Its name changes with its contents. */
  readonly hashed: boolean
  gzipped: Promise<Uint8Array> | undefined
}

const byName = new Map(
  Object.entries(files).map(([name, text]): readonly [string, File] => [
    name,
    {
      text,
      type: types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      hashed: name.startsWith("assets/"),
      gzipped: undefined
    }
  ])
)

/** Effect's compression would run for every response, and these files never change. */
const gzip = async (text: string): Promise<Uint8Array> => {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Whether a client accepts gzip, and has not excluded it (RFC 9110, "Accept-Encoding"). */
const takesGzip = (accept: string | undefined): boolean =>
  (accept ?? "").split(",").some((coding) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding))

/** A file of the page, or undefined if there is none with this name. */
export const get = (
  name: string,
  acceptEncoding: string | undefined
): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined => {
  const file = byName.get(name)
  if (file === undefined) return undefined
  const headers = {
    vary: "Accept-Encoding",
    "cache-control": file.hashed ? "private, max-age=31536000, immutable" : "no-store"
  }
  if (!takesGzip(acceptEncoding)) {
    return Effect.succeed(HttpServerResponse.text(file.text, { contentType: file.type, headers }))
  }
  return Effect.map(
    Effect.promise(() => (file.gzipped ??= gzip(file.text))),
    (bytes) =>
      HttpServerResponse.uint8Array(bytes, {
        contentType: file.type,
        headers: { ...headers, "content-encoding": "gzip" }
      })
  )
}
