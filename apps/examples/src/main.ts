import { Redacted } from "@trackmap/node"

const servers = {
  express: () => import("./express/server.ts"),
  fastify: () => import("./fastify/server.ts"),
  hono: () => import("./hono/server.ts")
}
const name = process.argv[2] ?? ""
if (!Object.hasOwn(servers, name)) throw new Error(`Choose a server: ${Object.keys(servers).join(", ")}.`)

const { start } = await servers[name as keyof typeof servers]()
const server = await start(
  {
    writeKey: Redacted.make(process.env["SEGMENT_WRITE_KEY"] ?? ""),
    endpoint: process.env["SEGMENT_ENDPOINT"]
  },
  { port: Number(process.env["PORT"] ?? 0) }
)
process.stdout.write(`${server.url}\n`)
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.close())
