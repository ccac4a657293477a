import type { Message } from "@trackmap/core/Message"
import type { Outcome, Receipt } from "@trackmap/core/Receipt"
import type { SinkMetrics, Tracked } from "@trackmap/core/Tracker"
import type { Violation } from "../../../core/test/simulation/history.ts"
import type { Claim, DeadLetter, Parked, SinkStats } from "../../src/OutboxStore.ts"
import type { Process } from "./process.ts"
import type { Program, Track } from "./program.ts"

/** A message that the service tracked. */
export interface Call {
  readonly number: number
  readonly process: Process
  readonly track: Track
  /** Whether it was in a transaction, with a change of the same number. */
  readonly inTransaction: boolean
  tracked: Tracked | undefined
  /** What its receipt was at the end, if it had one. */
  receipt: Receipt | undefined
}

/** A batch that was sent. */
export interface Sent {
  readonly sink: number
  readonly process: Process
  readonly messages: ReadonlyArray<Message>
  readonly turn: number
  readonly at: number
  /** The ids that the vendor took. */
  readonly taken: Array<string>
  /** What the relay learned of them. Undefined if it did not live to see it. */
  told: ReadonlyArray<Outcome | undefined> | undefined
}

/** A claim of a relay, as the store has made it, and what became of it. */
export interface Claimed {
  readonly sink: number
  readonly process: Process
  readonly claim: Claim
  readonly turn: number
  /** When it was made, by the database's clock. */
  readonly at: number
  leaseUntil: number
  /** When the store last extended its lease. */
  renewed: number
  /** When the relay gave it back. */
  released: number | undefined
  /** When the store completed it. */
  completed: number | undefined
  /** What the relay asked the store to set aside. */
  parked: ReadonlyArray<Parked>
  /** When the relay was told that it is over. */
  overAt: number | undefined
}

/** A sink that a relay registered. */
export interface Started {
  readonly sink: number
  readonly turn: number
  /** How many messages the log had. */
  readonly logged: number
}

/** Something that an operator did, when it was done. */
export interface Operated {
  readonly _tag: "erase" | "remove" | "rename" | "replay" | "sweep"
  readonly of?: "letters" | "log"
  /** The sink, or the user. */
  readonly what: number
  readonly began: number
  readonly turn: number
  /** The messages that the log had before, and then. */
  readonly loggedBefore: number
  readonly logged: number
}

/** A relay that lived until the end. */
export interface Survivor {
  readonly relay: number
  readonly process: Process
  readonly metrics: ReadonlyArray<SinkMetrics>
}

/** A receipt of a relay. */
export interface RelayReceipt {
  readonly process: Process
  readonly relay: number
  readonly sink: number
  readonly turn: number
  readonly receipt: Receipt
}

/** All that happened while a program ran. */
export interface History {
  readonly program: Program
  readonly calls: Array<Call>
  readonly sent: Array<Sent>
  readonly claims: Array<Claimed>
  readonly started: Array<Started>
  readonly operated: Array<Operated>
  /** The receipts of relays. */
  readonly receipts: Array<RelayReceipt>
  readonly survivors: Array<Survivor>
  readonly processes: Array<Process>
  readonly restarts: { service: number; relays: number }
  /** What was found wrong while the program ran. */
  readonly seen: Array<Violation>
  /** Whether the relays had nothing left to do. */
  drained: boolean
  orders: ReadonlySet<number>
  logged: ReadonlyArray<string>
  letters: ReadonlyArray<DeadLetter>
  stats: ReadonlyArray<SinkStats>
  /** Why each vendor has refused messages, by their ids. */
  refusals: ReadonlyArray<ReadonlyMap<string, ReadonlySet<string>>>
  /** The sinks' names at the end, if they are registered. */
  names: ReadonlyArray<string | undefined>
  faults: number
  elapsed: number
  turns: number
}
