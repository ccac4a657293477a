import Ajv from "ajv-draft-04"
import addFormats from "ajv-formats"
import type { SnowplowServer } from "../../testing/src/index.ts"
import type { Snowplow } from "../src/index.ts"

/** The rules of iglu-central's meta-schema for self-describing schemas, beyond draft 4. */
const self = {
  type: "object",
  required: ["$schema", "self", "type"],
  properties: {
    $schema: { enum: ["http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"] },
    self: {
      type: "object",
      required: ["vendor", "name", "format", "version"],
      additionalProperties: false,
      properties: {
        vendor: { type: "string", pattern: "^[a-zA-Z0-9_.-]+$" },
        name: { type: "string", pattern: "^[a-zA-Z0-9_-]+$" },
        format: { enum: ["jsonschema"] },
        version: { type: "string", pattern: "^[0-9]+-[0-9]+-[0-9]+$" }
      }
    }
  }
}

/** Iglu Central's own schemas that the sink uses. */
const central = [
  {
    uri: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0",
    schema: {
      type: "object",
      required: ["name", "id"],
      properties: { name: { type: "string" }, id: { type: "string", maxLength: 36 } },
      additionalProperties: false
    }
  }
]

/** A registry of schemas, which throws if one of them is not a self-describing JSON Schema of draft 4. */
export const registry = (files: ReadonlyArray<Snowplow.SchemaFile>): SnowplowServer.Validate => {
  const ajv = new Ajv.default({ strict: false, allErrors: true })
  addFormats.default(ajv as never, ["date-time", "uri", "uuid"])
  const isSelfDescribing = ajv.compile(self)
  const validators = new Map(
    [...files, ...central].map(({ schema, uri }) => {
      if ("self" in schema && !isSelfDescribing(schema)) throw new Error(ajv.errorsText(isSelfDescribing.errors))
      // ajv knows draft 4, and Iglu's meta-schema is draft 4 with `self`.
      const { $schema: _, ...rest } = schema as Record<string, unknown>
      if (ajv.validateSchema(rest) !== true) throw new Error(`${uri}: ${ajv.errorsText(ajv.errors)}`)
      return [uri, ajv.compile(rest)] as const
    })
  )
  return ({ data, schema }) => {
    const validate = validators.get(schema)
    if (validate === undefined) return "the registry does not have this schema"
    return validate(data) ? undefined : ajv.errorsText(validate.errors)
  }
}
