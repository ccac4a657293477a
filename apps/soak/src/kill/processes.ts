import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { News, Order } from "./protocol.ts"

/** A process of a run. */
export class Process {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  /** Called with all that it tells. */
  hear: (news: News) => void = () => {}
  #waiting: Array<{ readonly is: News["is"]; readonly resume: () => void }> = []
  /** The transactions of its last burst. */
  transactions = 0
  /** Whether the run has ended it. */
  ended = false

  constructor(program: string, execArgv: ReadonlyArray<string> = []) {
    this.child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [...execArgv] })
    this.exited = once(this.child, "exit")
    this.child.on("message", (news: News) => {
      if (news.is === "written") this.transactions = news.transactions
      const resumed = this.#waiting.filter(({ is }) => is === news.is)
      this.#waiting = this.#waiting.filter(({ is }) => is !== news.is)
      for (const { resume } of resumed) resume()
      this.hear(news)
    })
  }

  /** Waits until the process tells something, or has exited. */
  async told(is: News["is"]): Promise<void> {
    await Promise.race([new Promise<void>((resume) => this.#waiting.push({ is, resume })), this.exited])
  }

  /** Whether it has exited by itself. */
  get fallen(): boolean {
    return !this.ended && (this.child.exitCode !== null || this.child.signalCode !== null)
  }

  order(order: Order): void {
    if (this.child.connected) this.child.send(order)
  }

  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM"): void {
    if (signal === "SIGKILL" || signal === "SIGTERM") this.ended = true
    this.child.kill(signal)
  }
}

/** Processes that have loaded everything and wait for their part, since loading takes longer than a round. */
export class Spares {
  readonly #program: string
  #spares: Array<Promise<Process>> = []

  constructor(program: string) {
    this.#program = program
    for (let i = 0; i < 2; i++) this.#spares.push(this.#load())
  }

  async #load(): Promise<Process> {
    const process = new Process(this.#program)
    await process.told("loaded")
    return process
  }

  /** Takes a spare, and loads another one. */
  async take(order: Order, hear: (news: News) => void): Promise<Process> {
    this.#spares.push(this.#load())
    const process = await this.#spares.shift()!
    await begun(process, order, hear)
    return process
  }

  async end(): Promise<void> {
    for (const process of await Promise.all(this.#spares)) process.signal("SIGKILL")
  }
}

/** Gives a process its part. Resolves when it plays it, or has exited. */
export const begun = async (process: Process, order: Order, hear: (news: News) => void): Promise<void> => {
  process.hear = hear
  const ready = process.told("ready")
  process.order(order)
  await ready
}
