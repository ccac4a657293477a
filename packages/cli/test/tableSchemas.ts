/**
 * JSON Schemas of the parts of dbt's sources and of the Open Data Contract Standard that the exports write, by what the published schemas allow there
 * (dbt-jsonschema: what `latest` and `latest_fusion` both take; odcs-json-schema-v3.1.0). Nothing else may be in a file.
 */
const text = { type: "string" }
const texts = { type: "array", items: text }
const closed = (properties: object, required: ReadonlyArray<string> = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false
})

export const dbtSources = closed(
  {
    version: { const: 2 },
    sources: {
      type: "array",
      items: closed(
        {
          name: text,
          description: text,
          tables: {
            type: "array",
            items: closed(
              {
                name: text,
                description: text,
                columns: {
                  type: "array",
                  items: closed(
                    {
                      name: text,
                      description: text,
                      data_type: text,
                      quote: { type: "boolean" },
                      data_tests: { type: "array", items: { enum: ["unique", "not_null"] } }
                    },
                    ["name"]
                  )
                }
              },
              ["name"]
            )
          }
        },
        ["name"]
      )
    }
  },
  ["sources"]
)

const count = { type: "integer", minimum: 0 }
const number = { type: "number" }
const numbers = {
  multipleOf: { type: "number", exclusiveMinimum: 0 },
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number
}
const logicalTypes: Readonly<Record<string, object>> = {
  string: { minLength: count, maxLength: count, pattern: text, format: text },
  timestamp: { timezone: { type: "boolean" } },
  integer: numbers,
  number: numbers,
  boolean: {},
  object: { required: texts },
  array: { minItems: count, maxItems: count }
}

const customProperties = { type: "array", items: closed({ property: text, value: true }, ["property", "value"]) }

const property = {
  logicalType: { enum: Object.keys(logicalTypes) },
  logicalTypeOptions: { type: "object" },
  physicalType: text,
  description: text,
  required: { type: "boolean" },
  primaryKey: { type: "boolean" },
  primaryKeyPosition: { type: "integer" },
  classification: text,
  examples: { type: "array" },
  tags: texts,
  customProperties,
  quality: {
    type: "array",
    items: closed(
      {
        type: { enum: ["text", "library", "sql", "custom"] },
        metric: { enum: ["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] },
        mustBe: true,
        arguments: { type: "object" }
      },
      ["metric", "mustBe"]
    )
  },
  properties: { type: "array", items: { $ref: "#/$defs/property" } },
  items: { $ref: "#/$defs/item" }
}

/** Options without a logical type are checked against those of every type: so there must be one. */
const byType = Object.entries(logicalTypes).map(([logicalType, options]) => ({
  anyOf: [
    { properties: { logicalType: { not: { const: logicalType } } }, required: ["logicalType"] },
    { properties: { logicalTypeOptions: { type: "object", properties: options, additionalProperties: false } } }
  ]
}))

export const dataContract = {
  $schema: "https://json-schema.org/draft/2019-09/schema",
  $defs: {
    property: { ...closed({ name: text, ...property }, ["name"]), allOf: byType },
    item: { ...closed(property), allOf: byType }
  },
  ...closed(
    {
      apiVersion: { const: "v3.1.0" },
      kind: { const: "DataContract" },
      id: text,
      name: text,
      version: text,
      status: text,
      description: closed({ purpose: text }),
      schema: {
        type: "array",
        items: closed(
          {
            name: text,
            physicalName: text,
            physicalType: text,
            logicalType: { const: "object" },
            description: text,
            tags: texts,
            customProperties,
            properties: { type: "array", items: { $ref: "#/$defs/property" } }
          },
          ["name"]
        )
      }
    },
    ["version", "apiVersion", "kind", "id", "status"]
  )
}

/** BigQuery's fields of a table ("Specifying a schema", "Specifying a JSON schema file"). */
export const bigQueryFields = {
  type: "array",
  items: closed(
    {
      name: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]{0,299}$" },
      type: { enum: ["STRING", "INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "JSON"] },
      mode: { enum: ["NULLABLE", "REQUIRED"] },
      description: { type: "string", maxLength: 1024 }
    },
    ["name", "type"]
  )
}
