import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream"
import { EventSink, type Message, Tracker } from "@trackmap/core"
import { JetStream } from "@trackmap/jetstream"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { NatsCluster } from "../../../../packages/jetstream/test/natsCluster.ts"
import { stream } from "./options.ts"

/** What one run found. Times are in milliseconds. */
export interface Summary {
  readonly kills: ReadonlyArray<Kill>
  readonly acknowledged: number
  readonly stored: number
  readonly arrived: number
  readonly again: number
  /** What must not be. */
  readonly broken: ReadonlyArray<string>
}

/** A death, and the longest pauses of publishing and of delivery after it. */
export interface Kill {
  readonly what: string
  readonly published: number
  readonly delivered: number
}

/** How soon publishing and delivery go on after a death. */
const resumedWithin = 10_000

/** When something that goes on all the time has paused, and for how long. */
class Pulse {
  #last = performance.now()
  #longest = 0

  beat(): void {
    this.#longest = this.longest
    this.#last = performance.now()
  }

  reset(): void {
    this.#longest = 0
    this.#last = performance.now()
  }

  /** Whether it goes on. */
  get isRegular(): boolean {
    return performance.now() - this.#last < 200
  }

  /** The longest pause since the reset, in milliseconds. */
  get longest(): number {
    return Math.max(this.#longest, performance.now() - this.#last)
  }
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Relays, and what has arrived through them. */
class Relays {
  readonly arrived = new Map<string, number>()
  readonly #servers: ReadonlyArray<string>
  readonly #children: Array<ChildProcess> = []
  readonly pulse = new Pulse()

  constructor(servers: ReadonlyArray<string>) {
    this.#servers = servers
  }

  start(): void {
    const child = fork(join(import.meta.dirname, "relay.ts"), [...this.#servers])
    child.on("message", (ids: ReadonlyArray<string>) => {
      for (const id of ids) this.arrived.set(id, (this.arrived.get(id) ?? 0) + 1)
      this.pulse.beat()
      if (child.connected) child.send("ok")
    })
    this.#children.push(child)
  }

  async kill(): Promise<void> {
    const child = this.#children.shift()!
    const exited = once(child, "exit")
    child.kill("SIGKILL")
    await exited
  }

  async close(): Promise<void> {
    while (this.#children.length > 0) await this.kill()
  }
}

/** Kills nodes and relays in turn, and starts them again. */
const kill = async (
  round: number,
  cluster: NatsCluster,
  manager: JetStreamManager,
  relays: Relays
): Promise<readonly [what: string, again: () => Promise<void>]> => {
  const node = async (what: string, name: string | undefined): Promise<readonly [string, () => Promise<void>]> => {
    const { server } = cluster.node(name ?? "n1") ?? cluster.nodes[0]!
    await server.kill()
    return [what, () => server.restart()]
  }
  switch (round % 4) {
    case 0:
      return node("the consumer's leader", (await manager.consumers.info(stream, "vendor")).cluster?.leader)
    case 1:
      return node("the stream's leader", (await manager.streams.info(stream)).cluster?.leader)
    case 2: {
      await relays.kill()
      return ["a relay", async () => relays.start()]
    }
    default:
      return node("a node", `n${1 + (Math.floor(round / 4) % cluster.nodes.length)}`)
  }
}

const attempt = async <A>(what: string, f: () => Promise<A>): Promise<A> => {
  for (let tries = 0; ; tries++) {
    try {
      return await f()
    } catch (error) {
      if (tries === 60) throw new Error(`${what}: ${String(error)}`, { cause: error })
      await pause(500)
    }
  }
}

export const run = async (
  cluster: NatsCluster,
  {
    perSecond,
    rounds,
    told
  }: { readonly perSecond: number; readonly rounds: number; readonly told: (kill: Kill) => void }
): Promise<Summary> => {
  const connection: NatsConnection = await connect({ servers: [...cluster.urls], maxReconnectAttempts: -1 })
  const manager = await jetstreamManager(connection)
  const relays = new Relays(cluster.urls)
  const acknowledged = new Set<string>()
  const published = new Pulse()
  const pulses = [published, relays.pulse]
  const publishing = { on: true }
  const broken: Array<string> = []
  const kills: Array<Kill> = []

  const sink = JetStream.sink({ servers: cluster.urls, stream, timeout: "2 seconds" }).pipe(
    EventSink.retried({ schedule: Schedule.spaced("250 millis"), limit: "5 minutes" })
  )
  const publisher = Effect.gen(function* () {
    const tracker = yield* Tracker.make(sink, { waitWithin: Infinity })
    for (let index = 0; publishing.on; index++) {
      const messageId = `m${index}`
      const message: Message.Track = {
        type: "track",
        event: "orderPlaced",
        properties: { index },
        userId: `user-${index % 100}`,
        messageId,
        timestamp: new Date().toISOString()
      }
      const { receipts } = yield* tracker.send(message)
      yield* Effect.forkDetach(
        Effect.map(receipts, ([receipt]) => {
          if (receipt?.outcome._tag === "Delivered") {
            acknowledged.add(messageId)
            published.beat()
          } else broken.push(`${messageId} was not acknowledged: ${JSON.stringify(receipt?.outcome)}`)
        })
      )
      if (index % Math.ceil(perSecond / 100) === 0) yield* Effect.sleep(10)
    }
    yield* tracker.flushWithin("2 minutes")
  })

  const ended = Effect.runPromise(Effect.scoped(publisher))
  await attempt("the stream is there", () => manager.streams.info(stream))
  relays.start()
  relays.start()
  while (relays.arrived.size === 0) await pause(50)

  for (let round = 0; round < rounds; round++) {
    await pause(1_000 + Math.random() * 2_000)
    const [what, again] = await attempt("a victim", () => kill(round, cluster, manager, relays))
    for (const pulse of pulses) pulse.reset()
    const at = performance.now()
    do await pause(50)
    while (performance.now() - at < 5_000 || (performance.now() - at < 60_000 && !pulses.every((one) => one.isRegular)))
    const done: Kill = { what, published: published.longest, delivered: relays.pulse.longest }
    kills.push(done)
    told(done)
    if (done.published > resumedWithin)
      broken.push(`publishing went on ${done.published} ms after the death of ${what}`)
    if (done.delivered > resumedWithin) broken.push(`delivery went on ${done.delivered} ms after the death of ${what}`)
    await again()
    await attempt("the cluster is whole", () => cluster.settled())
  }

  publishing.on = false
  await ended
  await attempt("everything is delivered", async () => {
    const { num_ack_pending, num_pending } = await manager.consumers.info(stream, "vendor")
    if (num_ack_pending > 0 || num_pending > 0)
      throw new Error(`${num_pending} wait, ${num_ack_pending} are not settled`)
  })
  const { state } = await manager.streams.info(stream)
  await relays.close()
  await connection.close()
  const missing = [...acknowledged].filter((id) => !relays.arrived.has(id))
  if (missing.length > 0) broken.push(`${missing.length} acknowledged messages have not arrived, such as ${missing[0]}`)
  if (state.messages !== acknowledged.size) {
    broken.push(`${acknowledged.size} messages were acknowledged, and the stream has ${state.messages}`)
  }
  const arrivals = [...relays.arrived.values()].reduce((sum, count) => sum + count, 0)
  return {
    kills,
    acknowledged: acknowledged.size,
    stored: state.messages,
    arrived: relays.arrived.size,
    again: arrivals - relays.arrived.size,
    broken
  }
}
