/**
 * Measures what a cluster of NATS servers does on this machine. Then kills its nodes, and relays, while messages are published and delivered, and
 * counts what arrives.
 * `node src/cluster.ts --rounds 12 --rate 2000`
 *
 * @module
 */
import { parseArgs } from "node:util"
import { NatsCluster } from "../../../packages/jetstream/test/natsCluster.ts"
import { missing, version } from "../../../packages/jetstream/test/natsServer.ts"
import { type Kill, run } from "./cluster/run.ts"
import { speed, type Speed } from "./cluster/speed.ts"

const { values } = parseArgs({ options: { rounds: { type: "string" }, rate: { type: "string" } } })
const rounds = Number(values.rounds ?? 12)
const perSecond = Number(values.rate ?? 2_000)
const write = (line: string): void => void process.stdout.write(`${line}\n`)
const number = (value: number): string => Math.round(value).toLocaleString("en-US").padStart(12)
const seconds = (millis: number): string => `${(millis / 1_000).toFixed(1)} s`

if (version === undefined) {
  write(`skipped: ${missing}`)
  process.exit(1)
}
write(`nats-server ${version}, 3 nodes, 3 replicas, ${rounds} deaths, ${number(perSecond).trim()} messages a second`)
const cluster = await NatsCluster.start()

/** A billion messages a day, in messages a second. */
const billion = 1_000_000_000 / (24 * 60 * 60)

const reportSpeed = ({ bytes, onDisk, published, relayed, replicas }: Speed): void => {
  write(`${number(published)} messages a second were acknowledged by ${replicas} replicas`)
  write(`${number(relayed)} messages a second were delivered by one relay`)
  write(`${number(bytes)} bytes has an envelope, and ${Math.round(onDisk)} each of its copies on disk`)
  const terabytes = ((onDisk * replicas) / 1_000).toFixed(1)
  write(`${number(billion)} messages a second are a billion a day, and ${terabytes} TB with all replicas`)
  const streams = Math.ceil(billion / (published / 2))
  write(`${number(streams)} streams, each at half of this speed, would take them`)
  write(
    `${number(Math.ceil(billion / (relayed / 2)))} relays for each sink, each at half of this speed, would deliver them`
  )
}

try {
  reportSpeed(await speed(cluster))
  const told = ({ delivered, published, what }: Kill): void =>
    write(`death of ${what}: publishing paused for ${seconds(published)}, delivery for ${seconds(delivered)}`)
  const { acknowledged, again, arrived, broken, stored } = await run(cluster, { perSecond, rounds, told })
  write(`${number(acknowledged)} messages were acknowledged`)
  write(`${number(stored)} messages are in the stream`)
  write(`${number(arrived)} messages arrived, and ${again.toLocaleString("en-US")} arrived again under the same id`)
  for (const line of broken.slice(0, 20)) write(`BROKEN: ${line}`)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  await cluster.close()
}
process.exit()
