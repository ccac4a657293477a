import * as CheckedOptions from "@trackmap/core/Options"
import type { From } from "../../OutboxStore.ts"
import * as options from "../options.ts"
import type { Options } from "./model.ts"

/** A relay's options, checked and with defaults filled in. Durations are in milliseconds. */
export interface Settings {
  readonly from: (sink: string) => From
  readonly inOrder: boolean
  readonly limit: number
  readonly bytes: number
  readonly lease: number
  readonly poll: number
  readonly closeWithin: number
  readonly statsEvery: number
}

/** The names of a relay's options. */
export const names: CheckedOptions.Names<Options> = {
  from: true,
  plan: true,
  order: true,
  limit: true,
  bytes: true,
  lease: true,
  poll: true,
  closeWithin: true,
  statsEvery: true,
  onError: true
}

const entity = "Outbox.relay"

const refuse = (path: string, detail: string): never => options.refuse(entity, path, detail)

const wholeNumber = (path: string, given: number): number =>
  Number.isSafeInteger(given) && given > 0
    ? given
    : refuse(path, `${path} must be a whole number of at least 1, not ${options.said(given)}`)

const isFrom = (given: unknown): given is From =>
  given === "now" || given === "beginning" || (given instanceof Date && !Number.isNaN(given.getTime()))

const where = `"now", "beginning" or a valid Date`

/** Where each new sink starts. */
const fromOf = (given: Options["from"], sinks: ReadonlyArray<string>): Settings["from"] => {
  if (isFrom(given)) return () => given
  if (typeof given !== "object" || given === null || given instanceof Date) {
    return refuse(
      "from",
      `say where a new sink starts: from must be ${where}, or one of these for each sink, not ${options.said(given)}`
    )
  }
  const starts = new Map(Object.entries(given))
  for (const sink of sinks) {
    if (!isFrom(starts.get(sink)))
      refuse("from", `say where the sink ${JSON.stringify(sink)} starts: from needs ${where} for it`)
  }
  const other = [...starts.keys()].find((name) => !sinks.includes(name))
  if (other !== undefined) {
    refuse("from", `from names ${JSON.stringify(other)}, which is not one of the relay's sinks: ${sinks.join(", ")}`)
  }
  return (sink) => starts.get(sink)!
}

export const settingsOf = (given: Options, sinks: ReadonlyArray<string>): Settings => {
  const {
    bytes = 8_000_000,
    from,
    limit = 1_000,
    order = "any",
    ...durations
  } = CheckedOptions.check<Options>(entity, given, names)
  const { closeWithin = "20 seconds", lease = "30 seconds", poll = "1 second", statsEvery = "15 seconds" } = durations
  return {
    from: fromOf(from, sinks),
    inOrder: options.oneOf(entity, "order", order, ["any", "user"]) === "user",
    limit: wholeNumber("limit", limit),
    bytes: wholeNumber("bytes", bytes),
    lease: options.durationOf(entity, "lease", lease, 100),
    poll: options.durationOf(entity, "poll", poll, 1),
    closeWithin: options.durationOf(entity, "closeWithin", closeWithin, 0),
    statsEvery: options.durationOf(entity, "statsEvery", statsEvery, 100)
  }
}
