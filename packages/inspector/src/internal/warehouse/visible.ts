import type * as Description from "@trackmap/core/Description"
import * as LetterCase from "@trackmap/core/LetterCase"
import * as Plan from "@trackmap/core/Plan"
import * as masking from "../masking.ts"
import type { ShownTable } from "../protocol.ts"
import type { WarehouseTable } from "./model.ts"

/** By the name of a column, the group that the page lists it in, and its name within the group. */
type Columns = ReadonlyMap<string, readonly [group: string, label: string]>

const inGroup = (group: string, names: Iterable<string>): Columns =>
  new Map(Array.from(names, (name) => [name, [group, name]] as const))

/** The columns of every table that are shown. The JSON of `context` and `integrations` can contain anything, such as a profile for a vendor. */
const messages = inGroup("Message", ["message_id", "timestamp", "user_id", "anonymous_id", "group_id", "loaded_at"])

/** The tables that belong to no event. The JSON of undeclared traits and properties, and the value of a misfit, can contain anything. */
const others = [
  ["identifies", []],
  ["groups", []],
  ["aliases", ["previous_id"]],
  ["pages", ["name", "category"]],
  ["screens", ["name", "category"]],
  ["misfits", ["type", "event", "key", "reason"]],
  ["events", ["type", "event"]]
] as const

const callOf: Readonly<Record<string, string>> = {
  identifies: "identify",
  groups: "group",
  pages: "page",
  screens: "screen"
}

const withOwn = (...own: ReadonlyArray<Columns>): Columns =>
  new Map([messages, ...own].flatMap((columns) => Array.from(columns)))

/** Several relations can lead to one entity: the prefix of the keys tells them apart. */
const ofNodes = (nodes: ReadonlyArray<Description.Node>, isPersonal: masking.IsPersonal): Columns =>
  new Map(
    nodes.flatMap(({ keys, prefix = "Properties" }) =>
      keys
        .filter(({ key, personal }) => !personal && !isPersonal(key))
        .map(({ attribute, key }) => [key, [prefix, attribute]] as const)
    )
  )

const ofKeys = (group: string, keys: ReadonlyArray<Description.Key>, isPersonal: masking.IsPersonal): Columns =>
  inGroup(
    group,
    keys.filter(({ key, personal }) => !personal && !isPersonal(key)).map(({ key }) => key)
  )

/** The event of a table, if it has one, and its columns. */
interface Known {
  readonly event: string | undefined
  readonly columns: Columns
}

/**
 * Tells what may be shown of a table: the columns of messages, and the keys that the plan has and does not mark as personal. Of a table that the plan does
 * not know, or without a plan, nobody knows what its own columns contain.
 */
export const make = (plan: Plan.Plan | undefined): ((table: WarehouseTable) => ShownTable) => {
  const { calls = [], events } = plan === undefined ? { events: [] } : Plan.describe(plan)
  const personal = masking.ofPlan(plan)
  const byEvent = new Map<string, Columns>()
  const byTable = new Map<string, Known>()
  for (const { name, nodes } of events) {
    const columns = withOwn(ofNodes(nodes, personal.keyOf(plan!.events[name]!)))
    byEvent.set(name, columns)
    byTable.set(LetterCase.snake(name), { event: name, columns })
  }
  for (const [table, names] of others) {
    const keys = calls.find(({ call }) => call === callOf[table])?.keys ?? []
    const declared =
      table === "identifies" || table === "groups"
        ? ofKeys("Traits", keys, personal.trait)
        : ofKeys("Properties", keys, personal.key)
    byTable.set(table, { event: undefined, columns: withOwn(inGroup("Message", names), declared) })
  }
  const knownOf = ({ event, name }: WarehouseTable): Known =>
    event === undefined
      ? (byTable.get(name) ?? { event, columns: messages })
      : { event, columns: byEvent.get(event) ?? messages }
  return (table) => {
    const { columns, event } = knownOf(table)
    const shown = table.columns.flatMap(({ kind, name }) => {
      const found = columns.get(name)
      return found === undefined ? [] : [{ name, kind, group: found[0], label: found[1] }]
    })
    return { name: table.name, event, rows: table.rows, columns: shown, hidden: table.columns.length - shown.length }
  }
}
