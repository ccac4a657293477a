import type { Annotations, Event, JsonType, Key } from "@trackmap/core/Description"
import { typeText } from "@trackmap/core/Description"

export type Facet =
  | "format"
  | "pattern"
  | "length"
  | "bounds"
  | "values"
  | "shape"
  | "presence"
  | "personal"
  | "purposes"
  | "description"
  | "owner"
  | "tags"
  | "since"
  | "deprecated"
  | "examples"

/** Something that a plan says, in words that complete "the file does not have". */
export interface Found {
  readonly facet: Facet
  readonly what: string
}

const noted = ({ deprecated, description, examples, owner, since, tags }: Annotations): ReadonlyArray<Found> =>
  (
    [
      ["description", description],
      ["owner", owner],
      ["tags", tags],
      ["since", since],
      ["deprecated", deprecated],
      ["examples", examples]
    ] as const
  ).flatMap(([facet, value]) =>
    value === undefined
      ? []
      : [
          {
            facet,
            what:
              facet === "since"
                ? "since when it exists"
                : facet === "deprecated"
                  ? "that it is deprecated"
                  : `the ${facet}`
          }
        ]
  )

const limits = (type: JsonType): ReadonlyArray<Found> => {
  switch (type._tag) {
    case "String": {
      const { format, maxLength, minLength, patterns = [] } = type
      return [
        ...(format === undefined || format === "date-time"
          ? []
          : [{ facet: "format" as const, what: `the format ${format}` }]),
        ...patterns.map((pattern) => ({ facet: "pattern" as const, what: `the pattern /${pattern}/` })),
        ...(minLength === undefined ? [] : [{ facet: "length" as const, what: `the minimum length ${minLength}` }]),
        ...(maxLength === undefined ? [] : [{ facet: "length" as const, what: `the maximum length ${maxLength}` }])
      ]
    }
    case "Number":
    case "Integer": {
      const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = type
      const named = { minimum, "exclusive minimum": exclusiveMinimum, maximum, "exclusive maximum": exclusiveMaximum }
      return [
        ...Object.entries(named).flatMap(([name, value]) =>
          value === undefined ? [] : [{ facet: "bounds" as const, what: `the ${name} ${value}` }]
        ),
        ...(multipleOf === undefined
          ? []
          : [{ facet: "bounds" as const, what: `that it is a multiple of ${multipleOf}` }])
      ]
    }
    case "Literals":
      return [{ facet: "values", what: `the values ${typeText(type)}` }]
    default:
      return [{ facet: "shape", what: `the type ${typeText(type)}` }]
  }
}

/** Types of which a column says all. */
const bare: ReadonlySet<JsonType["_tag"]> = new Set(["Boolean", "Json", "Null", "Recursive"])

/** What a plan says of a key beside the kind of its column. */
export const ofKey = (key: Key): ReadonlyArray<Found> => {
  const { personal, type } = key
  return [
    ...(bare.has(type._tag) ? [] : limits(type)),
    ...(personal ? [{ facet: "personal" as const, what: "that it is personal data" }] : []),
    ...noted(key)
  ]
}

export const ofEvent = (event: Event): ReadonlyArray<Found> => [
  ...(event.purposes.length === 0 ? [] : [{ facet: "purposes" as const, what: "the purposes that need consent" }]),
  ...noted(event)
]
