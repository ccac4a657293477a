/** The process of one client under one fault. Writes its reports to file descriptor 3 at once, line by line. */
import { writeSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { contestants, type Name } from "./contestants.ts"
import { count, idsOf } from "./ids.ts"
import type { Line } from "./trial.ts"

const [name, url, sigterm] = process.argv.slice(2) as [Name, string, string | undefined]
const tell = (...line: Line): void => void writeSync(3, `${JSON.stringify(line)}\n`)

const run = async (track: (id: string) => unknown): Promise<void> => {
  tell("begin")
  const start = performance.now()
  // About a thousand events a second, however coarse the timer is.
  for (let next = 0; next < count; await setTimeout(1)) {
    const due = Math.min(count, performance.now() - start + 1)
    while (next < due) await track(idsOf(next++))
  }
  tell("tracked", count)
  // This service ends only by a signal.
  if (sigterm !== undefined) await setTimeout(1e9)
}

const { contestant } = await contestants[name]()
contestant({
  url,
  reports: { lost: (id) => tell("lost", id), error: () => tell("error") },
  run,
  closing: () => tell("closing"),
  // The process then ends by itself, when its client has nothing left to do.
  closed: () => tell("closed")
})
