import type * as Description from "@trackmap/core/Description"
import type { Finding, Rule } from "@trackmap/core/PlanSupport"
import { make, misnamed, type Target } from "../mapping.ts"
import { namingOf } from "./naming.ts"

/** The names of a sink without options. The vendor decides nothing here. */
const naming = namingOf("")

/** The nodes of an event, and those of rows in its lists. */
const nodesIn = (nodes: ReadonlyArray<Description.Node>): ReadonlyArray<Description.Node> =>
  nodes.flatMap((node) => [
    node,
    ...node.keys.flatMap(({ type }) => {
      const item = type._tag === "Array" ? type.items : type
      return item._tag === "Record" ? nodesIn(item.nodes) : []
    })
  ])

/** The event that has the target. */
const eventOf = ({ key, option }: Target, { events }: Description.Plan): string =>
  option === "events"
    ? key
    : (events.find(({ nodes }) => nodesIn(nodes).some(({ prefix }) => prefix === key))?.name ?? key)

const find = (plan: Description.Plan): ReadonlyArray<Finding> =>
  misnamed(make(plan, naming).schemas).map(({ remedy, target, what }) => ({
    event: eventOf(target, plan),
    what,
    remedy: `${remedy} of Snowplow.sink, or rename it`
  }))

/** Names that no schema can have, and names that two schemas would have. */
export const rules: ReadonlyArray<Rule> = [{ name: "snowplow-names", find }]
