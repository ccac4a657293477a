import * as Schema from "effect/Schema"

/** A request that the page cannot have fulfilled. `error` is for people, and contains no value of a message. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  status: Schema.Literals([400, 403, 404, 405, 409, 413, 415, 503]),
  error: Schema.String
}) {}
