/** Rounds of writing to a warehouse, killing the writer, and reading what is there. */
import assert from "node:assert/strict"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Random } from "../../internal/random.ts"
import type { Engine } from "./engines.ts"
import { check } from "./laws.ts"
import { isOdd } from "./messages.ts"
import type { News, Order } from "./protocol.ts"

export interface Options {
  readonly engine: string
  readonly open: () => Promise<Engine>
  readonly rounds: number
  readonly seed: number
  /** Called after each round. */
  readonly told: (round: number) => void
}

/** The counts of a run. */
export interface Summary {
  /** Messages with a receipt, each of which is there. */
  readonly delivered: number
  /** Messages that are there without a receipt, because the writer was killed before it could tell. */
  readonly more: number
  /** Messages that were sent again by the next writer. */
  readonly again: number
  readonly misfits: number
}

const writer = join(import.meta.dirname, "writer.ts")

/** Starts a process that has loaded everything, and waits for its order. */
const load = async (): Promise<ChildProcess> => {
  const child = fork(writer, { stdio: ["ignore", "inherit", "inherit", "ipc"] })
  await once(child, "message")
  return child
}

/** Lets a writer write for a random time after its first receipt, and kills it. Returns the numbers with a receipt. */
const killed = async (child: ChildProcess, order: Order, random: Random): Promise<ReadonlySet<number>> => {
  const receipts = new Set<number>()
  const exited = once(child, "exit")
  const first = new Promise<void>((resolve) => {
    child.on("message", (news: News) => {
      for (const at of news) receipts.add(at)
      resolve()
    })
  })
  child.send(order)
  // Some die before their first receipt, while they make tables or send again.
  if (random.oneIn(4)) await sleep(random.below(300))
  else {
    await Promise.race([first, exited])
    await sleep(random.below(300))
  }
  assert.equal(child.exitCode, null, "a writer ended by itself")
  child.kill("SIGKILL")
  await exited
  return receipts
}

export const run = async ({ engine, open, rounds, seed, told }: Options): Promise<Summary> => {
  const random = new Random(seed)
  const opened = await open()
  const summary = { delivered: 0, more: 0, again: 0, misfits: 0 }
  let next = load()
  let before: ReadonlySet<number> = new Set()
  try {
    for (let round = 0; round < rounds; round++) {
      const child = await next
      next = load()
      const again = before.size === 0 ? 0 : Math.max(...before) + 1
      const receipts = await killed(child, { engine, place: opened.place, round, again }, random)
      await opened.settled()
      // The writer before it may have been killed in the middle: this one has sent the same messages again.
      if (round > 0) await check(opened, round - 1, before)
      before = await check(opened, round, receipts)
      summary.delivered += receipts.size
      summary.more += before.size - receipts.size
      summary.again += again
      summary.misfits += [...before].filter(isOdd).length
      told(round)
    }
    return summary
  } finally {
    ;(await next).kill("SIGKILL")
    await opened.stop()
  }
}
