import type {
  Answer,
  Answers,
  Combinator,
  Consents,
  Deed,
  Program,
  Relation,
  SinkSetup,
  Step,
  TrackStep,
  What,
  WhenFull
} from "./program.ts"
import { make, type Random } from "./random.ts"

/** The program of a seed. */
export const generate = (seed: number): Program => {
  const random = make(seed)
  const sinks = random.weighted([
    [3, 1],
    [4, 2],
    [2, 3],
    [1, 4]
  ])
  const fibers = random.between(1, 4)
  const steps = random.pick([4, 8, 16])
  const millis = (): number => random.pick([0, 1, 5, 20, 100, 300, 1_000, 5_000])
  return {
    turns: { seed: random.between(0, 0x7fffffff), yields: random.pick([0, 0.01, 0.1, 0.3]) },
    tracker: {
      capacity: random.pick([1, 2, 3, 5, 10, 50]),
      whenFull: whenFull(random),
      ...waitWithin(random),
      concurrency: random.between(1, 3),
      hold: random.pick([0, 0, 1, 2, 5]),
      closeWithin: random.pick([0, 50, 500, 2_000, 10_000]),
      ...(random.chance(0.2) && { readsIn: random.pick([1, 100]) }),
      ...(random.chance(0.5) && { observed: true }),
      ...(random.chance(0.3) && { validation: random.pick(["strip", "annotate", "deadLetter"]) })
    },
    sinks: Array.from({ length: sinks }, (_, index) => sink(random, "abcd"[index]!)),
    fibers: Array.from({ length: fibers }, () => {
      const out: Array<Step> = []
      const length = random.between(1, steps)
      while (out.length < length) {
        const step = stepOf(random, fibers, millis)
        out.push(step)
        if (step._tag === "track" && random.chance(0.15)) for (let i = random.between(1, 8); i > 0; i--) out.push(step)
      }
      return out
    }),
    settles: random.chance(0.5)
  }
}

/** Without one there is the default. */
const waitWithin = (random: Random): { readonly waitWithin?: number } =>
  random.chance(0.6) ? { waitWithin: random.pick([0, 5, 100, 5_000, Infinity, Infinity]) } : {}

const whenFull = (random: Random): WhenFull => random.pick(["wait", "wait", "refuse", "dropOldest"])

const stepOf = (random: Random, fibers: number, millis: () => number): Step => {
  const kind = random.weighted<Step["_tag"]>([
    [60, "track"],
    [12, "sleep"],
    [8, "flush"],
    [14, "interrupt"],
    [5, "release"],
    [1, "jump"],
    [2, "close"]
  ])
  switch (kind) {
    case "track":
      return track(random, millis)
    case "sleep":
      return { _tag: "sleep", millis: millis() }
    case "interrupt":
      return { _tag: "interrupt", fiber: random.between(0, fibers - 1) }
    case "release":
      return { _tag: "release", user: random.between(1, 2), consents: consents(random) }
    case "jump":
      return { _tag: "jump", millis: random.pick([-3_600_000, -1_000, 1_000, 3_600_000]) }
    case "flush":
      return { _tag: "flush", ...(random.chance(0.5) && { within: millis() }) }
    default:
      return { _tag: kind }
  }
}

const consents = (random: Random): Consents => random.pick<Consents>(["all", ["analytics"], ["ads"], []])

const track = (random: Random, millis: () => number): TrackStep => {
  const relation = (): { readonly relation: Relation; readonly after?: number } => ({
    relation: random.weighted([
      [8, "loads"],
      [2, "fails"],
      [1, "dies"],
      [1, "hangs"]
    ]),
    ...(random.chance(0.5) && { after: millis() })
  })
  return {
    _tag: "track",
    what: random.weighted<() => What>([
      [50, () => ({ _tag: "plain" })],
      [12, () => ({ _tag: "related", ...relation() })],
      [3, () => ({ _tag: "strict", ...relation() })],
      [6, () => ({ _tag: "ad" })],
      [3, () => ({ _tag: "invalid" })],
      [4, () => ({ _tag: "identify" })],
      [1, () => ({ _tag: "alias" })],
      [2, () => ({ _tag: "page" })],
      [2, () => ({ _tag: "send" })]
    ])(),
    text: random.pick([0, 0, 10, 100, 300]),
    user: random.between(0, 2),
    consents: random.chance(0.7) ? "all" : consents(random),
    named: random.chance(0.5),
    awaited: random.chance(0.1)
  }
}

