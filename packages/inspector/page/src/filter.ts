/** The filter of the list. */
import type { EventSummary, SinkState } from "../../src/internal/protocol.ts"

/** The user's choices. Empty means anything. */
export interface Filter {
  readonly search: string
  readonly event: string
  readonly entity: string
  readonly sink: string
  readonly outcome: OutcomeFilter
}

/** A state in a sink, any loss, or violations of the plan. */
export type OutcomeFilter = "" | SinkState | "lost" | "violations"

/** All events. */
export const everything: Filter = { search: "", event: "", entity: "", sink: "", outcome: "" }

/** The number of active choices. */
export const asked = (filter: Filter): number => Object.values(filter).filter((value) => value !== "").length

/** The searchable text. */
export const searchable = (summary: EventSummary): string =>
  [summary.name, summary.type, summary.actor ?? "", summary.messageId, ...summary.entities, summary.text]
    .join("\n")
    .toLowerCase()

const isLoss = (state: SinkState) => state === "rejected" || state === "expired" || state === "dropped"

/** Whether an event passes the filter. The text is a separate argument, so that it is made once per event. */
export const matcher = (filter: Filter): ((summary: EventSummary, text: () => string) => boolean) => {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const { entity, event, outcome, sink } = filter
  const inSink = (state: SinkState) => {
    if (outcome === "lost") return isLoss(state)
    // A skipped event belongs to a sink only if the user filters for skipped events.
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
