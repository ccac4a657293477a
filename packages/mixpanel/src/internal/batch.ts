import { type Message, Receipt, SendError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as answer from "./answer.ts"
import * as event from "./event.ts"
import { requestBytes, requestRecords } from "./limits.ts"
import * as profile from "./profile.ts"

export interface Settings {
  readonly shape: profile.Shape
  readonly counters: "atMostOnce" | "atLeastOnce"
  /** Milliseconds after which a batch is given up. */
  readonly limit: number
}

/** The longest pause that core's schedule makes between two attempts, and a second for what it takes. */
const longestPause = 61_000

/** One record of a message, an event or an update, and what has become of it. */
interface Job {
  readonly json: string
  readonly once: boolean
  outcome: Receipt.Outcome | undefined
}

/** What goes in one request. */
export interface Request {
  readonly path: answer.Path
  readonly jobs: ReadonlyArray<Job>
  readonly body: Uint8Array
}

/**
 * What is known between the attempts of a batch.
 *
 * A batch goes to up to three places, and fails as a whole where one of them fails. What the others have taken must not be
 * sent again with the rest, nor be called lost: an event would only be the same event again, but an `$add` would count twice.
 * So what became of each record is kept by its message, and is forgotten with it at the latest.
 */
export interface Memory {
  outcomes: WeakMap<Message.Message, ReadonlyArray<Receipt.Outcome | undefined>> | undefined
  /** When a batch failed of which something had an outcome already. */
  readonly since: WeakMap<ReadonlyArray<Message.Message>, number>
}

const encoder = new TextEncoder()

/** The jobs in as many requests as they need. */
const requestsOf = (path: answer.Path, jobs: ReadonlyArray<Job>): ReadonlyArray<Request> => {
  if (jobs.length === 0) return []
  if (jobs.length <= requestRecords) {
    const body = encoder.encode(`[${jobs.map(({ json }) => json).join(",")}]`)
    if (body.length <= requestBytes || jobs.length === 1) return [{ path, jobs, body }]
  }
  const middle = jobs.length >> 1
  return [...requestsOf(path, jobs.slice(0, middle)), ...requestsOf(path, jobs.slice(middle))]
}

/** What became of a message, once there is an outcome for all of its records: of what is lost, the first. */
const combined = (jobs: ReadonlyArray<Job>): Receipt.Outcome | undefined => {
  let lost: Receipt.Outcome | undefined
  for (const { outcome } of jobs) {
    if (outcome === undefined) return undefined
    if (outcome._tag !== "Delivered") lost ??= outcome
  }
  return lost ?? Receipt.delivered
}

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations[profile.integration] ?? integrations["All"] ?? true)

const off = Receipt.skipped(`the message's integrations leave ${profile.integration} out`)
const noAlias = Receipt.skipped("Mixpanel has no equivalent of alias: the first event that has both ids makes them one")
const misplaced = Receipt.rejected(
  `integrations.${profile.integration} asks for operations on a profile, which identify and group messages carry`
)

/** A batch on one attempt. */
export class Batch {
  readonly settings: Settings
  readonly memory: Memory
  readonly messages: ReadonlyArray<Message.Message>
  /** By message: its records, or its outcome where none is sent. */
  private readonly entries: ReadonlyArray<ReadonlyArray<Job> | Receipt.Outcome>
  private readonly jobs: { readonly [P in answer.Path]: Array<Job> } = { "/import": [], "/groups": [], "/engage": [] }
  /** Why something of the batch is to be sent again. */
  private failure: Exclude<SendError.SendError, SendError.Misconfigured> | undefined
  /** Why a place takes nothing of this sink, by the outcome of what was sent there. */
  private readonly strange = new Map<Receipt.Outcome | undefined, SendError.Misconfigured>()

  constructor(
    settings: Settings,
    memory: Memory,
    messages: ReadonlyArray<Message.Message>,
    insertIds: ReadonlyMap<string, string>,
    now: number
  ) {
    this.settings = settings
    this.memory = memory
    this.messages = messages
    this.entries = messages.map((message) => {
      const known = memory.outcomes?.get(message)
      try {
        return this.enter(message, insertIds, now, known)
      } catch {
        // What is thrown may name a value.
        return Receipt.rejected("the message has no JSON")
      }
    })
  }

