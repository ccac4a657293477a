import { make, type Random } from "../../../core/test/simulation/random.ts"
import type {
  Combinator,
  Inner,
  Program,
  SinkSetup,
  Step,
  Track,
  TransactionStep,
  VendorAnswer,
  VendorDeed
} from "./program.ts"

/** One program in so many runs on SQLite. */
const everySqlite = 50

/** The program of a seed. */
export const generate = (seed: number): Program => {
  const random = make(seed)
  const sinks = random.weighted([
    [5, 1],
    [4, 2],
    [1, 3]
  ])
  const fibers = random.between(1, 3)
  const steps = random.pick([4, 8, 14])
  const lease = random.pick([2_000, 10_000, 30_000])
  return {
    turns: { seed: random.between(1, 0x7fffffff), yields: random.pick([0, 0, 0.02, 0.15]) },
    database: seed % everySqlite === 0 ? "sqlite" : "memory",
    latency: random.pick([0, 0, 1, 20]),
    service: {
      capacity: random.pick([1, 5, 50]),
      whenInsertFails: random.pick(["fail", "fail", "savepoint"]),
      closeWithin: random.pick([0, 500, 5_000])
    },
    relay: {
      order: random.pick(["any", "any", "user"]),
      limit: random.pick([1, 2, 5, 20, 1_000]),
      lease,
      poll: random.pick([1_000, 5_000, 20_000]),
      closeWithin: random.pick([0, 1_000, 20_000])
    },
    sinks: Array.from({ length: sinks }, (_, index) => sink(random, index)),
    fibers: Array.from({ length: fibers }, (_, index) => [
      ...(index === 0 ? Array.from({ length: random.between(0, 2) }, () => startRelay(random)) : []),
      ...Array.from({ length: random.between(1, steps) }, () => stepOf(random, fibers, sinks, lease))
    ])
  }
}

const startRelay = (random: Random): Step => ({
  _tag: "startRelay",
  inService: random.chance(0.25),
  skew: random.pick([0, 0, -300_000, 300_000])
})

const millis = (random: Random): number => random.pick([0, 1, 20, 300, 1_000, 5_000, 40_000])

const stepOf = (random: Random, fibers: number, sinks: number, lease: number): Step => {
  const sink = (): number => random.between(0, sinks - 1)
  // Soon, so that it happens in the middle of something.
  const turns = (): number => random.pick([0, random.between(1, 12), random.between(1, 60), random.between(1, 300)])
  return random.weighted<() => Step>([
    [14, () => ({ _tag: "track", ...track(random) })],
    [34, () => transaction(random)],
    [12, () => ({ _tag: "sleep", millis: millis(random) })],
    [4, () => ({ _tag: "interrupt", fiber: random.between(0, fibers - 1) })],
    [4, () => ({ _tag: "killService", turns: turns(), restarts: random.pick([1, 2_000]) })],
    [6, () => startRelay(random)],
    [8, () => ({ _tag: "killRelay", relay: random.between(0, 3), turns: turns() })],
    [
      5,
      () => ({ _tag: "pauseRelay", relay: random.between(0, 3), millis: random.pick([500, lease, 2 * lease + 1_000]) })
    ],
    [3, () => ({ _tag: "stopRelay", relay: random.between(0, 3) })],
    [
      3,
      () => ({
        _tag: "outage",
        sink: sink(),
        millis: random.pick([1_000, 20_000, 200_000]),
        wrongKey: random.chance(0.3)
      })
    ],
    [
      4,
      () => ({
        _tag: "databaseFault",
        millis: random.pick([100, 5_000, 60_000]),
        done: random.chance(0.5),
        every: random.between(1, 3)
      })
    ],
    [1.5, () => ({ _tag: "replay", of: random.pick(["letters", "log"]), sink: sink() })],
    [1, () => ({ _tag: "erase", user: random.between(1, 2) })],
    [1, () => ({ _tag: "add", sink: sink() })],
    [1, () => ({ _tag: "remove", sink: sink() })],
    [1, () => ({ _tag: "rename", sink: sink() })],
    [1, () => ({ _tag: "sweep", age: random.pick([0, 1_000, 60_000]) })]
  ])()
}

