/** What the destinations of a project do not take of a plan, as their packages say. */
import type * as Description from "@trackmap/core/Description"
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import type { Finding } from "./model.ts"

/** The keys of each event and of each call. */
const keysOf = ({ calls = [], events }: Description.Plan): ReadonlyMap<string, ReadonlyMap<string, Description.Key>> =>
  new Map(
    [
      ...calls.map(({ call, keys }) => [call, keys] as const),
      ...events.map(({ name, nodes }) => [name, nodes.flatMap(({ keys }) => keys)] as const)
    ].map(([name, keys]) => [name, new Map(keys.map((key) => [key.key, key]))])
  )

const isAllowed = (rule: string, { allow }: Description.Annotations): boolean => Object.hasOwn(allow ?? {}, rule)

/** What they do not take, each once: an attribute of an entity, which many events can have, at its first event. */
export const refused = (
  plan: Description.Plan,
  packages: ReadonlyArray<PlanSupport.PlanSupport>
): ReadonlyArray<Finding> => {
  const events = new Map(plan.events.map((event) => [event.name, event]))
  const keys = keysOf(plan)
  const seen = new Set<string>()
  return packages
    .flatMap(({ rules }) => rules)
    .flatMap(({ find, name: rule }) =>
      find(plan).flatMap(({ event: name, key, remedy, what }) => {
        const found = key === undefined ? undefined : keys.get(name)?.get(key)
        const part = found ?? events.get(name) ?? {}
        const id = JSON.stringify([rule, key ?? name, what])
        if (seen.has(id) || isAllowed(rule, part)) return []
        seen.add(id)
        return [{ rule, name, ...(key !== undefined && { attribute: key }), what, remedy }]
      })
    )
}
