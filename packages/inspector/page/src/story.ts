/** One event, in words. */
import type { EventDetail, GraphNode, KeyOrigin, SinkDetail, SinkState } from "../../src/internal/protocol.ts"
import { counted, duration, listed } from "./format.ts"

/** The names of the states. */
export const stateNames: Readonly<Record<SinkState, string>> = {
  buffered: "buffered",
  retrying: "retrying",
  delivered: "delivered",
  rejected: "rejected",
  expired: "expired",
  dropped: "dropped",
  skipped: "skipped"
}

/** The origin of a node's row. */
export const origin = (node: GraphNode): string => {
  switch (node.resolver._tag) {
    case "Row":
      return "row from the call"
    case "Function":
      return "function"
    case "Loader":
      return `loader ${node.resolver.loader}`
  }
}

/** How it was loaded: from the cache, or in a batch. */
export const manner = ({ batch, cached }: GraphNode): string | undefined => {
  if (cached) return "cached"
  return batch === undefined ? undefined : `${counted(batch.keys, "key")} for ${counted(batch.callers, "event")}`
}

/** The origin of a node's row, and how it was loaded. */
const whole = (node: GraphNode): string => {
  const how = manner(node)
  return how === undefined ? origin(node) : `${origin(node)}${node.cached ? ", " : ": "}${how}`
}

/** The origin of one key. */
export const keyOrigin = (key: KeyOrigin, node: GraphNode | undefined): string => {
  const from = node === undefined || key.kind === "property" || key.kind === "unknown" ? undefined : whole(node)
  const how = {
    attribute: undefined,
    computed: "computed",
    aggregate: "aggregate",
    property: "property of the event",
    unknown: "not in the plan"
  }[key.kind]
  return [how, from].filter((part) => part !== undefined).join(", ")
}

/** The time to resolve all rows. Independent rows are resolved at the same time. */
export const waited = (nodes: ReadonlyArray<GraphNode>): number => {
  const byPath = new Map(nodes.map((node) => [node.path, node]))
  const until = (node: GraphNode): number => {
    const parent = node.parent === undefined ? undefined : byPath.get(node.parent)
    return (node.milliseconds ?? 0) + (parent === undefined ? 0 : until(parent))
  }
  return nodes.reduce((most, node) => Math.max(most, until(node)), 0)
}

/** The number of loader calls. Nodes of the same call report the same batch. */
const batches = (nodes: ReadonlyArray<GraphNode>): number =>
  new Set(
    nodes.map(({ batch, path, resolver }) =>
      resolver._tag === "Loader" && batch !== undefined
        ? `${resolver.loader}\n${String(batch.keys)}\n${String(batch.callers)}`
        : path
    )
  ).size

const was = (value: number) => (value === 1 ? "was" : "were")

const keysSentence = (detail: EventDetail): string => {
  const present = detail.keys.filter(({ state }) => state === "present")
  const entities = detail.nodes.slice(1)
  const rows = entities.filter(({ outcome }) => outcome === "resolved")
  if (present.length === 0) return "The event has no keys."
  const properties = present.filter(({ kind }) => kind === "property").length
  if (rows.length === 0) return `${counted(present.length, "key")} from the event's own properties.`
  const subject = `${counted(present.length, "key")} from ${counted(rows.length, "row")}`
  const own = properties === 0 ? "" : `${properties === present.length ? "" : " and"} the event's own properties`
  const cached = rows.filter(({ cached }) => cached)
  const fresh = rows.filter(({ cached }) => !cached)
  const given = fresh.filter(({ resolver }) => resolver._tag === "Row")
  const asked = fresh.filter(({ resolver }) => resolver._tag === "Function")
  const loaded = fresh.filter(({ resolver }) => resolver._tag === "Loader")
  if (given.length === rows.length) return `${subject}${own}, all from the call.`
  const parts: Array<string> = []
  if (given.length > 0) parts.push(`${String(given.length)} came from the call`)
  if (asked.length > 0)
    parts.push(`${String(asked.length)} came from ${asked.length === 1 ? "a function" : "functions"}`)
  if (cached.length > 0) parts.push(`${String(cached.length)} came from the cache`)
  if (loaded.length > 0) {
    parts.push(
      `${String(loaded.length)} ${was(loaded.length)} loaded in ${counted(batches(loaded), "batch", "batches")}`
    )
  }
  return `${subject}${own}: ${listed(parts)} in ${duration(waited(entities))}.`
}

const gaps = (nodes: ReadonlyArray<GraphNode>): ReadonlyArray<string> => {
  const of = (outcome: GraphNode["outcome"]) => nodes.filter((node) => node.outcome === outcome).map(({ path }) => path)
  const [missing, failed, unasked] = [of("missing"), of("failed"), of("unasked")]
  const sentences: Array<string> = []
  if (missing.length > 0) sentences.push(`There was no row for ${listed(missing)}.`)
  if (failed.length > 0) sentences.push(`${listed(failed)} failed to resolve.`)
  if (unasked.length > 0) sentences.push(`So ${listed(unasked)} ${was(unasked.length)} not resolved.`)
  return sentences
}

const troubles = (detail: EventDetail): ReadonlyArray<string> => {
  const refused = detail.keys.filter(({ state }) => state === "refused").length
  const sentences: Array<string> = []
  if (refused > 0) sentences.push(`The schema refused ${counted(refused, "value")}.`)
  if (detail.violations.length > 0)
    sentences.push(`It violates the plan in ${counted(detail.violations.length, "place")}.`)
  return sentences
}

const sinkSentences = (sinks: ReadonlyArray<SinkDetail>): ReadonlyArray<string> => {
  const of = (state: SinkState) => sinks.filter((sink) => sink.state === state).map(({ sink }) => sink)
  const say = (state: SinkState, words: (names: string, many: boolean) => string) => {
    const names = of(state)
    return names.length === 0 ? [] : [words(listed(names), names.length > 1)]
  }
  return [
    ...say("delivered", (names) => `Delivered to ${names}.`),
    ...say("buffered", (names) => `Waiting to be sent to ${names}.`),
    ...say("retrying", (names, many) => `${names} ${many ? "have" : "has"} not accepted it yet; a retry will follow.`),
    ...say("rejected", (names) => `Rejected by ${names}.`),
    ...say("expired", (names) => `Expired before ${names} accepted it.`),
    ...say("dropped", (names) => `Dropped before it was sent to ${names}.`),
    ...say("skipped", (names) => `Not for ${names}.`)
  ]
}

/** The tracked event and its origin, in a few sentences. */
export const howItCame = (detail: EventDetail): string =>
  [keysSentence(detail), ...gaps(detail.nodes), ...troubles(detail)].join(" ")

/** The results of its delivery. */
export const whatBecame = (detail: EventDetail): string => sinkSentences(detail.sinks).join(" ")

/** The receipt, with its time since the event. */
export const receiptSentence = (sink: SinkDetail, at: number): string => {
  const { receipt, state } = sink
  const tries = sink.attempts.length
  if (receipt === undefined) {
    if (state === "retrying") return `No receipt yet: ${counted(tries, "attempt")} so far; a retry will follow.`
    return "No receipt yet: the event is waiting in the buffer for its batch."
  }
  const after = duration(Math.max(0, receipt.at - at))
  const attempts = receipt.attempts === 0 ? "without an attempt" : `after ${counted(receipt.attempts, "attempt")}`
  const reason = receipt.reason === undefined ? "" : `: ${receipt.reason}`
  return `${receipt.outcome} ${attempts}, ${after} after the event${reason}`
}
