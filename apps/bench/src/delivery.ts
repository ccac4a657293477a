import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { competeFreshly, type Contestants } from "./Contest.ts"
import { sender } from "./delivery/Sender.ts"
import { fullBuffer } from "./delivery/fullBuffer.ts"
import { trackRows } from "./delivery/track.ts"
import { compare, type Measured, type Question } from "./Report.ts"

const trackmap = () => import("./delivery/trackmap.ts")
const promises = () => import("./delivery/promises.ts")
const analyticsNode = () => import("./delivery/analyticsNode.ts")
const hand = () => import("./delivery/hand.ts")
const posthogNode = () => import("./delivery/posthogNode.ts")
const amplitudeNode = () => import("./delivery/amplitudeNode.ts")

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
  trackmapPostHog: () => sender(async () => ({ make: (await trackmap()).posthog() })),
  trackmapPostHog100: () => sender(async () => ({ make: (await trackmap()).posthog(100) })),
  posthogNode: () => sender(async () => ({ make: (await posthogNode()).posthog(100) })),
  posthogNode1000: () => sender(async () => ({ make: (await posthogNode()).posthog(1_000) })),
  trackmapAmplitude: () => sender(async () => ({ make: (await trackmap()).amplitude() })),
  trackmapAmplitude200: () => sender(async () => ({ make: (await trackmap()).amplitude(200) })),
  amplitudeNode: () => sender(async () => ({ make: (await amplitudeNode()).amplitude(200) })),
  amplitudeNode1000: () => sender(async () => ({ make: (await amplitudeNode()).amplitude(1_000) })),
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
  trackmapPostHog: "PostHog sink",
  trackmapPostHog100: "PostHog sink, 100 a request",
  posthogNode: "posthog-node",
  posthogNode1000: "posthog-node, 1,000 a request",
  trackmapAmplitude: "Amplitude sink",
  trackmapAmplitude200: "Amplitude sink, 200 a request",
  amplitudeNode: "@amplitude/analytics-node, 200 a request",
  amplitudeNode1000: "@amplitude/analytics-node, 1,000 a request",
  rudderSdkNode: "rudder-sdk-node",
  handMixpanel: "hand-written loop, Mixpanel",
  trackmapMixpanel: "Mixpanel sink",
  trackmapMixpanel100: "Mixpanel sink, 100 a request",
  mixpanel: "mixpanel"
}

type What = "cpu" | "steady" | "memory"

/** The figure to compare, the two contestants, and the required ratio. */
type Pair = readonly [what: What, subject: Name, baseline: Name, target: number | null]

const beside = (baseline: Name, target: number | null, ...subjects: ReadonlyArray<Name>): ReadonlyArray<Pair> =>
  subjects.flatMap((subject): ReadonlyArray<Pair> => [
    ["cpu", subject, baseline, target],
    ["steady", subject, baseline, target]
  ])

const pairs = {
  delivery: [
    ["cpu", "trackmapNode", "hand", 1.3],
    ["cpu", "promises", "hand", 1.3],
    ["steady", "trackmapNode", "hand", 1.25],
    ["steady", "promises", "hand", 1.25],
    ...beside("hand", null, "analyticsNode"),
    ...beside("analyticsNode", null, "promises"),
    ...beside("analyticsNode", 0.14, "promisesTurns")
  ],
  memory: [
    ["memory", "trackmapNode", "analyticsNodeBuffer", 0.08],
    ["memory", "promises", "trackmapNode", null],
    ["memory", "trackmapMixpanel", "mixpanel", 3]
  ],
  mixpanel: [
    ["cpu", "trackmapMixpanel", "handMixpanel", 1.6],
    ["steady", "trackmapMixpanel", "handMixpanel", null],
    ["cpu", "trackmapMixpanel100", "handMixpanel", null],
    ["cpu", "mixpanel", "handMixpanel", null]
  ],
  posthog: [...beside("posthogNode", 0.5, "trackmapPostHog100"), ...beside("posthogNode1000", 0.5, "trackmapPostHog")],
  amplitude: [
    ...beside("amplitudeNode", 0.5, "trackmapAmplitude200"),
    ...beside("amplitudeNode1000", 0.5, "trackmapAmplitude")
  ],
  transports: [
    ["cpu", "trackmapNode100", "hand", null],
    ["cpu", "trackmap", "hand", null],
    ["cpu", "trackmap100", "hand", null],
    ["cpu", "trackmapNodeHttp", "hand", null],
    ["cpu", "trackmapFetch", "hand", null],
    ["cpu", "promises100", "hand", null],
    ["cpu", "promisesUndici", "trackmap", null]
  ],
  peers: [
    ["cpu", "posthogNode", "hand", null],
    ["cpu", "rudderSdkNode", "hand", null],
    ["memory", "trackmapNode", "hand", null],
    ["memory", "analyticsNode", "hand", null],
    ["memory", "posthogNode", "hand", null],
    ["memory", "rudderSdkNode", "hand", null]
  ]
} as const satisfies Record<string, ReadonlyArray<Pair>>

const units = { cpu: "ns CPU/event", steady: "ns CPU/event", memory: "MB at most" } as const
const parts = { cpu: "", steady: ", steady", memory: ": memory" } as const

/** The server. On a machine with two cores, it does not use the client's. */
const serve = async (): Promise<readonly [url: string, server: ChildProcess]> => {
  const server = fork(fileURLToPath(new URL("delivery/server.ts", import.meta.url)))
  const [port] = (await once(server, "message")) as [number]
  return [`http://127.0.0.1:${port}`, server]
}

const rounds = 3

const measured = async (pairs: ReadonlyArray<Pair>): Promise<ReadonlyArray<Measured>> => {
  const [url, server] = await serve()
  try {
    const names = [...new Set(pairs.flatMap(([, subject, baseline]) => [baseline, subject]))]
    // Most pairs need only the first events.
    const steady = pairs.some(([what]) => what === "steady") ? { BENCH_STEADY: "1" } : {}
    const samples = await competeFreshly(import.meta.url, names, { rounds, env: { BENCH_URL: url, ...steady } })
    return pairs.map(([what, subject, baseline, target]) => {
      const label = { name: `${titles[subject]}${parts[what]}`, unit: units[what], baseline: titles[baseline], target }
      return compare(label, samples(subject, what), samples(baseline, what))
    })
  } finally {
    server.disconnect()
  }
}

export const questions: ReadonlyArray<Question> = [
  { name: "delivery", measure: async () => [...(await measured(pairs.delivery)), ...(await trackRows())] },
  { name: "memory", measure: async () => [...(await measured(pairs.memory)), ...(await fullBuffer())] },
  { name: "mixpanel", measure: () => measured(pairs.mixpanel) },
  { name: "posthog", measure: () => measured(pairs.posthog) },
  { name: "amplitude", measure: () => measured(pairs.amplitude) },
  { name: "transports", measure: () => measured(pairs.transports) },
  { name: "peers", measure: () => measured(pairs.peers) }
]
