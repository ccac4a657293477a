import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { News, Order } from "./protocol.ts"

/** A process of a run. */
export class Process {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
  readonly #hear: (news: News) => void
  #waiting: Array<{ readonly is: News["is"]; readonly resume: () => void }> = []
  /** The transactions of its last burst. */
  transactions = 0
  /** Whether the run has ended it. */
  ended = false

  constructor(program: string, hear: (news: News) => void) {
    this.#hear = hear
    this.child = fork(program, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
    this.exited = once(this.child, "exit")
    this.child.on("message", (news: News) => {
      if (news.is === "written") this.transactions = news.transactions
      const resumed = this.#waiting.filter(({ is }) => is === news.is)
      this.#waiting = this.#waiting.filter(({ is }) => is !== news.is)
      for (const { resume } of resumed) resume()
      this.#hear(news)
    })
  }

  /** Waits until the process tells something, or has exited. */
  async told(is: News["is"]): Promise<void> {
    await Promise.race([new Promise<void>((resume) => this.#waiting.push({ is, resume })), this.exited])
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
  readonly #hear: (news: News) => void
  #spares: Array<Promise<Process>> = []

  constructor(program: string, hear: (news: News) => void) {
    this.#program = program
    this.#hear = hear
    for (let i = 0; i < 2; i++) this.#spares.push(this.#load())
  }

  async #load(): Promise<Process> {
    const process = new Process(this.#program, this.#hear)
    await process.told("loaded")
    return process
  }

  /** Takes a spare, and loads another one. */
  async take(order: Order): Promise<Process> {
    this.#spares.push(this.#load())
    const process = await this.#spares.shift()!
    const ready = process.told("ready")
    process.order(order)
    await ready
    return process
  }

  async end(): Promise<void> {
    for (const process of await Promise.all(this.#spares)) process.signal("SIGKILL")
  }
}
