/** Rounds of writing to a warehouse, killing the writer, and reading what is there. */
import type { ChildProcess } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { Random } from "../../internal/random.ts"
import type { Engine } from "./engines.ts"
import { check } from "./laws.ts"
import { isOdd } from "./messages.ts"
import { load, write } from "./processes.ts"
import type { Order } from "./protocol.ts"

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

/** Lets a writer write for a random time after its first receipt, and kills it. Returns the numbers with a receipt. */
const killed = async (child: ChildProcess, order: Order, random: Random): Promise<ReadonlySet<number>> => {
  const { first, kill } = write(child, order)
  // Some die before their first receipt, while they make tables or send again.
  if (!random.oneIn(4)) await first
  await sleep(random.below(300))
  return kill()
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
