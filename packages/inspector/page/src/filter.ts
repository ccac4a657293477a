/** Which events are listed. */
import type { EventSummary, SinkState } from "../../src/internal/protocol.ts"

/** What a person asked for. Empty: anything. */
export interface Filter {
  readonly search: string
  readonly event: string
  readonly entity: string
  readonly sink: string
  readonly outcome: OutcomeFilter
}

/** A state in a sink, any of those that are a loss, or values that the plan does not allow. */
export type OutcomeFilter = "" | SinkState | "lost" | "violations"

/** All events. */
export const everything: Filter = { search: "", event: "", entity: "", sink: "", outcome: "" }

/** How many things are asked for. */
export const asked = (filter: Filter): number => Object.values(filter).filter((value) => value !== "").length

/** The text that is searched. */
export const searchable = (summary: EventSummary): string =>
  [summary.name, summary.type, summary.actor ?? "", summary.messageId, ...summary.entities, summary.text]
    .join("\n")
    .toLowerCase()

const isLoss = (state: SinkState) => state === "rejected" || state === "expired" || state === "dropped"

/** Whether an event is asked for. The text is given apart, so that it is made once for each event. */
export const matcher = (filter: Filter): ((summary: EventSummary, text: () => string) => boolean) => {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const { entity, event, outcome, sink } = filter
  const inSink = (state: SinkState) => {
    if (outcome === "lost") return isLoss(state)
    // What was not for a sink is of that sink only for who asks for it.
    if (outcome === "" || outcome === "violations") return state !== "skipped"
    return state === outcome
  }
  const bySink = sink !== "" || (outcome !== "" && outcome !== "violations")
  return (summary, text) =>
    (event === "" || summary.name === event) &&
    (entity === "" || summary.entities.includes(entity)) &&
    (outcome !== "violations" || summary.violations > 0) &&
    (!bySink || summary.sinks.some((one) => (sink === "" || one.sink === sink) && inSink(one.state))) &&
    words.every((word) => text().includes(word))
}
