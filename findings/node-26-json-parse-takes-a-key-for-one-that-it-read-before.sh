#!/usr/bin/env bash
# node 26.10.0 (the npm package `node`), its JSON.parse.
#
# JSON.parse expects the keys of an object to be those of the objects that it has read. Once there was an object with a key of a backslash and a letter,
# such as "\\n" (a backslash and an n), it takes a key with an escape of the same characters, such as "\nx" (a line break and an x), for that key: the
# parsed object has a name that its text does not have. The same text gives the right key in a fresh process. Node 20 reads both as they are.
# An event whose properties are named by people can change its keys on the way through JSON. Keep such names in values, not in keys.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund node@26.10.0 > /dev/null 2>&1
cat > run.mjs <<'JS'
const text = String.raw`{"qty":1,"\nx":true}`
console.log(process.version)
if (process.argv[2] === "after another") JSON.parse(String.raw`{"qty":1,"\\n":true}`)
console.log(`${process.argv[2]}: ${text} has the key ${JSON.stringify(Object.keys(JSON.parse(text))[1])}`)
JS
for when in "alone" "after another"; do node_modules/.bin/node run.mjs "$when"; done > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
v26.10.0
alone: {"qty":1,"\nx":true} has the key "\nx"
v26.10.0
after another: {"qty":1,"\nx":true} has the key "\\n"
SEEN