const track = (random: Random): Track => ({
  ad: random.chance(0.1),
  user: random.between(0, 2),
  consents: random.weighted([
    [7, "all"],
    [2, "analytics"],
    [1, "none"]
  ])
})

const transaction = (random: Random): TransactionStep => ({
  _tag: "transaction",
  collects: random.chance(0.5),
  body: inners(random, 0),
  ends: random.weighted([
    [7, "commits"],
    [2, "fails"],
    [1, "dies"]
  ]),
  awaited: random.chance(0.2)
})

const inners = (random: Random, depth: number): ReadonlyArray<Inner> =>
  Array.from({ length: random.pick([1, 1, 2, 3, 6]) }, () =>
    random.weighted<() => Inner>([
      [8, () => ({ _tag: "track", ...track(random) })],
      [1, () => ({ _tag: "sleep", millis: random.pick([1, 50, 1_000]) })],
      [
        depth < 2 ? 1.5 : 0,
        () => ({
          _tag: "savepoint",
          collects: random.chance(0.5),
          body: inners(random, depth + 1),
          ends: random.pick(["commits", "fails"])
        })
      ]
    ])()
  )

const sink = (random: Random, index: number): SinkSetup => ({
  name: "abc"[index]!,
  messages: random.pick([1, 2, 5, 100]),
  concurrency: random.pick([1, 1, 2, 3]),
  from: random.pick(["beginning", "beginning", "now"]),
  ...(index > 0 && random.chance(0.2) && { absent: true }),
  answers: [
    answer(random),
    ...(random.chance(0.4) ? [] : Array.from({ length: random.between(0, 3) }, () => answer(random)))
  ],
  combinators: random.chance(0.5) ? [] : Array.from({ length: random.between(1, 2) }, () => combinator(random))
})

const answer = (random: Random): VendorAnswer => ({
  does: random.weighted<() => VendorDeed>([
    [16, () => ({ _tag: "deliver" })],
    [3, () => ({ _tag: "reject", every: random.between(1, 4) })],
    [
      4,
      () => ({ _tag: "unavailable", ...(random.chance(0.4) && { retryAfter: random.pick([0, 10, 1_000, 100_000]) }) })
    ],
    [2, () => ({ _tag: "lost" })],
    [1, () => ({ _tag: "misconfigured" })],
    [1, () => ({ _tag: "refused" })],
    [3, () => ({ _tag: "poisoned", every: random.between(2, 4) })],
    [2, () => ({ _tag: "tooLarge", most: random.between(1, 3) })],
    [
      3,
      () => ({
        _tag: "partly",
        as: random.pick(["Unavailable", "Unavailable", "TooLarge", "Refused"]),
        every: random.between(1, 3),
        by: random.chance(0.1) ? 1 : 0
      })
    ],
    [0.5, () => ({ _tag: "miscounts", by: random.pick([-1, 1, "all"]) })],
    [0.5, () => ({ _tag: "throws" })],
    [0.5, () => ({ _tag: "dies" })],
    [0.5, () => ({ _tag: "interrupts" })]
  ])(),
  ...(random.chance(0.5) && { after: random.pick([1, 10, 100, 1_000, 30_000]) })
})

const combinator = (random: Random): Combinator =>
  random.weighted<() => Combinator>([
    [3, () => ({ _tag: "retried", base: random.pick([1, 50, 500]), limit: random.pick([0, 100, 2_000, 20_000]) })],
    [2, () => ({ _tag: "rateLimited", limit: random.between(1, 3), window: random.pick([10, 1_000]) })],
    [2, () => ({ _tag: "circuitBroken", failures: random.between(1, 3), open: random.pick([10, 1_000, 30_000]) })],
    [2, () => ({ _tag: "filter", every: random.between(1, 3) })],
    [2, () => ({ _tag: "redact" })],
    [2, () => ({ _tag: "consented" })]
  ])()
