import * as LetterCase from "@trackmap/core/LetterCase"
import { type Finding, type Rule, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"
import * as limits from "../limits.ts"

/** The keys whose values become parameters. The sink sends those traits of `identify` that an option names, and renames none. */
const sentOf = ({ keys, kind, name }: Subject): Subject["keys"] =>
  kind === "call" && name === "identify" ? [] : keys.filter(limits.isStored)

const own: ReadonlySet<string> = new Set([...Object.values(limits.own), limits.marker])

const limitsOf = (subject: Subject): ReadonlyArray<Finding> => {
  const { kind, name: event } = subject
  const name = LetterCase.snake(event)
  const wrong = kind === "event" ? limits.reasonAgainstForm("event", name, `Google's name for it, ${name},`) : undefined
  const keys = sentOf(subject)
  const room = limits.params - Object.keys(limits.own).length
  return [
    ...(wrong === undefined ? [] : [{ event, what: wrong, remedy: "name it with the option events of GA4.sink" }]),
    ...keys.flatMap(({ key }) => {
      const what = limits.reasonAgainstForm("parameter", key, "the key")
      return what === undefined
        ? []
        : [{ event, key, what, remedy: "rename it, or leave it out with the option params of GA4.sink" }]
    }),
    ...(keys.length > room
      ? [
          {
            event,
            what: `it has ${keys.length} keys that Google can store, and there is room for ${room}`,
            remedy: "pick some with the option params of GA4.sink"
          }
        ]
      : [])
  ]
}

const reservedOf = (subject: Subject): ReadonlyArray<Finding> => {
  const { kind, name: event } = subject
  const name = LetterCase.snake(event)
  return [
    ...(kind === "event" && limits.isReserved("event", name)
      ? [{ event, what: `Google reserves the name ${name}`, remedy: "name it with the option events of GA4.sink" }]
      : []),
    ...sentOf(subject).flatMap(({ key }) => {
      const what = own.has(key)
        ? `the sink writes the parameter ${key} itself`
        : limits.isReserved("parameter", key)
          ? `Google reserves the parameter ${key}`
          : undefined
      return what === undefined ? [] : [{ event, key, what, remedy: "rename it" }]
    })
  ]
}

/** What Google does not take, and what it keeps for itself, as far as no option of the sink decides it. */
export const rules: ReadonlyArray<Rule> = [
  { name: "ga4-limits", find: (plan) => subjectsOf(plan).flatMap(limitsOf) },
  { name: "ga4-reserved", find: (plan) => subjectsOf(plan).flatMap(reservedOf) }
]
