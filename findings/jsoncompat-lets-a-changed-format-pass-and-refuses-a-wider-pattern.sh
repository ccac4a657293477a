#!/usr/bin/env bash
# jsoncompat 0.4.2, which says whether a change of a JSON Schema breaks those who write values or those who read them.
#
# It looks at no `format`: a text that was a date-time and becomes an email is compatible both ways. It refuses a wider `pattern` for a reader of old
# values, although every value of the old pattern fits the new one. A `multipleOf` that is no integer, such as 0.5, is an error even if nothing changes.
# A check of a tracking plan that trusts it misses the first, and fails for the other two. Leave such keywords to another check.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund jsoncompat@0.4.2 > /dev/null 2>&1
cat > run.mjs <<'JS'
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { check_compat, initSync } from "jsoncompat"

initSync({ module: readFileSync(createRequire(import.meta.url).resolve("jsoncompat/jsoncompat_wasm_bg.wasm")) })
const answer = (before, after, role) => {
  try {
    return check_compat(JSON.stringify(before), JSON.stringify(after), role)
  } catch (error) {
    return `an error: ${String(error).split("\n")[0]}`
  }
}
const changes = {
  "a date-time becomes an email": [{ type: "string", format: "date-time" }, { type: "string", format: "email" }],
  "the pattern ^a$ becomes ^[ab]$": [{ type: "string", pattern: "^a$" }, { type: "string", pattern: "^[ab]$" }],
  "multiples of 0.5 stay as they are": [{ type: "number", multipleOf: 0.5 }, { type: "number", multipleOf: 0.5 }]
}
for (const [what, [before, after]] of Object.entries(changes)) {
  for (const role of ["serializer", "deserializer"]) console.log(`${what}, ${role}: ${answer(before, after, role)}`)
}
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
a date-time becomes an email, serializer: true
a date-time becomes an email, deserializer: true
the pattern ^a$ becomes ^[ab]$, serializer: false
the pattern ^a$ becomes ^[ab]$, deserializer: false
multiples of 0.5 stay as they are, serializer: an error: invalid old schema: non-integral number multipleOf constraints are not supported by compatibility checks
multiples of 0.5 stay as they are, deserializer: an error: invalid old schema: non-integral number multipleOf constraints are not supported by compatibility checks
SEEN
