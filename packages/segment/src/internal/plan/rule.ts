import type * as Description from "@trackmap/core/Description"
import * as JsonSchema from "@trackmap/core/JsonSchema"
import { areTraits, type Loss, lost, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"
import * as Draft from "effect/JsonSchema"

/** A rule of a tracking plan (Segment, "Public API", "Tracking Plans"). */
export interface Rule {
  readonly type: "COMMON" | "TRACK" | "IDENTIFY" | "GROUP" | "PAGE" | "SCREEN"
  /** The event. Rules of other calls have none. */
  readonly key?: string
  readonly version: 1
  readonly jsonSchema: JsonSchema.JsonSchema
}

const dialect = "draft-2020-12" as const

const objectOf = (keys: Subject["keys"]): JsonSchema.JsonSchema =>
  Draft.toDocumentDraft07({ dialect, schema: JsonSchema.ofKeys(keys), definitions: {} }).schema

/** The schema of a whole message: of its properties or its traits. */
const schemaOf = (subject: Subject): JsonSchema.JsonSchema => {
  const { annotations, keys } = subject
  const [own, other] = areTraits(subject) ? ["traits", "properties"] : ["properties", "traits"]
  const { deprecated, description } = annotations
  return {
    $schema: Draft.META_SCHEMA_URI_DRAFT_07,
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated: true }),
    type: "object",
    properties: { context: {}, [other!]: {}, [own!]: objectOf(keys) },
    ...(keys.some(({ optional }) => !optional) && { required: [own] })
  }
}

const ruleOf = (subject: Subject): Rule => ({
  type: subject.kind === "event" ? "TRACK" : (subject.name.toUpperCase() as Rule["type"]),
  ...(subject.kind === "event" && { key: subject.name }),
  version: 1,
  jsonSchema: schemaOf(subject)
})

/** The rule for all messages, of the keys of the context. A message may leave out each of them. */
const commonOf = (context: Subject["keys"]): Rule => ({
  type: "COMMON",
  version: 1,
  jsonSchema: {
    $schema: Draft.META_SCHEMA_URI_DRAFT_07,
    type: "object",
    properties: { context: objectOf(context.map((key) => ({ ...key, optional: true }))), traits: {}, properties: {} }
  }
})

type Named = readonly [name: string, rule: Rule]

/** The rules of a plan, each with the name of its event or call. */
export const rulesOf = (plan: Description.Plan): ReadonlyArray<Named> => [
  ...subjectsOf(plan).map((subject): Named => {
    return [subject.kind === "event" ? subject.name : `${subject.name} call`, ruleOf(subject)]
  }),
  ...(plan.context ? [["all messages", commonOf(plan.context)] as const] : [])
]

const lossesOfKey = (name: string, key: Description.Key): ReadonlyArray<Loss> => {
  const of = { name, key: key.key }
  const types = JsonSchema.losses(key.type).map((what): Loss => ({ name, key: key.key, what }))
  return [...lost(of, key, ["owner", "tags", "since"]), ...types]
}

/** What the rules of a plan lack. */
export const lossesOf = (plan: Description.Plan): ReadonlyArray<Loss> => [
  ...subjectsOf(plan).flatMap(({ annotations, keys, name }) =>
    lost({ name }, annotations, ["owner", "tags", "since", "examples"]).concat(
      keys.flatMap((key) => lossesOfKey(name, key))
    )
  ),
  ...(plan.context ?? []).flatMap((key) => lossesOfKey("the context", key))
]
