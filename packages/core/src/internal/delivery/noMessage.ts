import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { describe } from "../base/fault.ts"
import { placeOf } from "../base/issuePlace.ts"

const types: ReadonlyArray<unknown> = ["track", "identify", "group", "alias", "page", "screen"]

/** The error for an invalid argument of `send`. It quotes no values of the message, since they can be personal. */
export const noMessage = (given: unknown, { issue }: Schema.SchemaError): Schema.SchemaError => {
  const type: unknown = typeof given === "object" && given !== null && "type" in given ? given.type : undefined
  const found = types.includes(type)
    ? `and this ${String(type)} message is wrong at ${JSON.stringify(placeOf(issue))}: pass a whole one`
    : `not ${describe(given)}: a message has one of the types ${types.join(", ")}`
  const message = `send takes a message of the Segment Spec, or an envelope, ${found}`
  return new Schema.SchemaError(new SchemaIssue.InvalidValue({ message }))
}
