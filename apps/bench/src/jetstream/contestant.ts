import * as assert from "node:assert/strict"
import type { Contestant, Sample } from "../Contest.ts"
import { open } from "./stream.ts"

type Stream = Awaited<ReturnType<typeof open>>

const warmUp = 50_000
const count = 50_000
const checked = 50

/** The time and the CPU time of a message, in microseconds. */
const spent = async (work: () => Promise<unknown>): Promise<Sample> => {
  globalThis.gc!()
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const time = ((performance.now() - start) * 1_000) / count
  const { system, user } = process.cpuUsage(cpu)
  return { time, cpu: (user + system) / count }
}

/** A way to publish the example's events. It succeeds when the stream has acknowledged all of them. */
export const publisher = (
  make: (stream: Stream) => Promise<(from: number, count: number) => Promise<unknown>>
): Contestant => {
  let stream: Stream
  let publish: (from: number, count: number) => Promise<unknown>
  return {
    result: async () => {
      stream = await open()
      publish = await make(stream)
      await publish(0, checked)
      return stream.first(checked)
    },
    warmUp: () => publish(0, warmUp),
    sample: async () => {
      const sample = await spent(() => publish(warmUp, count))
      assert.equal(await stream.messages(), checked + warmUp + count)
      return sample
    }
  }
}

/** A way to deliver a stream's messages: returns once `count` messages are delivered, and the server has confirmed their acknowledgements. */
export const relay = (make: (stream: Stream) => Promise<(count: number) => Promise<unknown>>): Contestant => {
  let stream: Stream
  let deliver: (count: number) => Promise<unknown>
  return {
    result: async () => {
      stream = await open()
      deliver = await make(stream)
      await stream.publish(0, checked)
      await deliver(checked)
      return stream.first(checked)
    },
    warmUp: async () => {
      await stream.publish(0, warmUp)
      await deliver(warmUp)
      await stream.publish(0, count)
    },
    sample: () => spent(() => deliver(count))
  }
}
