import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { type Answer, idOf, type Received, refusal, type Wire, wires } from "../wire.ts"
import type { Trouble } from "./troubles.ts"

/** A server that counts the events it keeps, by their ids, and misbehaves. */
export interface CountingServer {
  readonly url: string
  /** How often it has kept each event. */
  readonly kept: ReadonlyMap<string, number>
  readonly listen: () => Promise<void>
  readonly close: () => void
}

/** Makes a server with a free port, on which it does not listen yet. */
export const make = async (trouble: Trouble): Promise<CountingServer> => {
  const kept = new Map<string, number>()
  const attempts = new Map<string, number>()
  const sockets = new Set<Socket>()
  let requests = 0
  let since = Number.NaN

  /** The fault of a request, as far as it is known before the body is read. */
  const faultOf = (): Trouble["always"] => {
    const index = requests++
    if (index === 0) since = performance.now()
    if (trouble.first !== undefined && index < trouble.first[1]) return trouble.first[0]
    if (trouble.until !== undefined && performance.now() - since < trouble.until[1]) return trouble.until[0]
    return trouble.always
  }

  const again = (ids: ReadonlyArray<string>): number => {
    const before = attempts.get(ids[0]!) ?? 0
    attempts.set(ids[0]!, before + 1)
    return before
  }

  /** Keeps the events of a request that it does not refuse, and responds. */
  const take = (wire: Wire, request: Received, fault: Trouble["always"]): Answer => {
    const events = wire.read(request)
    if (fault?._tag === "Poison" && events.some(fault.predicate)) return refusal(400)
    if (fault?._tag === "TooLarge" && events.length > fault.messages) return refusal(413)
    const failed = fault?._tag === "Partial" ? [...events.keys()].filter((i) => fault.predicate(events[i]!)) : []
    const out = new Set(wire.allOrNone && failed.length > 0 ? events.keys() : failed)
    for (const [i, event] of events.entries()) {
      if (!out.has(i)) kept.set(idOf(event), (kept.get(idOf(event)) ?? 0) + 1)
    }
    return failed.length === 0 ? wire.accepted(events) : wire.refused(failed, events)
  }

  const handle = async (incoming: Http.IncomingMessage, response: Http.ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(incoming.url!, "http://localhost")
    const respond = ({ body, headers, status }: Answer): void => {
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body)
    }
    const wire = wires.get(pathname)
    if (wire === undefined) {
      incoming.resume()
      return respond(pathname === "/page" ? { status: 200, body: "<!doctype html><p>Welcome" } : refusal(404))
    }
    let fault = faultOf()
    if (fault?._tag === "Reset" && fault.when !== "after") {
      if (fault.when === "during") await new Promise((resolve) => incoming.once("data", resolve).once("end", resolve))
      return void incoming.socket.destroy()
    }
    const chunks: Array<Buffer> = []
    for await (const chunk of incoming) chunks.push(chunk)
    const request = { path: pathname, query: searchParams, headers: incoming.headers, body: Buffer.concat(chunks) }
    if (trouble.eachBatch !== undefined && again(wire.read(request).map(idOf)) < trouble.eachBatch[1]) {
      fault = trouble.eachBatch[0]
    }
    switch (fault?._tag) {
      case "Hang":
        return
      case "Status":
        return respond({ ...refusal(fault.code), headers: fault.headers })
      case "ErrorBody":
        return respond(wire.denied)
      case "Malformed":
        return respond({ ...take(wire, request, fault), body: `{"` })
      case "Reset":
        take(wire, request, fault)
        return void incoming.socket.destroy()
      default:
        return respond(take(wire, request, fault))
    }
  }

  const server = Http.createServer({ keepAliveTimeout: 300_000 }, (incoming, response) => {
    // If a body breaks off, only the client knows its content.
    handle(incoming, response).catch(() => incoming.socket.destroy())
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy()).once("close", () => sockets.delete(socket))
  })
  const start = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", resolve)
    })
  await start(0)
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  let closed = false
  return {
    url: `http://127.0.0.1:${port}`,
    kept,
    listen: async () => {
      if (!closed) await start(port)
    },
    close: () => {
      closed = true
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}
