import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { competeFreshly, type Contestants } from "./Contest.ts"
import { sender } from "./delivery/Sender.ts"
import { trackRows } from "./delivery/track.ts"
import { compare, type Measured, type Question } from "./Report.ts"

const trackmap = () => import("./delivery/trackmap.ts")
const promises = () => import("./delivery/promises.ts")
const analyticsNode = () => import("./delivery/analyticsNode.ts")
const hand = () => import("./delivery/hand.ts")

export const contestants = {
  hand: () => sender(async () => ({ make: (await hand()).segment })),
  trackmap: () => sender(async () => ({ make: (await trackmap()).segment("undici") })),
  trackmapNode: () => sender(async () => ({ make: (await trackmap()).segment("node") })),
  trackmapNode100: () => sender(async () => ({ make: (await trackmap()).segment("node", 100) })),
  trackmap100: () => sender(async () => ({ make: (await trackmap()).segment("undici", 100) })),
  trackmapNodeHttp: () => sender(async () => ({ make: (await trackmap()).segment("nodeHttp") })),
  trackmapFetch: () => sender(async () => ({ make: (await trackmap()).segment("fetch") })),
  trackmapFetch100: () => sender(async () => ({ make: (await trackmap()).segment("fetch", 100) })),
  trackmapTurns: () => sender(async () => ({ make: (await trackmap()).inTurnsOf(1_000) })),
  promises: () => sender(async () => ({ make: (await promises()).segment("platform") })),
  promises100: () => sender(async () => ({ make: (await promises()).segment("platform", 100) })),
  promisesTurns: () => sender(async () => ({ make: (await promises()).inTurnsOf(1_000, "platform") })),
  promisesUndici: () => sender(async () => ({ make: (await promises()).segment("undici") })),
  promisesUndiciTurns: () => sender(async () => ({ make: (await promises()).inTurnsOf(1_000, "undici") })),
  analyticsNode: () => sender(async () => ({ make: (await analyticsNode()).make(1_000) })),
  analyticsNodeBuffer: () => sender(async () => ({ make: (await analyticsNode()).make(10_000) })),
  posthogNode: () => sender(() => import("./delivery/posthogNode.ts")),
  rudderSdkNode: () => sender(() => import("./delivery/rudderSdkNode.ts")),
  handMixpanel: () => sender(async () => ({ make: (await hand()).mixpanel })),
  trackmapMixpanel: () => sender(async () => ({ make: (await trackmap()).mixpanel("node") })),
  trackmapMixpanel100: () => sender(async () => ({ make: (await trackmap()).mixpanel("node", 100) })),
  mixpanel: () => sender(() => import("./delivery/mixpanel.ts"))
} satisfies Contestants
type Name = keyof typeof contestants

const titles: Readonly<Record<Name, string>> = {
  hand: "hand-written loop",
  trackmap: "Segment sink, Effect on undici",
  trackmapNode: "Segment sink",
  trackmapNode100: "Segment sink, 100 a request",
  trackmap100: "Segment sink, Effect on undici, 100 a request",
  trackmapNodeHttp: "Segment sink, Effect on node:http",
  trackmapFetch: "Segment sink, Effect on fetch",
  trackmapFetch100: "Segment sink, Effect on fetch, 100 a request",
  trackmapTurns: "Segment sink, Effect on undici, 1,000 at a time",
  promises: "promise face",
  promises100: "promise face, 100 a request",
  promisesTurns: "promise face, 1,000 at a time",
  promisesUndici: "promise face, Effect on undici",
  promisesUndiciTurns: "promise face, Effect on undici, 1,000 at a time",
  analyticsNode: "@segment/analytics-node, 1,000 at a time",
  analyticsNodeBuffer: "@segment/analytics-node, 10,000 at a time",
  posthogNode: "posthog-node",
  rudderSdkNode: "rudder-sdk-node",
  handMixpanel: "hand-written loop, Mixpanel",
  trackmapMixpanel: "Mixpanel sink",
  trackmapMixpanel100: "Mixpanel sink, 100 a request",
  mixpanel: "mixpanel"
}

/** What is measured, of whom, beside whom, and the ratio that is asked for. */
const pairs: ReadonlyArray<readonly [what: "cpu" | "memory", subject: Name, baseline: Name, target: number | null]> = [
  ["cpu", "trackmapNode", "hand", 1.3],
  ["cpu", "promises", "hand", 1.3],
  ["cpu", "trackmapNode100", "hand", null],
  ["cpu", "trackmap", "hand", null],
  ["cpu", "trackmap100", "hand", null],
  ["cpu", "trackmapNodeHttp", "hand", null],
  ["cpu", "trackmapFetch", "hand", null],
  ["cpu", "trackmapTurns", "hand", null],
  ["cpu", "analyticsNode", "hand", null],
  ["cpu", "analyticsNodeBuffer", "hand", null],
  ["cpu", "posthogNode", "hand", null],
  ["cpu", "rudderSdkNode", "hand", null],
  ["cpu", "trackmap", "analyticsNode", null],
  ["cpu", "trackmap100", "analyticsNode", null],
  ["cpu", "promises", "trackmapNode", null],
  ["cpu", "promises100", "trackmapNode100", null],
  ["cpu", "promisesUndici", "trackmap", null],
  ["cpu", "promises", "analyticsNode", null],
  ["cpu", "promisesTurns", "analyticsNode", 0.14],
  ["cpu", "promisesUndiciTurns", "analyticsNode", null],
  ["memory", "promises", "trackmapNode", null],
  ["memory", "trackmapNode", "analyticsNodeBuffer", 0.08],
  ["memory", "trackmapTurns", "analyticsNode", null],
  ["memory", "hand", "analyticsNode", null],
  ["memory", "posthogNode", "analyticsNode", null],
  ["memory", "rudderSdkNode", "analyticsNode", null],
  ["cpu", "trackmapMixpanel", "handMixpanel", 1.6],
  ["cpu", "trackmapMixpanel100", "handMixpanel", null],
  ["cpu", "mixpanel", "handMixpanel", null],
  ["memory", "trackmapMixpanel", "mixpanel", 3]
]
const units = { cpu: "ns CPU/event", memory: "MB at most" } as const

/** The server, on a core that is not the client's where the machine has two. */
const serve = async (): Promise<readonly [url: string, server: ChildProcess]> => {
  const server = fork(fileURLToPath(new URL("delivery/server.ts", import.meta.url)))
  const [port] = (await once(server, "message")) as [number]
  return [`http://127.0.0.1:${port}`, server]
}

const rounds = 5

export const delivery: Question = {
  name: "delivery",
  measure: async () => {
    const [url, server] = await serve()
    try {
      const names = Object.keys(contestants) as Array<Name>
      const samples = await competeFreshly(import.meta.url, names, { rounds, env: { BENCH_URL: url } })
      const rows = pairs.map(([what, subject, baseline, target]): Measured => {
        const name = what === "cpu" ? titles[subject] : `${titles[subject]}: memory`
        const label = { name, unit: units[what], baseline: titles[baseline], target }
        return compare(label, samples(subject, what), samples(baseline, what))
      })
      return [...rows, ...(await trackRows())]
    } finally {
      server.disconnect()
    }
  }
}
