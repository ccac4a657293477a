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
  trackmap100: () => sender(async () => ({ make: (await trackmap()).segment("undici", 100) })),
  trackmapNodeHttp: () => sender(async () => ({ make: (await trackmap()).segment("nodeHttp") })),
  trackmapFetch: () => sender(async () => ({ make: (await trackmap()).segment("fetch") })),
  trackmapFetch100: () => sender(async () => ({ make: (await trackmap()).segment("fetch", 100) })),
  trackmapTurns: () => sender(async () => ({ make: (await trackmap()).inTurnsOf(1_000) })),
  promises: () => sender(async () => ({ make: (await promises()).segment("fetch") })),
  promises100: () => sender(async () => ({ make: (await promises()).segment("fetch", 100) })),
  promisesTurns: () => sender(async () => ({ make: (await promises()).inTurnsOf(1_000, "fetch") })),
  promisesUndici: () => sender(async () => ({ make: (await promises()).segment("undici") })),
  promisesUndiciTurns: () => sender(async () => ({ make: (await promises()).inTurnsOf(1_000, "undici") })),
  analyticsNode: () => sender(async () => ({ make: (await analyticsNode()).make(1_000) })),
  analyticsNodeBuffer: () => sender(async () => ({ make: (await analyticsNode()).make(10_000) })),
  posthogNode: () => sender(() => import("./delivery/posthogNode.ts")),
  rudderSdkNode: () => sender(() => import("./delivery/rudderSdkNode.ts")),
  handMixpanel: () => sender(async () => ({ make: (await hand()).mixpanel })),
  trackmapMixpanel: () => sender(async () => ({ make: (await trackmap()).mixpanel("undici") })),
  trackmapMixpanel100: () => sender(async () => ({ make: (await trackmap()).mixpanel("undici", 100) })),
  mixpanel: () => sender(() => import("./delivery/mixpanel.ts"))
} satisfies Contestants
type Name = keyof typeof contestants

const titles: Readonly<Record<Name, string>> = {
  hand: "hand-written loop",
  trackmap: "Segment sink",
  trackmap100: "Segment sink, 100 a request",
  trackmapNodeHttp: "Segment sink, Effect on node:http",
  trackmapFetch: "Segment sink, Effect on fetch",
  trackmapFetch100: "Segment sink, Effect on fetch, 100 a request",
  trackmapTurns: "Segment sink, 1,000 at a time",
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
  ["cpu", "trackmap", "hand", 1.5],
  ["cpu", "trackmap100", "hand", null],
  ["cpu", "trackmapNodeHttp", "hand", null],
  ["cpu", "trackmapFetch", "hand", null],
  ["cpu", "trackmapTurns", "hand", null],
  ["cpu", "analyticsNode", "hand", null],
  ["cpu", "analyticsNodeBuffer", "hand", null],
  ["cpu", "posthogNode", "hand", null],
  ["cpu", "rudderSdkNode", "hand", null],
  ["cpu", "trackmap", "analyticsNode", 0.2],
  ["cpu", "trackmap100", "analyticsNode", null],
  ["cpu", "promises", "trackmap", 1.3],
  ["cpu", "promises", "trackmapFetch", null],
  ["cpu", "promises100", "trackmapFetch100", null],
  ["cpu", "promisesUndici", "trackmap", null],
  ["cpu", "promises", "analyticsNode", null],
  ["cpu", "promisesTurns", "analyticsNode", 0.2],
  ["cpu", "promisesUndiciTurns", "analyticsNode", null],
  ["memory", "promises", "trackmap", null],
  ["memory", "trackmap", "analyticsNodeBuffer", 0.5],
  ["memory", "trackmapTurns", "analyticsNode", 0.5],
  ["memory", "hand", "analyticsNode", null],
  ["memory", "posthogNode", "analyticsNode", null],
  ["memory", "rudderSdkNode", "analyticsNode", null],
  ["cpu", "trackmapMixpanel", "handMixpanel", 1.5],
  ["cpu", "trackmapMixpanel100", "handMixpanel", null],
  ["cpu", "mixpanel", "handMixpanel", null],
  ["memory", "trackmapMixpanel", "mixpanel", null]
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