const sink = (random: Random, name: string): SinkSetup => ({
  name,
  messages: random.pick([1, 2, 3, 10, 100]),
  ...(random.chance(0.3) && { bytes: random.pick([400, 800, 2_000]) }),
  ...(random.chance(0.1) && { messageBytes: random.pick([250, 350]) }),
  age: random.pick([0, 1, 10, 100, 1_000]),
  ...(random.chance(0.3) && {
    buffer: {
      ...(random.chance(0.7) && { capacity: random.between(1, 10) }),
      ...(random.chance(0.7) && { whenFull: whenFull(random) }),
      ...(random.chance(0.3) && waitWithin(random)),
      ...(random.chance(0.3) && { concurrency: random.between(1, 3) })
    }
  }),
  answers: random.chance(0.35) ? healthy(random) : answers(random),
  combinators: random.chance(0.35)
    ? []
    : Array.from(
        {
          length: random.weighted([
            [4, 1],
            [3, 2],
            [1, 4]
          ])
        },
        () => combinator(random)
      )
})

const healthy = (random: Random): Answers => [
  { does: { _tag: "deliver" }, ...(random.chance(0.5) && { after: random.pick([1, 5, 20]) }) }
]

const answers = (random: Random): Answers => [
  answer(random),
  ...Array.from({ length: random.between(0, 3) }, () => answer(random))
]

const answer = (random: Random): Answer => ({
  does: random.weighted<() => Deed>([
    [12, () => ({ _tag: "deliver" })],
    [3, () => ({ _tag: "reject", every: random.between(1, 3) })],
    [
      6,
      () => ({ _tag: "unavailable", ...(random.chance(0.4) && { retryAfter: random.pick([0, 10, 1_000, 100_000]) }) })
    ],
    [1, () => ({ _tag: "misconfigured" })],
    [1, () => ({ _tag: "refused" })],
    [3, () => ({ _tag: "poisoned", every: random.between(2, 4) })],
    [2, () => ({ _tag: "tooLarge", most: random.between(1, 3) })],
    [
      4,
      () => ({
        _tag: "partly",
        as: random.pick(["Unavailable", "Unavailable", "TooLarge", "Refused"]),
        every: random.between(1, 3),
        by: random.chance(0.1) ? 1 : 0
      })
    ],
    [1, () => ({ _tag: "miscounts", by: random.pick([-1, 1, "all"]) })],
    [1, () => ({ _tag: "throws" })],
    [1, () => ({ _tag: "dies" })],
    [1, () => ({ _tag: "interrupts" })],
    [2, () => ({ _tag: "hangs" })]
  ])(),
  ...(random.chance(0.5) && { after: random.pick([1, 10, 100, 1_000, 30_000]) }),
  ...(random.chance(0.15) && { deaf: true })
})

const combinator = (random: Random): Combinator =>
  random.weighted<() => Combinator>([
    [6, () => ({ _tag: "retried", base: random.pick([1, 50, 500]), limit: random.pick([0, 100, 2_000, 20_000]) })],
    [2, () => ({ _tag: "rateLimited", limit: random.between(1, 3), window: random.pick([10, 1_000]) })],
    [2, () => ({ _tag: "circuitBroken", failures: random.between(1, 3), open: random.pick([10, 1_000, 30_000]) })],
    [2, () => ({ _tag: "filter", every: random.between(1, 3) })],
    [1, () => ({ _tag: "map", throwsEvery: random.pick([0, 2, 3]) })],
    [3, () => ({ _tag: "redact" })],
    [3, () => ({ _tag: "consented" })],
    [4, () => ({ _tag: "deadLetter", answers: random.chance(0.5) ? healthy(random) : answers(random) })],
    [2, () => ({ _tag: "orElse", answers: random.chance(0.5) ? healthy(random) : answers(random) })],
    [2, () => ({ _tag: "mapReceipt", throwsEvery: random.pick([0, 2, 3]) })],
    [
      2,
      () => ({
        _tag: "tap",
        does: random.weighted([
          [6, "looks"],
          [1, "throws"],
          [1, "fails"],
          [1, "hangs"]
        ]),
        ...(random.chance(0.3) && { after: random.pick([1, 100, 10_000]) })
      })
    ]
  ])()
