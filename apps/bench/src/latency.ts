/** The time that tracking adds to a request that a user waits for. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import * as Shop from "./latency/Shop.ts"
import { compare, type Label, type Measured, type Question } from "./Report.ts"

/** Acts per second. */
const rate = 500
/** The length of a turn in seconds. */
const turn = 2.5
const rounds = 5

/** A port that nobody listens on. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** The vendors, in their own process. They accept everything. */
const vendors = async (): Promise<readonly [url: string, server: ChildProcess]> => {
  const server = fork(fileURLToPath(new URL("delivery/server.ts", import.meta.url)))
  const [port] = (await once(server, "message")) as [number]
  return [`http://127.0.0.1:${port}`, server]
}

const sinksAt = (endpoint: string): Readonly<Record<string, string>> => ({
  SEGMENT_WRITE_KEY: "key",
  SEGMENT_ENDPOINT: endpoint,
  MIXPANEL_TOKEN: "token",
  MIXPANEL_ENDPOINT: endpoint
})

const names = ["untracked", "down", "up"] as const
type Name = (typeof names)[number]
type Turned = Readonly<Record<Name, ReadonlyArray<Shop.Turn>>>

/** All shops take turns with the same arrivals, there and back. */
const measured = async (shops: Readonly<Record<Name, Shop.Shop>>): Promise<Turned> => {
  const turns: Record<Name, Array<Shop.Turn>> = { untracked: [], down: [], up: [] }
  for (const name of names) await Shop.turn(shops[name], rate, turn, 0)
  for (let round = 1; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      turns[name].push(await Shop.turn(shops[name], rate, turn, round))
    }
  }
  return turns
}

const percentile = (times: ReadonlyArray<number>, share: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1]!

type Turns = ReadonlyArray<Shop.Turn>

interface Targets {
  readonly cpu?: number
  readonly p50?: number
  readonly minor?: number
}

const rowsOf = (
  { untracked, ...tracked }: Turned,
  name: "down" | "up",
  targets: Targets = {}
): ReadonlyArray<Measured> => {
  const where = `of an act in the demo, sinks ${name}`
  const row = (
    label: Pick<Label, "name" | "unit" | "by">,
    target: number | undefined,
    of: (turns: Turns) => ReadonlyArray<number>
  ): Measured => compare({ baseline: "untracked", target: target ?? null, ...label }, of(tracked[name]), of(untracked))
  const later = (share: number, target: number | undefined, of: (turns: Turns) => ReadonlyArray<number>): Measured =>
    row({ name: `p${share * 100} ${where}, ${rate} a second`, unit: "ms", by: "difference" }, target, of)
  const tail = (share: number): Measured =>
    // One turn has too few acts that are so late.
    later(share, undefined, (turns) => [
      percentile(
        turns.flatMap(({ times }) => times),
        share
      )
    ])
  return [
    row({ name: `CPU ${where}`, unit: "µs" }, targets.cpu, (turns) =>
      turns.map(({ cpu, times }) => (cpu * 1_000) / times.length)
    ),
    later(0.5, targets.p50, (turns) => turns.map(({ times }) => percentile(times, 0.5))),
    tail(0.99),
    tail(0.999),
    row({ name: `minor collections ${where}, inspector mounted`, unit: "/1,000" }, targets.minor, (turns) =>
      turns.map(({ minor, times }) => (minor * 1_000) / times.length)
    ),
    row({ name: `the longest pause for a collection ${where}`, unit: "ms", by: "difference" }, undefined, (turns) =>
      turns.map(({ pause }) => pause)
    )
  ]
}

export const latency: Question = {
  name: "latency",
  measure: async () => {
    const [url, server] = await vendors()
    const shops = {
      untracked: await Shop.open(["--untracked"], {}),
      down: await Shop.open([], sinksAt(`http://127.0.0.1:${await closedPort()}`)),
      up: await Shop.open([], sinksAt(url))
    }
    try {
      for (const shop of Object.values(shops)) Shop.pause(shop)
      const turned = await measured(shops)
      return [...rowsOf(turned, "down", { cpu: 1.08, p50: 0.2, minor: 1.3 }), ...rowsOf(turned, "up")]
    } finally {
      for (const shop of Object.values(shops)) Shop.close(shop)
      server.disconnect()
    }
  }
}
