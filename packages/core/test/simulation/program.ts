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
  readonly waitWithin?: number
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
  /** Fails, and tells the outcomes of all messages but every so many; or of too few messages. */
  | {
      readonly _tag: "partly"
      readonly as: "Unavailable" | "TooLarge" | "Refused"
      readonly every: number
      readonly by: 0 | 1
    }
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
  | FlushStep
  | { readonly _tag: "sleep"; readonly millis: number }
  /** Interrupts what another fiber does at the moment, which then goes on with its next step. */
  | { readonly _tag: "interrupt"; readonly fiber: number }
  | ReleaseStep
  /** Sets the clock. */
  | { readonly _tag: "jump"; readonly millis: number }
  | { readonly _tag: "close" }

export type Consents = ReadonlyArray<Purpose> | "all"
export type Purpose = "analytics" | "ads"

/** Without a limit of its own, a flush has no limit. */
export interface FlushStep {
  readonly _tag: "flush"
  readonly within?: number
}

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
