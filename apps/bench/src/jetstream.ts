import { missing, NatsServer, version } from "../../../packages/jetstream/test/natsServer.ts"
import { competeFreshly, type Contestant, type Contestants } from "./Contest.ts"
import { publisher, relay } from "./jetstream/contestant.ts"
import { compare, type Question } from "./Report.ts"

const hand = () => import("./jetstream/hand.ts")
const trackmap = () => import("./jetstream/trackmap.ts")

export const contestants = {
  handPublish: (): Contestant => publisher(async (stream) => (await hand()).publish(stream)),
  publish: (): Contestant => publisher(async () => (await trackmap()).publish()),
  handRelay: (): Contestant => relay(async (stream) => (await hand()).relay(stream)),
  relay: (): Contestant => relay(async () => (await trackmap()).relay())
} satisfies Contestants

/** At least 0.85 times the messages of the client alone. */
const target = 1 / 0.85

const pairs = [
  ["publish", "handPublish", "track and publish", "@nats-io/jetstream, publish"],
  ["relay", "handRelay", "relay to a counting sink", "@nats-io/jetstream, consume"]
] as const

export const jetstream: Question = {
  name: "jetstream",
  measure: async () => {
    if (version === undefined) {
      process.stderr.write(`skipped: ${missing}\n`)
      return []
    }
    const server = await NatsServer.start()
    process.stderr.write(`nats-server ${version}\n`)
    try {
      const names = Object.keys(contestants) as ReadonlyArray<keyof typeof contestants>
      const samples = await competeFreshly(import.meta.url, names, { rounds: 3, env: { BENCH_NATS: server.url } })
      return pairs.flatMap(([subject, hand, name, baseline]) => [
        compare({ name, unit: "µs/message", baseline, target }, samples(subject, "time"), samples(hand, "time")),
        compare(
          { name: `${name}: CPU`, unit: "µs CPU/message", baseline, target: null },
          samples(subject, "cpu"),
          samples(hand, "cpu")
        )
      ])
    } finally {
      await server.close()
    }
  }
}
