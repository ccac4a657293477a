#!/usr/bin/env bash
# @amplitude/analytics-node 1.5.73 (Amplitude's own client for Node).
#
# The client retries a failed request up to 12 times (`flushMaxRetries`), and after a 400 that names some events it sends the others again; but only
# when its timer sends. `flush()`, which its documentation recommends before a process ends, sends once and gives up: one 503 loses every
# event of the request, and one invalid event loses the valid ones that go with it. `flush().promise` does not reject. Only the promise
# that each `track` returns says so.
# Look at the code of each event's promise, and track again what was not accepted, with the same `insert_id`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @amplitude/analytics-node@1.5.73
cat > run.mjs <<'JS'
import { createServer } from "node:http"
import { once } from "node:events"
import { createInstance } from "@amplitude/analytics-node"

const answers = []
let requests = []
const server = createServer(async (request, response) => {
  let text = ""
  for await (const chunk of request) text += chunk
  requests.push(JSON.parse(text).events.map(({ insert_id }) => insert_id))
  const body = answers.shift() ?? { code: 200, events_ingested: 1, payload_size_bytes: 1, server_upload_time: 1 }
  response.writeHead(body.code, { "content-type": "application/json" }).end(JSON.stringify(body))
}).listen(0)
await once(server, "listening")

const flushed = async (title, answer) => {
  answers.push(answer)
  requests = []
  const client = createInstance()
  const serverUrl = `http://localhost:${server.address().port}/2/httpapi`
  await client.init("the-key", { serverUrl, flushIntervalMillis: 60_000, logLevel: 0 }).promise
  const tracked = ["a", "b", "c"].map((insert_id) => client.track("Order Placed", {}, { user_id: "user-1", insert_id }).promise)
  await client.flush().promise
  const results = await Promise.all(tracked)
  await client.flush().promise
  console.log(title, results.map(({ code }) => code), "requests:", JSON.stringify(requests))
}
const error = "Invalid field values on some events"
await flushed("after one 503:", { code: 503, error: "Service unavailable" })
await flushed("after a 400 that names b:", { code: 400, error, events_with_invalid_fields: { time: [1] } })
server.close()
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
after one 503: [ 503, 503, 503 ] requests: [["a","b","c"]]
after a 400 that names b: [ 400, 400, 400 ] requests: [["a","b","c"]]
SEEN
