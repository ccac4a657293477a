import type * as Description from "@trackmap/core/Description"
import { type Loss, lost, lostContext, type Subject, subjectsOf } from "@trackmap/core/PlanSupport"
import { formats } from "../schema.ts"

/** What a schema lacks of a type, and of the types in it. */
const lostIn = (type: Description.JsonType): ReadonlyArray<string> => {
  switch (type._tag) {
    case "String": {
      const { format, minLength = 0, patterns = [] } = type
      return [
        ...(formats.has(format) || format === undefined ? [] : [`its format, ${format}`]),
        ...(minLength > 1 ? ["its minimum length, which JSON Schema counts in code points"] : []),
        ...patterns.map((pattern) => `its pattern /${pattern}/`)
      ]
    }
    case "Integer":
    case "Number":
      return type.multipleOf === undefined ? [] : [`that it is a multiple of ${type.multipleOf}`]
    case "Array":
      return lostIn(type.items)
    case "Tuple":
      return ["what its elements are"]
    case "Object":
      return [...type.properties.map((one) => one.type), ...(type.rest ? [type.rest] : [])].flatMap(lostIn)
    case "Record":
      return type.nodes.flatMap(({ keys }) => keys.flatMap((key) => lostIn(key.type)))
    case "Union":
      return type.types.flatMap(lostIn)
    case "Recursive":
      return ["its type inside itself"]
    default:
      return []
  }
}

const lossesOfKey = (name: string, key: Description.Key): ReadonlyArray<Loss> => {
  const of = { name, key: key.key }
  const what = [...new Set(lostIn(key.type))].join(", ")
  return lost(of, key, ["owner", "tags", "since", "deprecated", "examples"]).concat(what === "" ? [] : { ...of, what })
}

const lossesOfSubject = ({ annotations, keys, name }: Subject): ReadonlyArray<Loss> =>
  lost({ name }, annotations, ["examples"]).concat(keys.flatMap((key) => lossesOfKey(name, key)))

/** What the schemas of a plan lack. */
export const lossesOf = (plan: Description.Plan): ReadonlyArray<Loss> => [
  ...lostContext(plan),
  ...subjectsOf(plan).flatMap(lossesOfSubject)
]
