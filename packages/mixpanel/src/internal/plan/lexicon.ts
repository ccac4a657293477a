import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"
import { type Format, type Loss, lost, lostContext, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"
import { traitName, views } from "../names.ts"

/** An entry of Lexicon (Mixpanel, "Lexicon Schemas API"). */
interface Entry {
  readonly entityType: "event" | "profile"
  readonly name: string
  readonly schemaJson: Readonly<Record<string, unknown>>
}

/** The profile of all users ("Create/Replace One", "Adding a schema for User Profiles"). */
const users = "$user"

/** What an entry is of, and its name. Lexicon has none for groups. */
const entityOf = ({ kind, name }: Subject): Pick<Entry, "entityType" | "name"> | undefined => {
  if (kind === "event") return { entityType: "event", name }
  if (name === "identify") return { entityType: "profile", name: users }
  return name === "page" || name === "screen" ? { entityType: "event", name: views[name] } : undefined
}

/** An entry needs a type for each property: a text is shown as it is. */
const typeOf = (type: Description.JsonType): PlainType.Name => PlainType.of(type).name ?? "string"

const propertyOf = ({ description, type }: Description.Key) => ({
  type: typeOf(type),
  ...(description !== undefined && { description })
})

const email = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/

const metadataOf = ({ owner, tags }: Description.Annotations) => {
  const owners = owner === undefined ? undefined : [email.test(owner) ? { email: owner } : { name: owner }]
  return owners === undefined && tags === undefined
    ? {}
    : { metadata: { "com.mixpanel": { ...(tags && { tags }), ...(owners && { owners }) } } }
}

const entryOf = (subject: Subject, entity: Pick<Entry, "entityType" | "name">): Entry => {
  const { annotations, keys } = subject
  const nameOf = entity.entityType === "profile" ? traitName : (key: string) => key
  const required = keys.filter(({ optional }) => !optional).map(({ key }) => nameOf(key))
  return {
    ...entity,
    schemaJson: {
      ...(annotations.description !== undefined && { description: annotations.description }),
      properties: Object.fromEntries(keys.map((key) => [nameOf(key.key), propertyOf(key)])),
      ...(required.length > 0 && { required }),
      additionalProperties: true,
      ...metadataOf(annotations)
    }
  }
}

const lossesOf = ({ annotations, keys, name }: Subject): ReadonlyArray<Loss> =>
  lost({ name }, annotations, ["since", "deprecated", "examples"]).concat(
    keys.flatMap((key) => {
      const of = { name, key: key.key }
      return PlainType.losses(of, key.type).concat(lost(of, key, ["owner", "tags", "since", "deprecated", "examples"]))
    })
  )

/** Events, and the profile of users, for Mixpanel's data dictionary. */
export const lexicon: Format = {
  name: "mixpanel",
  description: "Mixpanel Lexicon: a body for the Lexicon Schemas API",
  write: (plan) => {
    const entries = new Map<string, Entry>()
    const losses: Array<Loss> = [...lostContext(plan)]
    for (const subject of subjectsOf(plan)) {
      const entity = entityOf(subject)
      const id = entity && JSON.stringify([entity.entityType, entity.name])
      if (entity === undefined || entries.has(id!)) {
        const why = entity === undefined ? "since Lexicon has none of groups" : `since ${entity.name} is an event, too`
        losses.push({ name: subject.name, what: `the declared keys of ${subject.name} calls, ${why}` })
        continue
      }
      entries.set(id!, entryOf(subject, entity))
      losses.push(...lossesOf(subject))
    }
    const text = JSON.stringify({ entries: [...entries.values()], truncate: false }, null, 2)
    return { files: new Map([["lexicon.json", `${text}\n`]]), losses }
  }
}
