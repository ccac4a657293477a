#!/usr/bin/env bash
# posthog-node 5.70.0, with its default settings.
#
# One of a thousand events has an empty name, and PostHog's /batch/ refuses its request with a 400. `shutdown()` drops that batch of 100 events, sends
# none of the batches behind it, and resolves: 900 events are lost, 899 of them valid, with one error that names none of them.
# Calling `flush()` until it succeeds, before `shutdown()`, loses only the batch with the bad event.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund posthog-node@5.70.0
cat > run.mjs <<'JS'
import { once } from "node:events"
import { createServer } from "node:http"
import { gunzipSync } from "node:zlib"
import { PostHog } from "posthog-node"

let kept = 0
let requests = 0
const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const { batch } = JSON.parse(body[0] === 0x1f ? gunzipSync(body) : body)
  const isBad = batch.some(({ event }) => event === "")
  requests++
  if (!isBad) kept += batch.length
  response.writeHead(isBad ? 400 : 200).end(isBad ? "event submitted with an empty event name" : '{"status":1}')
}).listen(0, "127.0.0.1")
await once(server, "listening")

console.error = () => {}
const told = async (what, close) => {
  kept = 0
  requests = 0
  let errors = 0
  const posthog = new PostHog("phc_key", { host: `http://127.0.0.1:${server.address().port}` })
  posthog.on("error", () => errors++)
  for (let i = 0; i < 1_000; i++) posthog.capture({ distinctId: "user-1", event: i === 150 ? "" : "orderPlaced" })
  const end = await close(posthog).then(() => "resolves", () => "rejects")
  console.log(`${what}: ${end}, requests: ${requests}, errors: ${errors}, kept: ${kept} of 1000`)
}
const flushed = async (posthog) => {
  for (let tries = 0; tries < 10; tries++) if (await posthog.flush().then(() => true, () => false)) break
  await posthog.shutdown()
}
await told("shutdown", (posthog) => posthog.shutdown())
await told("flush until it succeeds, then shutdown", flushed)
process.exit()
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
shutdown: resolves, requests: 2, errors: 1, kept: 100 of 1000
flush until it succeeds, then shutdown: resolves, requests: 10, errors: 1, kept: 900 of 1000
SEEN
