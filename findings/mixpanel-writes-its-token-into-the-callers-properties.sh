#!/usr/bin/env bash
# mixpanel 0.24.0 (Mixpanel's own client for Node).
#
# `track(event, properties)` does not copy `properties`: it adds `token`, `mp_lib` and `$lib_version` to the caller's object, which may be a row that the
# service then stores or sends in a response. `track_batch` adds the token to the properties of each event in the caller's list.
# If the object is frozen, as constants and the states of several libraries are, the client cannot add the token. Its code is not in strict mode,
# so nothing throws: the client posts the event without a token, and no project gets it, although the callback gets no error.
# Pass the client a copy of your properties.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund mixpanel@0.24.0
cat > run.mjs <<'JS'
import { createServer } from "node:http"
import { once } from "node:events"
import Mixpanel from "mixpanel"

const posted = []
const server = createServer((request, response) => {
  const data = new URL(request.url, "http://localhost").searchParams.get("data")
  if (data !== null) posted.push(JSON.parse(Buffer.from(data, "base64").toString()))
  request.resume().on("end", () => response.end("1"))
}).listen(0)
await once(server, "listening")
const client = Mixpanel.init("the-token", { host: `localhost:${server.address().port}`, protocol: "http" })
const track = (properties) => new Promise((done) => client.track("Order Line Updated", properties, done))

const line = { distinct_id: "user-1", qty: 3 }
await track(line)
console.log("the caller's object:", JSON.stringify(line))

const batched = { event: "Order Line Updated", properties: { distinct_id: "user-1" } }
await new Promise((done) => client.track_batch([batched], done))
console.log("the caller's batch:", JSON.stringify(batched))

const error = await track(Object.freeze({ distinct_id: "user-1", qty: 3 }))
console.log("posted for a frozen object:", JSON.stringify(posted.at(-1)), "error:", error)
server.close()
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
the caller's object: {"distinct_id":"user-1","qty":3,"token":"the-token","mp_lib":"node","$lib_version":"0.24.0"}
the caller's batch: {"event":"Order Line Updated","properties":{"distinct_id":"user-1","token":"the-token"}}
posted for a frozen object: {"event":"Order Line Updated","properties":{"distinct_id":"user-1","qty":3}} error: undefined
SEEN
