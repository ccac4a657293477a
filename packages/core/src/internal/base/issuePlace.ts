import * as SchemaIssue from "effect/SchemaIssue"

const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Such as `plan`, `$email` or `first_seen`. Any other key may be somebody's data. */
export const codeLike = /^[A-Za-z_$][\w$]{0,39}$/

/** The path to what a schema refuses first: `context.plan`. Empty if it is the whole value. A key that is not like a name in code is `*`. */
export const placeOf = (issue: SchemaIssue.Issue): string =>
  (standardIssues(issue).issues[0]?.path ?? [])
    .map((step) => String(typeof step === "object" ? step.key : step))
    .map((key) => (codeLike.test(key) || /^\d+$/.test(key) ? key : "*"))
    .join(".")
    .slice(0, 200)
