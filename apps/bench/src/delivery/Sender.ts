import * as assert from "node:assert/strict"
import * as Http from "node:http"
import type { Contestant } from "../Contest.ts"
import { lineOf, propertiesOf } from "./example.ts"

/** A way to send the example's events. */
export interface Sender {
  /** Tracks `count` events, starting at `from`, and succeeds when the server has acknowledged all of them. */
  readonly send: (from: number, count: number) => Promise<unknown>
}

/** The server's counts since the last request for them. */
export interface Taken {
  readonly events: number
  readonly distinct: number
  readonly first: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const warmUp = 5_000
const count = 50_000

const keys = Object.keys(propertiesOf(lineOf(0)))

// Uses another client than the contestant, whose connection must stay as it left it.
const taken = (url: string): Promise<Taken> =>
  new Promise((resolve, reject) => {
    Http.get(`${url}/taken`, async (response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of response) chunks.push(chunk)
      resolve(JSON.parse(Buffer.concat(chunks).toString()))
    }).once("error", reject)
  })

const rss = (): number => process.memoryUsage.rss()

/**
 * A contestant that takes seconds. `cpu` is in nanoseconds for each of the first events: user and system, all threads. `steady` is the same for
 * later events. `memory` is the peak growth of the process in MB, from just before its first event.
 */
export const sender = (
  load: () => Promise<{ readonly make: (url: string) => Promise<Sender> | Sender }>
): Contestant => {
  const url = process.env["BENCH_URL"]!
  let sender: Sender
  let held: number
  const spent = async (from: number): Promise<number> => {
    await taken(url)
    globalThis.gc!()
    const start = process.cpuUsage()
    await sender.send(from, count)
    const { system, user } = process.cpuUsage(start)
    const { distinct, events } = await taken(url)
    assert.deepEqual({ distinct, events }, { distinct: count, events: count })
    return ((user + system) * 1000) / count
  }
  return {
    result: async () => {
      sender = await (await load()).make(url)
      globalThis.gc!()
      held = rss()
      await taken(url)
      await sender.send(0, 50)
      const { first } = await taken(url)
      // Libraries add their own properties, and few keep the order of batches.
      return first
        .map((properties) => keys.map((key) => [key, properties[key]]))
        .sort((a, b) => Number(a[1]![1]) - Number(b[1]![1]))
    },
    warmUp: () => sender.send(0, warmUp),
    sample: async () => {
      const cpu = await spent(warmUp)
      const memory = (process.resourceUsage().maxRSS * 1024 - held) / 1e6
      if (process.env["BENCH_STEADY"] === undefined) return { cpu, memory }
      await spent(warmUp + count)
      return { cpu, memory, steady: await spent(warmUp + 2 * count) }
    }
  }
}

/** Sends `size` at a time, and waits for all of them before the next. */
export const inTurns = async (
  from: number,
  count: number,
  size: number,
  send: (from: number, to: number) => Promise<unknown>
): Promise<void> => {
  for (let next = from; next < from + count; next += size) await send(next, Math.min(from + count, next + size))
}
