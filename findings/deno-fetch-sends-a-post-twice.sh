#!/usr/bin/env bash
# Deno 2.9.6 (the npm package deno), compared with Node.js's fetch.
#
# If a server reads a POST on a kept-alive connection and closes the connection without responding, Deno's fetch sends the POST again on a new
# connection, and resolves with the second response. The caller made one call and sees one success, but a server that accepted the first request
# has the POST twice. Node's fetch rejects, so that the caller decides whether to repeat the request.
# Give each event its own id, and let the destination drop duplicates: on Deno, even a client without retries may send a request twice.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund deno@2.9.6
cat > server.mjs <<'JS'
import { spawn } from "node:child_process"
import { createServer } from "node:http"
const [command, ...args] = process.argv.slice(2)
const bodies = []
const server = createServer((request, response) => {
  let body = ""
  request.on("data", (chunk) => (body += chunk))
  request.on("end", () => {
    bodies.push(body)
    // Read the second request to its end, then close its kept-alive connection.
    if (bodies.length === 2) request.socket.destroy()
    else response.end("ok")
  })
})
server.listen(0, "127.0.0.1", () => {
  const client = spawn(command, [...args, `http://127.0.0.1:${server.address().port}/`])
  let said = ""
  client.stdout.on("data", (chunk) => (said += chunk))
  client.on("close", () => {
    server.close()
    console.log(`received ${bodies.join(" ")}; the client says ${said.trim()}`)
  })
})
JS
cat > client.mjs <<'JS'
const url = globalThis.Deno?.args[0] ?? process.argv[2]
const post = async (body) => (await fetch(url, { method: "POST", body })).text()
await post("first")
console.log(await post("second").then(() => "resolved", () => "rejected"))
JS
deno=$(node server.mjs ./node_modules/.bin/deno run --quiet --allow-net client.mjs)
node=$(node server.mjs node client.mjs)
echo "Deno: $deno"
echo "Node: $node"
[ "$deno" = "received first second second; the client says resolved" ]
[ "$node" = "received first second; the client says rejected" ]
