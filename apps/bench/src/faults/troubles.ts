import { Fault } from "@trackmap/testing"
import { idOf } from "../wire.ts"
import { idsOf } from "./ids.ts"

type Times = readonly [fault: Fault.Fault, times: number]

/** How the server misbehaves. Otherwise it behaves as documented. */
export interface Trouble {
  readonly name: string
  readonly title: string
  /** Its first requests. */
  readonly first?: Times
  /** The first attempts of each batch. */
  readonly eachBatch?: Times
  /** Every request until a number of milliseconds after the first. */
  readonly until?: readonly [fault: Fault.Fault, milliseconds: number]
  /** Every request. */
  readonly always?: Fault.Fault
  /** The milliseconds from the first event during which nobody listens. */
  readonly refusedFor?: number
  /** The client's process receives SIGTERM after the last event, and nobody closes the client. */
  readonly sigterm?: boolean
  /** Events that no client could deliver. */
  readonly lost?: number
  /** Only for vendors that refuse events one by one. */
  readonly oneByOne?: true
}

const poison = idsOf(250)
const refused = new Set([100, 250, 499].map(idsOf))

export const troubles: ReadonlyArray<Trouble> = [
  { name: "none", title: "no fault" },
  { name: "500", title: "500 twice for each batch", eachBatch: [Fault.status(500), 2] },
  { name: "refused", title: "connections refused for 5 s", refusedFor: 5_000 },
  { name: "reset-before", title: "first request reset before its body", first: [Fault.reset("before"), 1] },
  { name: "reset-during", title: "first request reset during its body", first: [Fault.reset("during"), 1] },
  { name: "reset-after", title: "first request accepted, then reset", first: [Fault.reset("after"), 1] },
  { name: "hang", title: "first request never answered", first: [Fault.hang, 1] },
  { name: "429", title: "429 with Retry-After: 2, three times", first: [Fault.retryAfter(429, 2), 3] },
  { name: "redirect", title: "one redirect to a page", first: [Fault.redirect("/page"), 1] },
  {
    name: "poison",
    title: "one message makes its batch 400",
    always: Fault.poison((event) => idOf(event) === poison),
    lost: 1
  },
  { name: "413", title: "413 over 20 messages", always: Fault.tooLarge(20) },
  { name: "503", title: "503 for 15 s", until: [Fault.status(503), 15_000] },
  { name: "error-body", title: "one 200 with an error body", first: [Fault.errorBody(), 1] },
  { name: "malformed", title: "one 200 with malformed JSON", first: [Fault.malformed, 1] },
  {
    name: "partial",
    title: "three events refused one by one",
    always: Fault.partial((event) => refused.has(idOf(event))),
    lost: refused.size,
    oneByOne: true
  },
  { name: "sigterm", title: "SIGTERM, and nobody closes", sigterm: true }
]
