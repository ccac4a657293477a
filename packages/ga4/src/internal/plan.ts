import type * as Description from "@trackmap/core/Description"
import { added, eventName, type Form, picked } from "./event.ts"
import * as limits from "./limits.ts"

/** Whether Google can store a value of the type. Other lists and objects are left out. */
const isStored = ({ key, type }: Description.Key): boolean =>
  key === "items" ? type._tag === "Array" : !["Array", "Tuple", "Object", "Record", "Json"].includes(type._tag)

const reasonsAgainstEvent = ({ name, nodes }: Description.Event, form: Form): ReadonlyArray<string> => {
  const pick = picked(form, name)
  const all = nodes.flatMap(({ keys }) => keys)
  const keys = all.filter((key) => isStored(key) && (pick === undefined || pick.includes(key.key)))
  const wrongName = limits.reasonAgainst("event", eventName(form, name))
  const unknown = (pick ?? []).filter((key) => !all.some((one) => one.key === key))
  const required = keys.filter(({ optional }) => !optional).length
  const room = limits.params - added(form)
  return [
    ...(wrongName === undefined
      ? []
      : [`its name "${eventName(form, name)}" ${wrongName}: give it another, with the option events`]),
    ...unknown.map((key) => `the option params picks ${JSON.stringify(key)}, which it does not have`),
    ...keys.flatMap(({ key }) => {
      const wrong = limits.reasonAgainst("parameter", key)
      return wrong === undefined ? [] : [`its key "${key}" ${wrong}: rename it, or pick others, with the option params`]
    }),
    ...(required > room
      ? [`it has ${required} keys, and there is room for ${room}: pick some, with the option params`]
      : [])
  ]
}

/** Why some events of a plan could never arrive whole, with the remedies. */
export const reasonsAgainstPlan = (plan: Description.Plan, form: Form): ReadonlyArray<string> => [
  ...plan.events.flatMap((event) =>
    reasonsAgainstEvent(event, form).map((reason) => `the event ${event.name}: ${reason}`)
  ),
  ...[...Object.keys(form.events), ...Object.keys(form.params)]
    .filter((name) => !plan.events.some((event) => event.name === name))
    .map((name) => `an option names the event ${JSON.stringify(name)}, which the plan does not have`)
]
