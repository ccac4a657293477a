import type * as Description from "@trackmap/core/Description"
import { eventName, picked } from "./event.ts"
import * as limits from "./limits.ts"
import type { Resolved } from "./options.ts"

const reasonsAgainst = ({ name, nodes }: Description.Event, options: Resolved): ReadonlyArray<string | undefined> => {
  const { engagementTime, messageId } = options
  const all = nodes.flatMap(({ keys }) => keys)
  const pick = picked(options, name) ?? all.map(({ key }) => key)
  const sent = all.filter((key) => limits.isStored(key) && pick.includes(key.key))
  const required = sent.filter(({ optional }) => !optional).length
  // The sink adds the session's id and these.
  const room = limits.params - 1 - (engagementTime > 0 ? 1 : 0) - (messageId === undefined ? 0 : 1)
  const wrongName = limits.reasonAgainst("event", eventName(options, name), `its name "${eventName(options, name)}"`)
  const wrongKeys = sent.map(({ key }) => limits.reasonAgainst("parameter", key, `its key "${key}"`))
  const unknown = pick.filter((key) => !all.some((one) => one.key === key))
  return [
    wrongName && `${wrongName}: give it another, with the option events`,
    ...unknown.map((key) => `the option params picks ${JSON.stringify(key)}, which it does not have`),
    ...wrongKeys.map((wrong) => wrong && `${wrong}: rename it, or pick others, with the option params`),
    required > room
      ? `it has ${required} keys, and there is room for ${room}: pick some, with the option params`
      : undefined
  ]
}

/** Why some events of a plan could never arrive whole, with the remedies. */
export const reasonsAgainstPlan = (
  { events }: Description.Plan,
  options: Resolved
): ReadonlyArray<string | undefined> => [
  ...events.flatMap((event) =>
    reasonsAgainst(event, options).map((reason) => reason && `the event ${event.name}: ${reason}`)
  ),
  ...Object.keys({ ...options.events, ...options.params })
    .filter((name) => !events.some((event) => event.name === name))
    .map((name) => `an option names the event ${JSON.stringify(name)}, which the plan does not have`)
]
