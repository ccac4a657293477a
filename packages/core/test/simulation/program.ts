import { make, type Random } from "./random.ts"

/**
 * What is simulated, as data: it is made from a seed, printed, cut down to what matters, and run again.
 * Times are in milliseconds; what is left out has not happened.
 */
export interface Program {
  readonly turns: Turns
  readonly tracker: TrackerSetup
  readonly sinks: ReadonlyArray<SinkSetup>
  /** What each fiber does, step by step. */
  readonly fibers: ReadonlyArray<ReadonlyArray<Step>>
  /** Whether everything is waited for before the tracker is closed at the end. */
  readonly settles: boolean
}

/** Who is next. */
export interface Turns {
  /** Decides the order of turns, and all else that is random while the program runs. 0 stands for the order of arrival. */
  readonly seed: number
  /** How likely a fiber is to yield before any one operation. */
  readonly yields: number
}

export type WhenFull = "wait" | "refuse" | "dropOldest"

export interface BufferSetup {
  readonly capacity?: number
  readonly whenFull?: WhenFull
  readonly concurrency?: number
}

export interface TrackerSetup extends BufferSetup {
  readonly capacity: number
  readonly hold: number
  readonly closeWithin: number
  readonly validation?: "strip" | "annotate" | "deadLetter"
  /** How long somebody who reads the receipts takes for each. */
  readonly readsIn?: number
  /** Whether somebody looks on. */
  readonly observed?: boolean
}

export interface SinkSetup {
  readonly name: string
  readonly messages: number
  readonly bytes?: number
  readonly messageBytes?: number
  readonly age: number
  readonly buffer?: BufferSetup
  readonly answers: Answers
  /** In the order in which they are put around it. */
  readonly combinators: ReadonlyArray<Combinator>
}

/** What a destination does when it is sent a batch: one after the other, and then from the first again. */
export type Answers = readonly [Answer, ...ReadonlyArray<Answer>]

export interface Answer {
  readonly does: Deed
  /** How long it takes. */
  readonly after?: number
  /** Whether it cannot be interrupted meanwhile. */
  readonly deaf?: boolean
}

export type Deed =
  | { readonly _tag: "deliver" }
  /** Rejects some messages of a batch. */
  | { readonly _tag: "reject"; readonly every: number }
  | { readonly _tag: "unavailable"; readonly retryAfter?: number }
  | { readonly _tag: "misconfigured" }
  | { readonly _tag: "refused" }
  /** Refuses a batch for the sake of a message in it. */
  | { readonly _tag: "poisoned"; readonly every: number }
  | { readonly _tag: "tooLarge"; readonly most: number }
  /** Tells more or fewer outcomes than there are messages, or none at all. */
  | { readonly _tag: "miscounts"; readonly by: number | "all" }
  | { readonly _tag: "throws" }
  | { readonly _tag: "dies" }
  /** Is interrupted by itself, and not by the tracker. */
  | { readonly _tag: "interrupts" }
  | { readonly _tag: "hangs" }

export type Combinator =
  | { readonly _tag: "retried"; readonly base: number; readonly limit: number }
  | { readonly _tag: "rateLimited"; readonly limit: number; readonly window: number }
  | { readonly _tag: "circuitBroken"; readonly failures: number; readonly open: number }
  | { readonly _tag: "filter"; readonly every: number }
  | { readonly _tag: "map"; readonly throwsEvery: number }
  | { readonly _tag: "redact" }
  | { readonly _tag: "consented" }
  | { readonly _tag: "deadLetter"; readonly answers: Answers }
  | { readonly _tag: "orElse"; readonly answers: Answers }
  | { readonly _tag: "mapReceipt"; readonly throwsEvery: number }
  | { readonly _tag: "tap"; readonly does: "looks" | "throws" | "fails" | "hangs"; readonly after?: number }

export type Step =
  | TrackStep
  | { readonly _tag: "flush" }
  | { readonly _tag: "sleep"; readonly millis: number }
  /** Interrupts what another fiber does at the moment, which then goes on with its next step. */
  | { readonly _tag: "interrupt"; readonly fiber: number }
  | ReleaseStep
  /** Sets the clock. */
  | { readonly _tag: "jump"; readonly millis: number }
  | { readonly _tag: "close" }

export type Consents = ReadonlyArray<Purpose> | "all"
export type Purpose = "analytics" | "ads"

/** An actor consents. */
export interface ReleaseStep {
  readonly _tag: "release"
  readonly user: number
  readonly consents: Consents
}

export interface TrackStep {
  readonly _tag: "track"
  readonly what: What
  /** Bytes of text in it. */
  readonly text: number
  /** 0 stands for nobody. */
  readonly user: number
  readonly consents: Consents
  /** Whether the message's id is given, and not made. */
  readonly named: boolean
  /** Whether its receipts are waited for before the next step. */
  readonly awaited: boolean
}

/** What is tracked, and how that goes. */
export type What =
  | { readonly _tag: "plain" }
  /** A relation that takes an Effect. */
  | { readonly _tag: "related"; readonly relation: Relation; readonly after?: number }
  /** The same, of an event that fails where its relation does. */
  | { readonly _tag: "strict"; readonly relation: Relation; readonly after?: number }
  /** An event that asks consent to a purpose. */
  | { readonly _tag: "ad" }
  /** A value that its schema refuses. */
  | { readonly _tag: "invalid" }
  | { readonly _tag: "identify" }
  | { readonly _tag: "alias" }
  | { readonly _tag: "page" }
  /** A message that has been made before. */
  | { readonly _tag: "send" }
export type Relation = "loads" | "fails" | "dies" | "hangs"

/** Purposes that an event of a kind asks consent to. */
export const purposesOf = (what: What): ReadonlyArray<Purpose> => (what._tag === "ad" ? ["ads"] : [])

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