  private enter(
    message: Message.Message,
    insertIds: ReadonlyMap<string, string>,
    now: number,
    known: ReadonlyArray<Receipt.Outcome | undefined> | undefined
  ): ReadonlyArray<Job> | Receipt.Outcome {
    if (!isOn(message)) return off
    const { counters, shape } = this.settings
    switch (message.type) {
      case "alias":
        return noAlias
      case "identify":
      case "group": {
        const updates = profile.updates(message, shape)
        if ("_tag" in updates) return updates
        const jobs = updates.map(({ json, once }, index): Job => ({
          json,
          once: once && counters === "atMostOnce",
          outcome: known?.[index]
        }))
        return this.queue(message.type === "identify" ? "/engage" : "/groups", jobs)
      }
      default: {
        if (profile.asks(message)) return misplaced
        const json = event.encode(message, shape, insertIds, now)
        return typeof json === "string" ? this.queue("/import", [{ json, once: false, outcome: known?.[0] }]) : json
      }
    }
  }

  private queue(path: answer.Path, jobs: ReadonlyArray<Job>): ReadonlyArray<Job> {
    for (const job of jobs) if (job.outcome === undefined) this.jobs[path].push(job)
    return jobs
  }

  /** The requests of this attempt. What can be sent twice goes first, so that nothing is left to fail behind what cannot. */
  get requests(): ReadonlyArray<Request> {
    return (["/import", "/groups", "/engage"] as const).flatMap((path) => requestsOf(path, this.jobs[path]))
  }

  settle({ jobs }: Request, outcomes: ReadonlyArray<Receipt.Outcome>): void {
    jobs.forEach((job, index) => {
      job.outcome = outcomes[index]
    })
  }

  fail({ jobs }: Request, failure: SendError.SendError): void {
    if (failure._tag === "Misconfigured") {
      const outcome = Receipt.rejected(failure.reason)
      this.strange.set(outcome, failure)
      for (const job of jobs) job.outcome = outcome
      return
    }
    this.failure = this.failure?._tag === "Unavailable" ? this.failure : failure
    if (failure._tag !== "Unavailable" || failure instanceof answer.Untouched) return
    const outcome = Receipt.expired(`${failure.reason}; what adds to a profile is not sent twice, and may have arrived`)
    for (const job of jobs) if (job.once) job.outcome = outcome
  }

  /** What the attempt comes to. */
  end(now: number): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> {
    const outcomes = this.entries.map((entry) => ("_tag" in entry ? entry : combined(entry)))
    const { failure, memory, messages } = this
    const strange = this.strange.get(outcomes[0])
    if (strange !== undefined && outcomes.every((outcome) => this.strange.has(outcome))) return Effect.fail(strange)
    const open = outcomes.filter((outcome) => outcome === undefined).length
    if (failure === undefined || open === 0) return this.tell(outcomes, Receipt.delivered)
    if (failure._tag !== "Unavailable") {
      if (open === 1) return this.tell(outcomes, Receipt.rejected(failure.reason))
    } else if (open < messages.length) {
      const since = memory.since.get(messages) ?? now
      memory.since.set(messages, since)
      // The next attempt may come too late, and then all of the batch would be said to have expired.
      if (now - since + Math.max(longestPause, failure.retryAfter ?? 0) > this.settings.limit) {
        return this.tell(outcomes, Receipt.expired(failure.reason))
      }
    }
    this.remember()
    return Effect.fail(failure)
  }

  private tell(outcomes: ReadonlyArray<Receipt.Outcome | undefined>, rest: Receipt.Outcome) {
    for (const message of this.memory.outcomes === undefined ? [] : this.messages) this.memory.outcomes?.delete(message)
    return Effect.succeed(outcomes.map((outcome) => outcome ?? rest))
  }

  private remember(): void {
    const known = (this.memory.outcomes ??= new WeakMap())
    this.entries.forEach((entry, index) => {
      if ("_tag" in entry || entry.every(({ outcome }) => outcome === undefined)) return
      known.set(
        this.messages[index]!,
        entry.map(({ outcome }) => outcome)
      )
    })
  }
}
