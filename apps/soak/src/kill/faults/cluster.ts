import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { addressOf, PostgresUnavailable, serverOf, type Settings } from "../../../../../compat/src/postgres/server.ts"
import { freePort } from "../../../../../fixtures/freePort.ts"

/** Files are copied with their owner, since PostgreSQL runs as a user of its own. */
export const copy = (from: string, to: string): void => {
  // A file that the server deletes meanwhile is none that the copy needs.
  spawnSync("cp", ["-a", from, to])
}

/** Creates the data of a server, of which each scenario gets a copy. Rejects with `PostgresUnavailable` and its last output. */
export const initialise = async (folder: string): Promise<void> => {
  const said: Array<string> = []
  const hear = (line: unknown): void => void said.push(String(line).trim())
  try {
    await (await serverOf({ folder, port: 0, settings: {}, persistent: true, hear })).initialise()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : (said.at(-1) ?? "it ended at once")
    throw new PostgresUnavailable(`PostgreSQL does not start here: ${reason}`, { cause })
  }
}

/** A PostgreSQL server that can end in any way, and starts again at the same address. */
export class Cluster {
  readonly port: number
  readonly settings: Settings
  /** The folder of its data. */
  folder: string
  readonly said: Array<string> = []

  constructor(folder: string, port: number, settings: Settings) {
    this.folder = folder
    this.port = port
    this.settings = { fsync: "off", max_wal_size: "32MB", min_wal_size: "32MB", ...settings }
  }

  static async open(folder: string, settings: Settings = {}): Promise<Cluster> {
    const cluster = new Cluster(folder, await freePort(), settings)
    await cluster.start()
    return cluster
  }

  get address(): string {
    return addressOf(this.port)
  }

  get #pid(): number | undefined {
    const file = join(this.folder, "postmaster.pid")
    if (!existsSync(file)) return undefined
    const pid = Number(readFileSync(file, "utf8").split("\n")[0])
    try {
      process.kill(pid, 0)
      return pid
    } catch {
      return undefined
    }
  }

  get isRunning(): boolean {
    return this.#pid !== undefined
  }

  /** Rejects if the server does not accept connections. */
  async start(): Promise<void> {
    const server = await serverOf({
      folder: this.folder,
      port: this.port,
      settings: this.settings,
      persistent: true,
      hear: (line) => void this.said.push(String(line).trim())
    })
    await server.start().catch(() => {
      throw new Error(`PostgreSQL does not start: ${this.said.slice(-3).join(" ")}`)
    })
  }

  /** Ends the server: `"fast"` writes everything to the disk; `"immediate"` ends at once, so that the next start has to recover. */
  async end(how: "fast" | "immediate"): Promise<void> {
    const pid = this.#pid
    if (pid === undefined) return
    process.kill(pid, how === "fast" ? "SIGINT" : "SIGQUIT")
    while (this.isRunning) await sleep(10)
    await rm(join(this.folder, "postmaster.pid"), { force: true })
  }
}
