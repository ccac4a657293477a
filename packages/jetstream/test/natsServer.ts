/** Real servers, each a process of its own on the loopback interface. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../../fixtures/freePort.ts"

const candidates = [process.env["NATS_SERVER"], "/usr/sbin/nats-server", "/usr/local/bin/nats-server"]
const executable = candidates.find((path) => path !== undefined && existsSync(path))

/** The version of the server, or undefined if none is installed. */
export const version: string | undefined =
  executable && spawnSync(executable, ["--version"], { encoding: "utf8" }).stdout.trim().replace("nats-server: ", "")

/** Why tests without a server are skipped. */
export const missing = "nats-server is not installed: apt-get install nats-server, or set NATS_SERVER to its path"

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("data", () => (socket.destroy(), resolve(true)))
    socket.once("error", () => resolve(false))
    setTimeout(() => (socket.destroy(), resolve(false)), 1_000).unref()
  })

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Servers do not outlive the tests. */
const running = new Set<ChildProcess>()
process.once("exit", () => running.forEach((server) => server.kill("SIGKILL")))

/** The server's configuration, as text of a configuration file. */
export interface Options {
  readonly config?: string
  readonly port?: number
}

/** A running server. */
export class NatsServer {
  readonly port: number
  readonly folder = mkdtempSync(join(tmpdir(), "nats-"))
  readonly #config: string
  #process: ChildProcess | undefined

  private constructor(port: number, config: string) {
    this.port = port
    this.#config = join(this.folder, "nats.conf")
    writeFileSync(this.#config, config.replaceAll("$FOLDER", this.folder).replaceAll("$PORT", String(port)))
  }

  /** A server that answers. By default it has JetStream. */
  static async start({ config = 'jetstream { store_dir: "$FOLDER" }', port }: Options = {}): Promise<NatsServer> {
    const server = new NatsServer(port ?? (await freePort()), `listen: "127.0.0.1:$PORT"\n${config}\n`)
    await server.restart()
    return server
  }

  get url(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Starts the process without waiting for it. */
  begin(): void {
    if (executable === undefined) throw new Error(missing)
    const server = spawn(executable, ["-c", this.#config, "-l", join(this.folder, "nats.log")], { stdio: "ignore" })
    running.add(server)
    server.once("exit", () => running.delete(server))
    this.#process = server
  }

  /** Starts the process, and waits until it answers. */
  async restart(): Promise<void> {
    this.begin()
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await answers(this.port)) return
      await pause(25)
    }
    throw new Error(`nats-server does not answer: see ${this.folder}/nats.log`)
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name)
  }

  /** Ends the process as a crash would, and waits for its end. */
  async kill(): Promise<void> {
    const process = this.#process
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
    await new Promise<void>((resolve) => {
      process.once("exit", () => resolve())
      process.kill("SIGCONT")
      process.kill("SIGKILL")
    })
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
