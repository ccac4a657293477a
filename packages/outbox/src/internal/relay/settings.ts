import { DefinitionError } from "@trackmap/core/DefinitionError"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import type { From } from "../../OutboxStore.ts"
import { lengthOf } from "../times.ts"
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

const names: CheckedOptions.Names<Options> = {
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

const refuse = (path: string, detail: string): never => {
  throw new DefinitionError({ entity: "Outbox.relay", reason: "BadLimit", paths: [path], detail })
}

const said = (given: unknown): string =>
  typeof given === "string"
    ? JSON.stringify(given)
    : given === null || typeof given === "number"
      ? String(given)
      : typeof given

const wholeNumber = (path: string, given: number): number =>
  Number.isSafeInteger(given) && given > 0
    ? given
    : refuse(path, `${path} must be a whole number of at least 1, not ${said(given)}`)

const millisOf = (path: string, given: Duration.Input, least: number): number => {
  const length = lengthOf(given)
  return length >= least && length < Number.POSITIVE_INFINITY
    ? length
    : refuse(
        path,
        `${path} must be a number of milliseconds from ${least} on, or a string like "10 seconds", not ${said(given)}`
      )
}

const isFrom = (given: unknown): given is From =>
  given === "now" || given === "beginning" || (given instanceof Date && !Number.isNaN(given.getTime()))

const where = `"now", "beginning" or a valid Date`

/** Where each new sink starts. */
const fromOf = (given: Options["from"], sinks: ReadonlyArray<string>): Settings["from"] => {
  if (isFrom(given)) return () => given
  if (typeof given !== "object" || given === null || given instanceof Date) {
    return refuse(
      "from",
      `say where a new sink starts: from must be ${where}, or one of these for each sink, not ${said(given)}`
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
  const options = CheckedOptions.check<Options>("Outbox.relay", given, names)
  const { closeWithin = "20 seconds", lease = "30 seconds", order = "any", poll = "1 second" } = options
  if (order !== "any" && order !== "user") refuse("order", `order must be "any" or "user", not ${said(order)}`)
  return {
    from: fromOf(options.from, sinks),
    inOrder: order === "user",
    limit: wholeNumber("limit", options.limit ?? 1_000),
    bytes: wholeNumber("bytes", options.bytes ?? 8_000_000),
    lease: millisOf("lease", lease, 100),
    poll: millisOf("poll", poll, 1),
    closeWithin: millisOf("closeWithin", closeWithin, 0),
    statsEvery: millisOf("statsEvery", options.statsEvery ?? "15 seconds", 100)
  }
}
