import type * as Description from "@trackmap/core/Description"
import { fileNames, type Format, type Settings } from "@trackmap/core/PlanSupport"
import { PlanSupportError } from "@trackmap/core/PlanSupportError"
import { stringify } from "yaml"
import { type Mapping, make, type Target } from "../mapping.ts"
import { fixed } from "../naming.ts"
import { resolveSchemas } from "../options.ts"
import { filesOf } from "../schema.ts"
import { lossesOf } from "./losses.ts"
import { namingOf } from "./naming.ts"

const name = "snowplow"

const checkVendor = (vendor: string | undefined): string => {
  const reason = vendor === undefined ? "it needs the vendor of your schemas" : resolveSchemas({ vendor }).problems[0]
  if (vendor !== undefined && reason === undefined) return vendor
  throw new PlanSupportError({ format: name, reason: reason!, remedy: "name it, such as `--name com.acme`" })
}

const checkNames = ({ problems }: Mapping): void => {
  const [reason, ...others] = problems.filter((problem) => problem !== undefined)
  if (reason === undefined) return
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`
  const remedy = "rename it, or write the schemas with the options of your sink: see Snowplow.schemas"
  throw new PlanSupportError({ format: name, reason: `${reason.split(": give ")[0]!}${more}`, remedy })
}

/** The next MODEL: the schema of a call that the plan does not declare is the first. */
const afterUndeclared = (version: string): string => {
  const [model, ...rest] = version.split("-")
  return [Number(model) + 1, ...rest].join("-")
}

const versionOf = ({ name, option, schema }: Target, { versionOf }: Settings): string => {
  const isCall = option === "events" && Object.hasOwn(fixed, schema)
  const version = versionOf(name, option === "entities" ? "entity" : isCall ? "call" : "event")
  if (version === undefined) return "1-0-0"
  return isCall ? afterUndeclared(version) : version
}

/** The versions of the schemas, from the lock: those of events, of entities, and of the calls that the plan declares. */
const versionsOf = ({ schemas }: Mapping, settings: Settings): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from(schemas, ([schema, [first]]) => [schema, versionOf(first!, settings)]))

const annotationsOf = (target: Target, { entities, events }: Description.Plan): Description.Annotations => {
  const all: ReadonlyArray<Description.Annotations & { readonly name: string }> =
    target.option === "events" ? events : entities
  return all.find((one) => one.name === target.name) ?? {}
}

/** What the schema itself has no place for. Values are texts. */
const customData = ({ deprecated, owner, since, tags }: Description.Annotations) => ({
  ...(owner !== undefined && { owner }),
  ...(tags !== undefined && { tags: tags.join(", ") }),
  ...(since !== undefined && { since }),
  ...(deprecated !== undefined && {
    deprecated:
      [deprecated.reason, deprecated.replacedBy && `replaced by ${deprecated.replacedBy}`]
        .filter((part) => part !== undefined)
        .join("; ") || "true"
  })
})

/** The calls that become entities, and not events of their own. */
const views: ReadonlySet<string> = new Set(["page", "screen"])

const isEntity = ({ option, schema }: Target): boolean =>
  option === "entities" || (Object.hasOwn(fixed, schema) && views.has(schema))

/** A file of Snowplow's command-line tool for each schema that the sink needs, and the sink's option `versions`. */
export const dataStructures: Format = {
  name,
  description: "Snowplow: data structures for `snowplow-cli`. Needs --name, the vendor of your schemas",
  write: (plan, settings) => {
    const vendor = checkVendor(settings.name)
    const mapping = make(plan, namingOf(vendor))
    checkNames(mapping)
    const naming = namingOf(vendor, versionsOf(mapping, settings))
    const names = fileNames([...mapping.schemas.keys()])
    const targets = new Map(Array.from(mapping.schemas, ([schema, [first]]) => [schema, first!]))
    const files = filesOf(plan, mapping, naming, "keep").map(({ schema }) => {
      const { name } = schema["self"] as { readonly name: string }
      const target = targets.get(name)!
      const structure = {
        apiVersion: "v1",
        resourceType: "data-structure",
        meta: {
          hidden: false,
          schemaType: isEntity(target) ? "entity" : "event",
          customData: customData(annotationsOf(target, plan))
        },
        data: schema
      }
      const text = stringify(structure, { aliasDuplicateObjects: false, lineWidth: 0 })
      return [`data-structures/${vendor}/${names.get(name)!}.yaml`, text] as const
    })
    const versions = `${JSON.stringify(naming.versions, null, 2)}\n`
    return { files: new Map([...files, ["versions.json", versions]]), losses: lossesOf(plan) }
  }
}
