import { OutboxError } from "../OutboxError.ts"

/** A prefix or a schema goes into every statement as it is. Throws for anything but a plain lower-case name. */
export const checkPrefix = (where: string, option: string, name: string): string => {
  if (typeof name === "string" && /^[a-z_][a-z0-9_]{0,39}$/.test(name)) return name
  throw new OutboxError({
    operation: where,
    reason: `${option} is ${JSON.stringify(name)}`,
    remedy: "pass a name of at most 40 lower-case letters, digits and underscores",
    transient: false
  })
}
