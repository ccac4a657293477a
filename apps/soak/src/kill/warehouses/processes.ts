/** Processes that write to a warehouse until they are killed. */
import assert from "node:assert/strict"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { News, Order } from "./protocol.ts"

const writer = join(import.meta.dirname, "writer.ts")

/** Starts a process that has loaded everything, and waits for its order. */
export const load = async (): Promise<ChildProcess> => {
  const child = fork(writer, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  await once(child, "message")
  return child
}

/** A process that writes. */
export interface Writing {
  /** Waits until it has a receipt, or has ended. */
  readonly first: Promise<unknown>
  /** Kills it. Returns the numbers of its messages that had a receipt. */
  readonly kill: () => Promise<ReadonlySet<number>>
}

/** Lets a process write. */
export const write = (child: ChildProcess, order: Order): Writing => {
  const receipts = new Set<number>()
  const exited = once(child, "exit")
  const first = new Promise<void>((resolve) => {
    child.on("message", (news: News) => {
      for (const at of news) receipts.add(at)
      resolve()
    })
  })
  child.send(order)
  return {
    first: Promise.race([first, exited]),
    kill: async () => {
      assert.equal(child.exitCode, null, "a writer ended by itself")
      child.kill("SIGKILL")
      await exited
      return receipts
    }
  }
}
