import type { Message } from "../../src/Message.ts"
import type { Outcome, Receipt } from "../../src/Receipt.ts"
import type { Flushed, SinkMetrics } from "../../src/Tracker.ts"
import type { Deed, FlushStep, Program, ReleaseStep, TrackStep } from "./program.ts"

/** A place in the order of all that happens, and the time that has passed by then. */
export interface Moment {
  readonly turn: number
  readonly at: number
}

/** Whom a batch was given: the destination itself, or one that a combinator gives what the destination could not deliver. */
export type Role = "destination" | "orElse" | "deadLetter"

/** A batch that was sent. */
export interface Sent {
  readonly sink: string
  readonly role: Role
  readonly messages: ReadonlyArray<Message>
  readonly does: Deed
  readonly began: Moment
  ended: Moment | undefined
  result:
    | { readonly _tag: "answered"; readonly outcomes: ReadonlyArray<Outcome> }
    | {
        readonly _tag: "failed"
        readonly error: string
        readonly outcomes?: ReadonlyArray<Outcome | undefined>
      }
    | { readonly _tag: "broke" }
    | { readonly _tag: "interrupted" }
    | undefined
}

/** A message that somebody tracked. */
export interface Call {
  /** What the message carries, so that sinks' messages can be told apart without their ids. */
  readonly number: number
  readonly fiber: number
  readonly step: TrackStep
  readonly began: Moment
  /** Whether the tracker was told to interrupt it. */
  interrupted: boolean
  ended: Moment | undefined
  /** What went wrong, where the call has neither succeeded nor been interrupted. */
  failure: string | undefined
  died: boolean
  /** Of the message that was taken, where the call has succeeded. */
  messageId: string | undefined
  /** What the message's receipts were at the end, where there were all of them. */
  receipts: ReadonlyArray<Receipt> | undefined
}

/** An outcome that a combinator was asked to change, and what it made of it. */
export interface Mapped {
  readonly sink: string
  readonly messageId: string
  readonly from: Outcome
  readonly to: Outcome
}

/** What an observer was told of one message, in the order of telling. */
export interface Observed {
  messageId: string | undefined
  /** Of the attempts: to which sink. */
  readonly attempts: Array<string>
  readonly receipts: Array<Receipt>
}

/** What somebody waited for. */
export interface Waited {
  readonly began: Moment
  ended: Moment | undefined
  interrupted: boolean
}

/** A flush, and what it said was left. */
export interface Flush extends Waited {
  readonly step: FlushStep
  flushed: Flushed | undefined
}

/** All that happened while a program ran. */
export interface History {
  readonly program: Program
  readonly sent: Array<Sent>
  readonly calls: Array<Call>
  readonly mapped: Array<Mapped>
  readonly receipts: Array<Moment & { readonly receipt: Receipt }>
  /** The receipts that somebody has read who takes their time, by message and sink; none where nobody does. */
  read: Array<string> | undefined
  /** What an observer was told of each message; none where nobody looks on. */
  observed: Array<Observed> | undefined
  readonly flushes: Array<Flush>
  readonly releases: Array<Waited & { readonly step: ReleaseStep }>
  readonly close: Waited
  /** Relations, looks and destinations that will never go on by themselves. */
  hung: Set<string>
  jumps: number
  /** What was found wrong while the program ran. */
  readonly seen: Array<Violation>
  metrics: ReadonlyArray<SinkMetrics>
  counted: ReadonlyMap<string, number>
  /** Gauges that are still registered after the close. */
  gauges: number
  /** What is left when nothing more can happen. */
  left: { fibers: number; timers: number }
  elapsed: number
  turns: number
}

/** A law that does not hold, and where. */
export interface Violation {
  readonly law: string
  readonly detail: string
}
