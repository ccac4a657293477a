import { connectionFailed, type Failure, type Incoming, type Outgoing } from "@trackmap/core/HttpTransport"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as http from "node:http"
import type * as https from "node:https"
import type { Readable } from "node:stream"
import { nextTurn } from "./turns.ts"

interface Agents {
  readonly "http:": http.Agent
  readonly "https:": https.Agent
}

/**
 * Node's own modules, taken when they are needed: a bundle for a platform without them then resolves, and fails only where the transport is
 * made.
 */
const node = {
  get http() {
    return process.getBuiltinModule("node:http")
  },
  get https() {
    return process.getBuiltinModule("node:https")
  },
  get zlib() {
    return process.getBuiltinModule("node:zlib")
  }
}

export const agentsOf = (options: https.AgentOptions): Agents => ({
  "http:": new node.http.Agent(options),
  "https:": new node.https.Agent(options)
})

export const sendWith =
  (agents: Agents) =>
  (outgoing: Outgoing): Effect.Effect<Incoming, Failure, Scope.Scope> =>
    Effect.flatMap(
      Effect.acquireRelease(
        Effect.sync(() => requestOf(agents, outgoing)),
        // A response that has been read to its end has given its connection back already.
        (request) => Effect.sync(() => void request.destroy())
      ),
      (request) =>
        Effect.callback<Incoming, Failure>((resume) => {
          request.on("error", (error) => resume(Effect.fail(connectionFailed(error, false))))
          request.on("response", (response) =>
            resume(
              Effect.succeed({
                status: response.statusCode!,
                headers: headersOf(response.headers),
                read: (take) => read(response, take)
              })
            )
          )
          request.cork()
          for (const chunk of outgoing.body) request.write(chunk)
          request.end()
        })
    )

const requestOf = (agents: Agents, { body, headers, url }: Outgoing): http.ClientRequest => {
  const length = body.reduce((sum, chunk) => sum + chunk.length, 0)
  const options = { method: "POST", headers: { "accept-encoding": "gzip, br", ...headers, "content-length": length } }
  return url.startsWith("https:")
    ? node.https.request(url, { ...options, agent: agents["https:"] })
    : node.http.request(url, { ...options, agent: agents["http:"] })
}

const headersOf = (headers: http.IncomingHttpHeaders): Incoming["headers"] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value])
  )

/** The bytes of a body, as its text has them. */
const decoded = (response: http.IncomingMessage): Readable => {
  switch (response.headers["content-encoding"]?.toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return response.pipe(node.zlib.createGunzip())
    case "deflate":
      return response.pipe(node.zlib.createInflate())
    case "br":
      return response.pipe(node.zlib.createBrotliDecompress())
    default:
      return response
  }
}

const read = (response: http.IncomingMessage, take: (chunk: Uint8Array) => boolean): Effect.Effect<void, Failure> =>
  Effect.callback((resume) => {
    const fail = (error?: unknown): void => resume(Effect.fail(connectionFailed(error, true)))
    const body = decoded(response)
    response.on("error", fail)
    response.on("close", () => {
      if (!response.complete) fail()
    })
    body.on("error", fail)
    // The connection is free again only after this turn of the event loop, and the next batch is to have it.
    body.on("end", () => void nextTurn(() => resume(Effect.void)))
    body.on("data", (chunk: Uint8Array) => {
      if (take(chunk)) return
      body.pause()
      resume(Effect.void)
    })
  })
