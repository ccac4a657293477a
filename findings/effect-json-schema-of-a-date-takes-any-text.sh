#!/usr/bin/env bash
# effect 4.1.0, ajv 8.17.1 (with ajv-formats 3.0.1).
#
# Other teams' validators read a tracking plan that is exported as JSON Schema. Effect writes the JSON Schema of `Schema.Date`,
# `Schema.DateTimeUtc` and `Schema.URL`, in their JSON encoding, as a bare `{"type":"string"}`: no `format`. So ajv accepts
# "yesterday", which Effect itself refuses to decode.
# A plan must derive the format from the schema's transformation, not from its JSON Schema.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund effect@4.1.0 ajv@8.17.1 ajv-formats@3.0.1
cat > run.mjs <<'JS'
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import Ajv from "ajv/dist/2020.js"
import addFormats from "ajv-formats"

const ajv = new Ajv()
addFormats(ajv)
for (const [name, schema] of Object.entries({ Date: Schema.Date, DateTimeUtc: Schema.DateTimeUtc, URL: Schema.URL })) {
  const json = Schema.toCodecJson(schema)
  const { schema: written } = Schema.toJsonSchemaDocument(json)
  const decoded = Schema.decodeUnknownExit(json)("yesterday")
  const effect = Exit.isFailure(decoded) ? "refused" : String(decoded.value)
  console.log(`${name} ${JSON.stringify(written)} ajv: ${ajv.validate(written, "yesterday")} effect: ${effect}`)
}
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
Date {"type":"string"} ajv: true effect: refused
DateTimeUtc {"type":"string"} ajv: true effect: refused
URL {"type":"string"} ajv: true effect: refused
SEEN
