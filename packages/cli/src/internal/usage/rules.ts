/** What the code of a service does with its events that the plan does not expect. */
import type * as Description from "@trackmap/core/Description"
import type { Finding } from "../check/model.ts"
import type { Place, Usage } from "./model.ts"

/** The names of the rules. */
export const rules = ["never-tracked", "outside-plan", "deprecated-tracked", "unselected-relation"] as const
type Rule = (typeof rules)[number]

const placeText = ({ file, line }: Place): string => `${file}:${line}`
const placesText = (places: ReadonlyArray<Place>): string => {
  const named = places.slice(0, 3).map(placeText).join(", ")
  return places.length > 3 ? `${named} and ${places.length - 3} more` : named
}

const isAllowed = (rule: Rule, { allow }: Description.Annotations): boolean => Object.hasOwn(allow ?? {}, rule)

const ofEvent = (event: Description.Event, { passed, tracked }: Usage): ReadonlyArray<Finding> => {
  const { deprecated, name } = event
  const places = tracked.get(name)
  const found: Array<Finding & { readonly rule: Rule }> = []
  if (places === undefined && !passed.has(name)) {
    const what = "nothing in the code tracks it"
    found.push({ rule: "never-tracked", name, what, remedy: "track it, or take it out of the plan" })
  }
  if (places !== undefined && deprecated !== undefined) {
    const remedy =
      deprecated.replacedBy === undefined
        ? "stop tracking it"
        : `track ${JSON.stringify(deprecated.replacedBy)} instead`
    const what = `it is deprecated, and ${placesText(places)} tracks it`
    found.push({ rule: "deprecated-tracked", name, what, remedy })
  }
  return found.filter(({ rule }) => !isAllowed(rule, event))
}

/** What is unexpected. */
export const findings = (plan: Description.Plan, usage: Usage): ReadonlyArray<Finding> => {
  const known = new Set([...usage.planned, ...plan.events.map(({ name }) => name)])
  const outside = [...usage.tracked].flatMap(([name, places]): ReadonlyArray<Finding> => {
    const what = `${placesText(places)} tracks it, and no plan has it`
    return known.has(name) ? [] : [{ rule: "outside-plan", name, what, remedy: "add it to Plan.make" }]
  })
  const relations = plan.entities.flatMap((entity) => {
    const selected = new Set(entity.relations.map(({ name }) => name))
    const all = isAllowed("unselected-relation", entity) ? [] : (usage.relations.get(entity.name) ?? [])
    return [...all]
      .filter((relation) => !selected.has(relation))
      .map((relation): Finding => {
        const what = `no event of the plan selects the relation ${JSON.stringify(relation)}`
        const remedy = "select it in an event, or take it out of the entity"
        return { rule: "unselected-relation", name: entity.name, attribute: relation, what, remedy }
      })
  })
  return [...plan.events.flatMap((event) => ofEvent(event, usage)), ...outside, ...relations]
}
