import type * as Description from "@trackmap/core/Description"
import {
  areTraits,
  type Format,
  type Loss,
  lost,
  lostContext,
  type Subject,
  subjectsOf
} from "@trackmap/core/PlanSupport"
import { PlanSupportError } from "@trackmap/core/PlanSupportError"
import { stringify } from "yaml"
import { Catalog, isDescription } from "./catalog.ts"
import { Ids } from "./ids.ts"

const name = "rudderstack"

/** Names of plans and of categories (rudder-iac, `display_name`). */
const displayName = /^[A-Z_a-z][ \w,.-]{1,63}[\w,.-]$/

const checkName = (given = "Tracking Plan"): string => {
  if (displayName.test(given)) return given
  throw new PlanSupportError({
    format: name,
    reason: `RudderStack does not take the name ${JSON.stringify(given)} for a plan`,
    remedy: "use 3 to 65 letters, digits, spaces and _ , . -, beginning with a letter"
  })
}

const encoder = new TextEncoder()

/** RudderStack counts bytes of an event's name. */
const isEventName = (event: string): boolean => event !== "" && encoder.encode(event).length <= 64

/** The first tag that can be the name of a category: an event has one. */
const categoryOf = ({ tags = [] }: Description.Annotations): string | undefined =>
  tags.find((tag) => displayName.test(tag))

const lossesOf = ({ annotations, keys, name }: Subject): ReadonlyArray<Loss> => {
  const { description = "", tags = [] } = annotations
  const isWhole = tags.length === (categoryOf(annotations) === undefined ? 0 : 1)
  return lost({ name }, annotations, [
    ...(description === "" || isDescription(description) ? [] : (["description"] as const)),
    ...(isWhole ? [] : (["tags"] as const)),
    "owner",
    "since",
    "deprecated",
    "examples"
  ]).concat(
    keys.flatMap((key) => lost({ name, key: key.key }, key, ["owner", "tags", "since", "deprecated", "examples"]))
  )
}

const typeOf = ({ kind, name }: Subject): string => (kind === "event" ? "track" : name)

/** The files of a plan's resources, for `rudder-cli`. */
export const rudderstack: Format = {
  name,
  description: "RudderStack: the data catalog and the tracking plan, for `rudder-cli`",
  write: (plan, settings) => {
    const displayed = checkName(settings.name)
    const [catalog, eventIds, categoryIds] = [new Catalog(), new Ids(), new Ids()]
    const losses: Array<Loss> = [...lostContext(plan)]
    const events: Array<object> = []
    const rules: Array<object> = []
    const categories = new Map<string, string>()
    for (const subject of subjectsOf(plan)) {
      const { annotations, keys, kind, name } = subject
      if (kind === "event" && !isEventName(name)) {
        losses.push({ name, what: "the event, since RudderStack takes names of 1 to 64 bytes" })
        continue
      }
      const id = eventIds.of(kind === "event" ? name : `${name} call`, kind)
      const category = categoryOf(annotations)
      if (category !== undefined && !categories.has(category)) categories.set(category, categoryIds.of(category))
      const { description = "" } = annotations
      events.push({
        id,
        ...(kind === "event" && { name }),
        event_type: typeOf(subject),
        ...(isDescription(description) && { description }),
        ...(category !== undefined && { category: `#category:${categories.get(category)!}` })
      })
      const properties = keys.flatMap((key) => catalog.use(name, key) ?? [])
      rules.push({
        type: "event_rule",
        id: `${id}_rule`,
        event: `#event:${id}`,
        ...(areTraits(subject) && { identity_section: "traits" }),
        additional_properties: true,
        ...(properties.length > 0 && { properties })
      })
      losses.push(...lossesOf(subject))
    }
    const id = new Ids().of(displayed.replaceAll(" ", "-").toLowerCase())
    const file = (kind: string, spec: object): readonly [string, string] => {
      const resource = { version: "rudder/v1", kind, metadata: { name: `${id}-${kind}` }, spec }
      return [`${kind}.yaml`, stringify(resource, { aliasDuplicateObjects: false, lineWidth: 0 })]
    }
    const named = Array.from(categories, ([name, id]) => ({ id, name }))
    return {
      files: new Map([
        ...(named.length > 0 ? [file("categories", { categories: named })] : []),
        ...(catalog.customTypes.length > 0 ? [file("custom-types", { types: catalog.customTypes })] : []),
        ...(catalog.properties.length > 0 ? [file("properties", { properties: catalog.properties })] : []),
        ...(events.length > 0 ? [file("events", { events })] : []),
        file("tracking-plan", { id, display_name: displayed, rules })
      ]),
      losses: [...losses, ...catalog.losses]
    }
  }
}
