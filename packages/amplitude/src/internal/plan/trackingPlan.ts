import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"
import { type Format, type Loss, lost, lostContext, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"
import { views } from "../names.ts"
import { csv, isGuarded } from "./csv.ts"
import { typeColumns, typed } from "./property.ts"

/** The columns of events and their properties: all must be there. A property belongs to the event above it. */
const eventColumns = [
  "Action",
  "Object Type",
  "Object Name",
  "Event Display Name",
  "Object Owner",
  "Object Description",
  "Event Category",
  "Tags",
  "Event Activity",
  "Event Hidden From Dropdowns",
  "Event Hidden From Persona Results",
  "Event Hidden From Pathfinder",
  "Event Hidden From Timeline",
  "Event Source",
  "Property Type",
  "Property Group Names",
  "Event Property Name",
  "Property Description",
  ...typeColumns
] as const
type EventRow = Partial<Record<(typeof eventColumns)[number], string>>

/** Users' properties have no `Property Required`. */
const userColumns = [
  "Action",
  "Property Type",
  "Property Name",
  "Property Description",
  ...typeColumns.filter((column) => column !== "Property Required")
] as const
type UserRow = Partial<Record<(typeof userColumns)[number], string>>

/** Owners are users of Amplitude's, by their addresses. */
const ownerOf = ({ owner = "" }: Description.Annotations): string | undefined =>
  /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(owner) ? owner : undefined

/** Tags have commas between them. */
const tagsOf = ({ tags }: Description.Annotations): string | undefined =>
  tags?.some((tag) => tag.includes(",")) ? undefined : tags?.join()

const eventRow = (name: string, annotations: Description.Annotations): EventRow => ({
  "Object Type": "Event",
  "Object Name": name,
  "Object Owner": ownerOf(annotations) ?? "",
  "Object Description": annotations.description ?? "",
  Tags: tagsOf(annotations) ?? ""
})

const propertyRow = ({ description = "", key, optional, type }: Description.Key): EventRow => ({
  "Property Type": "Event Property",
  "Event Property Name": key,
  "Property Description": description,
  "Property Required": optional ? "False" : "True",
  ...typed(type).cells
})

const userRow = ({ description = "", key, type }: Description.Key): UserRow => ({
  "Property Type": "User Property",
  "Property Name": key,
  "Property Description": description,
  ...typed(type).cells
})

const nameColumns: ReadonlySet<string> = new Set(["Object Name", "Event Property Name", "Property Name"])

/** Cells that a spreadsheet would take for a formula have an apostrophe before them. */
const guardedIn = (of: Pick<Loss, "name" | "key">, row: EventRow): ReadonlyArray<Loss> =>
  Object.entries(row)
    .filter(([, cell]) => isGuarded(cell))
    .map(([column]) => {
      const what = `its ${nameColumns.has(column) ? "name" : column.toLowerCase()} without an apostrophe`
      return Object.assign({ what }, of)
    })

const lossesOf = ({ annotations, keys, name }: Subject): ReadonlyArray<Loss> => [
  ...guardedIn({ name }, eventRow(name, annotations)),
  ...lost({ name }, annotations, [
    ...(ownerOf(annotations) === undefined ? (["owner"] as const) : []),
    ...(tagsOf(annotations) === undefined ? (["tags"] as const) : []),
    "since",
    "deprecated",
    "examples"
  ]),
  ...keys.flatMap((key) => {
    const of = { name, key: key.key }
    return guardedIn(of, propertyRow(key)).concat(
      PlainType.losses(of, key.type, typed(key.type).kept),
      lost(of, key, ["owner", "tags", "since", "deprecated", "examples"])
    )
  })
]

/** The name of a subject's event. Undefined for traits. */
const eventOf = ({ kind, name }: Subject): string | undefined =>
  kind === "event" ? name : name === "page" || name === "screen" ? views[name] : undefined

/** Events with their properties, and users' properties, for the import of Amplitude Data. */
export const trackingPlan: Format = {
  name: "amplitude",
  description: "Amplitude Data: CSV files of events and of user properties, to import",
  write: (plan) => {
    const events = new Map<string, ReadonlyArray<EventRow>>()
    const users: Array<UserRow> = []
    const losses: Array<Loss> = [...lostContext(plan)]
    for (const subject of subjectsOf(plan)) {
      const event = eventOf(subject)
      if (event === undefined && subject.name === "group") {
        losses.push({ name: "group", what: "the traits of group calls, since Amplitude imports none of groups" })
        continue
      }
      if (event !== undefined && events.has(event)) {
        losses.push({
          name: subject.name,
          what: `the declared keys of ${subject.name} calls, since ${event} is an event, too`
        })
        continue
      }
      losses.push(...lossesOf(subject))
      if (event === undefined) users.push(...subject.keys.map(userRow))
      else events.set(event, [eventRow(event, subject.annotations), ...subject.keys.map(propertyRow)])
    }
    return {
      files: new Map([
        ["events.csv", csv(eventColumns, [...events.values()].flat())],
        ...(users.length > 0 ? [["user-properties.csv", csv(userColumns, users)] as const] : [])
      ]),
      losses
    }
  }
}
