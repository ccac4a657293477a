import { connectionFailed, type Exchange, type Outgoing, type Response } from "@trackmap/core/HttpTransport"
import type * as http from "node:http"
import type * as https from "node:https"
import type { Readable } from "node:stream"
import { nextTurn } from "./turns.ts"

/**
 * Node's own modules, loaded on demand, so that a bundle for a platform without them resolves, and fails only when it makes the transport.
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

export interface Agents {
  readonly http: http.Agent
  readonly https: https.Agent
  readonly destroy: () => void
}

/** Node's options, and by default the proxies that Node itself uses, if it was started to use those of its environment. */
const complete = (given: https.AgentOptions): https.AgentOptions => {
  const { keepAlive = true, maxSockets = 64, timeout = 4_000 } = given
  const { options: own } = node.http.globalAgent as { readonly options?: https.AgentOptions }
  return { ...given, keepAlive, maxSockets, timeout, proxyEnv: given.proxyEnv ?? own?.proxyEnv }
}

/** Agents that are made on demand. They close a kept connection at a maximum age, in milliseconds. */
export const agentsOf = (options: https.AgentOptions, maxAge: number): Agents => {
  let plain: http.Agent | undefined
  let secure: https.Agent | undefined
  return {
    get http() {
      return (plain ??= aging(new node.http.Agent(complete(options)), maxAge))
    },
    get https() {
      return (secure ??= aging(new node.https.Agent(complete(options)), maxAge))
    },
    destroy: () => {
      plain?.destroy()
      secure?.destroy()
    }
  }
}

/** Makes an agent close connections of some age: names are looked up only for new ones. */
const aging = <A extends http.Agent>(agent: A, maxAge: number): A => {
  const since = new WeakMap<object, number>()
  const { keepSocketAlive } = agent
  // Node keeps the connection if this returns true, although its type does not show it.
  agent.keepSocketAlive = (socket): boolean => {
    const now = performance.now()
    const first = since.get(socket) ?? now
    since.set(socket, first)
    return now - first < maxAge && Boolean(keepSocketAlive.call(agent, socket) as unknown)
  }
  return agent
}

/**
 * Posts, and passes the response to the callbacks. Aborting destroys the connection at once: Node then writes no more of the body. After the
 * body was written and the response read, the connection is back in the pool, and aborting does nothing.
 */
export const sendWith =
  (agents: Agents) =>
  (outgoing: Outgoing, exchange: Exchange): (() => void) => {
    const request = requestOf(agents, outgoing)
    let hasResponse = false
    request.on("error", (error) => {
      if (!hasResponse) exchange.fail(connectionFailed(error, false))
    })
    request.on("response", (response) => {
      hasResponse = true
      receive(response, exchange)
    })
    request.cork()
    for (const chunk of outgoing.body) request.write(chunk)
    request.end()
    return () => void request.destroy()
  }

/** Some firewalls refuse requests without a user agent. Node's `fetch` uses this name, too. */
const ownHeaders = { "accept-encoding": "gzip, br", "user-agent": "node" }

const requestOf = (agents: Agents, { body, headers, url }: Outgoing): http.ClientRequest => {
  let length = 0
  for (const chunk of body) length += chunk.length
  const options = { method: "POST", headers: { ...ownHeaders, ...headers, "content-length": length } }
  return url.startsWith("https:")
    ? node.https.request(url, { ...options, agent: agents.https })
    : node.http.request(url, { ...options, agent: agents.http })
}

/** Node joins the values of repeated headers, except for this one. */
const headersOf = ({ "set-cookie": cookies, ...headers }: http.IncomingHttpHeaders): Response["headers"] =>
  cookies === undefined
    ? (headers as Response["headers"])
    : { ...(headers as Response["headers"]), "set-cookie": cookies.join(", ") }

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

const receive = (response: http.IncomingMessage, exchange: Exchange): void => {
  exchange.begin(response.statusCode!, headersOf(response.headers))
  const fail = (error?: unknown): void => exchange.fail(connectionFailed(error, true))
  const body = decoded(response)
  response.on("error", fail)
  response.on("close", () => {
    if (!response.complete) fail()
  })
  body.on("error", fail)
  // The connection is free again only after this turn of the event loop, and the next batch is to have it.
  body.on("end", () => void nextTurn(() => exchange.end()))
  body.on("data", (chunk: Uint8Array) => {
    if (!exchange.take(chunk)) body.destroy()
  })
}
