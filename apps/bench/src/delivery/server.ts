/** The vendors' server, in its own process. Accepts every event, and counts events by id. */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { idOf, refusal, wires } from "../wire.ts"
import type { Taken } from "./Sender.ts"

let ids = new Set<string>()
let events = 0
let first: Array<Readonly<Record<string, unknown>>> = []

const server = Http.createServer({ keepAliveTimeout: 300_000 }, async (incoming, response) => {
  const { pathname, searchParams } = new URL(incoming.url!, "http://localhost")
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk)
  const wire = wires.get(pathname)
  if (wire === undefined) {
    if (pathname !== "/taken") return response.writeHead(404).end(refusal(404).body)
    const taken: Taken = { events, distinct: ids.size, first }
    ids = new Set()
    events = 0
    first = []
    return response.end(JSON.stringify(taken))
  }
  const request = { path: pathname, query: searchParams, headers: incoming.headers, body: Buffer.concat(chunks) }
  const batch = wire.read(request)
  for (const event of batch) {
    ids.add(idOf(event))
    if (first.length < 100) first.push(event["properties"] ?? event["event_properties"])
  }
  events += batch.length
  const { body, headers, status } = wire.accepted(batch)
  return response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body)
})
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port))
process.once("disconnect", () => process.exit())
