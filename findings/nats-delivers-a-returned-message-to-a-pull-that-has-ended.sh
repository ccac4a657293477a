#!/usr/bin/env bash
# nats-server 2.9.10 (Debian 12's), @nats-io/jetstream and @nats-io/transport-node 3.4.0.
#
# A consumer that stops returns its messages, so that another one gets them at once: it ends its pull, and sends a nak for each message. The server
# then delivers one of the returned messages to the pull that has just ended, where nobody listens. So a message that was returned comes only after
# `ack_wait`, by default 30 seconds, although another pull waits for it.
# Return messages only after the last pull has expired, and ask for no more meanwhile.
set -euo pipefail
command -v nats-server > /dev/null || { echo "needs nats-server: apt-get install nats-server"; exit 1; }
folder=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund @nats-io/jetstream@3.4.0 @nats-io/transport-node@3.4.0
nats-server -a 127.0.0.1 -p -1 -js -sd "$folder/store" --ports_file_dir "$folder" > nats.log 2>&1 &
server=$!
for _ in $(seq 100); do ls ./*.ports > /dev/null 2>&1 && break; sleep 0.1; done
cat > run.mjs <<'JS'
import { readFileSync } from "node:fs"
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"

const [servers] = JSON.parse(readFileSync(process.argv[2], "utf8")).nats
const connection = await connect({ servers })
const { consumers, streams } = await jetstreamManager(connection)
const client = jetstream(connection)
await streams.add({ name: "S", subjects: ["s"] })
await consumers.add("S", { durable_name: "c", ack_policy: AckPolicy.Explicit })
for (let i = 0; i < 5; i++) await client.publish("s", `message ${i}`)

/** Pulls for two seconds, or until it is told to stop. */
const pull = async (each) => {
  const messages = await (await client.consumers.get("S", "c")).fetch({ max_messages: 100, expires: 2_000 })
  const done = (async () => {
    for await (const message of messages) each(message, messages)
  })()
  return { done, stop: () => messages.close() }
}
const held = []
const first = await pull((message) => held.push(message))
while (held.length < 5) await new Promise((resolve) => setTimeout(resolve, 10))
await first.stop()
for (const message of held) message.nak()
await connection.flush()

const again = new Set()
const second = await pull((message) => again.add(message.seq))
await second.done
console.log(`returned: 5, delivered again within two seconds: ${again.size}`)
await connection.close()
JS
node run.mjs ./*.ports > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
returned: 5, delivered again within two seconds: 4
SEEN
