import * as LetterCase from "@trackmap/core/LetterCase"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"

/** Segment drops what is beyond ("Product Limits", "Event properties ingestion limit"). */
const limits = PropertyLimits.make({ properties: 10_000, marker: "" })

/**
 * The columns of Segment's own in a warehouse, which discards properties and traits of these names ("Warehouse Schemas", "Event Tables"). It writes
 * names in snake_case.
 */
const columns: ReadonlySet<string> = new Set(
  "id anonymous_id user_id event event_text received_at sent_at timestamp original_timestamp uuid uuid_ts".split(" ")
)

/** What Segment does not take, and what it keeps for itself. */
export const rules = PropertyLimits.rules({
  rule: "segment",
  destination: "Segment",
  limitsOf: () => ({ limits }),
  reasonAgainstKey: (key) => {
    const column = LetterCase.snake(key)
    return columns.has(column)
      ? `Segment's warehouses discard it, since they have a column ${column} of their own`
      : undefined
  }
})
