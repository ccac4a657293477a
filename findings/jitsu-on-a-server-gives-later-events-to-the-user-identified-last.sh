#!/usr/bin/env bash
# @jitsu/js 1.11.0, in Node.
#
# A client remembers the user of `identify`, even on a server, where one client serves everybody: the library sends `env: node` in its events and
# keeps the state in memory. A later event that names no user has the user id and the traits of the last identified user. All events of the
# process also share one anonymous id.
# Two concurrent requests thus mix up their visitors. Make a client for each request.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @jitsu/js@1.11.0
cat > run.mjs <<'JS'
import { createServer } from "node:http"
import { once } from "node:events"
import { jitsuAnalytics } from "@jitsu/js"

const sent = []
const server = createServer(async (request, response) => {
  sent.push(JSON.parse(Buffer.concat(await request.toArray()).toString()))
  response.setHeader("content-type", "application/json")
  response.end(`{"ok":true}`)
}).listen(0)
await once(server, "listening")
const client = jitsuAnalytics({ host: `http://localhost:${server.address().port}`, writeKey: "id:secret" })

await client.track("Product Viewed", {})
await client.identify("user-1", { plan: "gold" })
await client.track("Product Viewed", {})

for (const { anonymousId, context, event = "identify", userId } of sent) {
  const same = anonymousId === sent[0].anonymousId
  console.log(`${event}: userId ${userId}, traits ${JSON.stringify(context.traits)}, env ${context.library.env}, anonymous id of the first event: ${same}`)
}
server.closeAllConnections()
server.close()
process.exit()
JS
node run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
Product Viewed: userId null, traits {}, env node, anonymous id of the first event: true
identify: userId user-1, traits undefined, env node, anonymous id of the first event: true
Product Viewed: userId user-1, traits {"plan":"gold"}, env node, anonymous id of the first event: true
SEEN
