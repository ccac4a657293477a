import type * as Description from "@trackmap/core/Description"
import { typeText } from "@trackmap/core/Description"
import { areTraits, type Exported, type Format, type Loss, type Settings, versionOf } from "@trackmap/core/PlanSupport"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import type * as Table from "@trackmap/warehouse/Table"
import { columnText, tablesOf, tableText, typeOf } from "./tables.ts"
import * as yaml from "./yaml.ts"

type JsonType = Description.JsonType
type Of<Tag extends JsonType["_tag"]> = Extract<JsonType, { readonly _tag: Tag }>
type Property = Readonly<Record<string, unknown>>

const present = (values: Property): Property =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const custom = (values: Property): ReadonlyArray<Property> | undefined => {
  const found = Object.entries(present(values)).map(([property, value]) => ({ property, value }))
  return found.length === 0 ? undefined : found
}

const options = (values: Property): Property | undefined => {
  const found = present(values)
  return Object.keys(found).length === 0 ? undefined : found
}

const literals = ({ values }: Of<"Literals">): Property => {
  const kinds = new Set(values.map((value) => typeof value))
  const [kind] = kinds
  const logicalType =
    kinds.size > 1
      ? undefined
      : kind === "number" && values.every((value) => Number.isSafeInteger(value))
        ? "integer"
        : kind
  const quality = [{ type: "library", metric: "invalidValues", mustBe: 0, arguments: { validValues: values } }]
  return present({ logicalType, quality })
}

/** Properties with options must have a logical type: the standard's schema checks one without against all types. */
const typed = (type: JsonType): Property => {
  switch (type._tag) {
    case "String": {
      const { format, maxLength, minLength, patterns } = type
      return format === "date-time"
        ? { logicalType: "timestamp", logicalTypeOptions: { timezone: true } }
        : present({
            logicalType: "string",
            logicalTypeOptions: options({ format, minLength, maxLength, pattern: patterns?.[0] })
          })
    }
    case "Number":
    case "Integer": {
      const { _tag, nullable: _, ...bounds } = type
      return present({ logicalType: _tag === "Number" ? "number" : "integer", logicalTypeOptions: options(bounds) })
    }
    case "Boolean":
      return { logicalType: "boolean" }
    case "Literals":
      return literals(type)
    case "Array": {
      const { items, maxItems, minItems } = type
      return present({
        logicalType: "array",
        logicalTypeOptions: options({ minItems, maxItems }),
        items: isNamed(items) ? typed(items) : undefined
      })
    }
    case "Tuple":
      return { logicalType: "array" }
    case "Object":
      return {
        logicalType: "object",
        properties: type.properties.map(({ name, optional, personal, type }) => member(name, type, optional, personal))
      }
    case "Record":
      return {
        logicalType: "object",
        properties: type.nodes.flatMap(({ keys }) =>
          keys.map(({ key, optional, personal, type }) => member(key, type, optional, personal))
        )
      }
    default:
      return {}
  }
}

/** Whether the standard has a name for the type. */
const isNamed = (type: JsonType): boolean => Object.keys(typed(type)).length > 0

const isNullable = (type: JsonType): boolean => "nullable" in type && type.nullable === true

const member = (name: string, type: JsonType, optional: boolean, personal: boolean): Property => ({
  name,
  ...typed(type),
  required: !optional && !isNullable(type),
  ...(personal && { classification: "personal" })
})

/** What the standard does not have of a type. */
const lossesOf = (type: JsonType): ReadonlyArray<string> => {
  switch (type._tag) {
    case "String":
      return (type.patterns ?? []).slice(1).map((pattern) => `the pattern /${pattern}/`)
    case "Array":
      return [...(isNullable(type.items) ? ["that elements can be null"] : []), ...lossesOf(type.items)]
    case "Object":
      return [
        ...type.properties.flatMap((property) => lossesOf(property.type)),
        ...(type.rest === undefined ? [] : [`the type of other properties, ${typeText(type.rest)}`])
      ]
    case "Record":
      return type.nodes.flatMap(({ keys }) => keys.flatMap((key) => lossesOf(key.type)))
    case "Tuple":
    case "Union":
      return [`the type ${typeText(type)}`]
    case "Recursive":
      return ["a type inside itself"]
    default:
      return []
  }
}

const had: PlanTables.Had = {
  tables: ["description", "deprecated", "owner", "since", "tags", "examples", "purposes", "presence"],
  columns: [
    "description",
    "deprecated",
    "personal",
    "owner",
    "since",
    "tags",
    "examples",
    "format",
    "length",
    "bounds",
    "values",
    "pattern",
    "shape"
  ]
}

const propertyOf = (table: PlanTables.PlanTable, column: Table.Column): Property => {
  const { name, required } = column
  const key = table.keys.get(name)
  const common = { physicalType: typeOf(column), description: columnText(table, column) }
  if (key === undefined) {
    const logicalTypes = { string: "string", timestamp: "timestamp" } as const
    const logicalType = logicalTypes[column.kind as keyof typeof logicalTypes]
    const isKey = table.table.of._tag !== "Misfits" && table.table.unique.includes(name)
    return present({
      name,
      logicalType,
      ...common,
      required,
      ...(isKey && { primaryKey: true, primaryKeyPosition: 1 })
    })
  }
  const { deprecated, examples, owner, personal, since, tags, type } = key
  const isTrait = table.call !== undefined && areTraits({ kind: "call", name: table.call })
  const optional = key.optional || isTrait
  return present({
    ...member(name, type, optional, personal),
    ...common,
    tags,
    examples,
    customProperties: custom({ owner, since, deprecated })
  })
}

const tableOf = (one: PlanTables.PlanTable, settings: Settings): Property => {
  const { event, table } = one
  const name = event?.name ?? table.name
  const { deprecated, examples, owner, purposes = [], since, tags } = event ?? {}
  return present({
    name,
    physicalName: table.name,
    physicalType: "table",
    logicalType: "object",
    description: tableText(one),
    tags,
    customProperties: custom({
      version: event && settings.versionOf(event.name),
      owner,
      since,
      deprecated,
      examples,
      purposes: purposes.length === 0 ? undefined : purposes
    }),
    properties: table.columns.map((column) => propertyOf(one, column))
  })
}

export const odcs: Format["write"] = (plan, settings): Exported => {
  const tables = tablesOf("odcs", plan, settings)
  const name = settings.name ?? "tracking-plan"
  const contract = {
    apiVersion: "v3.1.0",
    kind: "DataContract",
    id: name,
    name,
    version: versionOf(plan),
    status: "active",
    description: { purpose: "The events of the tracking plan, as the sinks of Trackmap write them." },
    schema: tables.map((one) => tableOf(one, settings))
  }
  const lost = tables.flatMap(({ call, event, keys }) =>
    Array.from(keys.values()).flatMap(({ key, type }): ReadonlyArray<Loss> =>
      [...new Set(lossesOf(type))].map((what) => ({ name: event?.name ?? call ?? "", key, what }))
    )
  )
  const comment = "Written by `trackmap export odcs`: change the plan, not this file."
  return {
    files: new Map([["contract.odcs.yaml", yaml.textOf(comment, contract)]]),
    losses: [...PlanTables.losses(tables, had), ...lost]
  }
}

export const format: Format = {
  name: "odcs",
  description: "Open Data Contract Standard 3.1: a contract of the tables that the sinks make",
  write: odcs
}
