#!/usr/bin/env bash
# nats-server 2.9.10 (Debian 12's), @nats-io/jetstream and @nats-io/transport-node 3.4.0.
#
# A JetStream recognises the message ids of its duplicate window (two minutes by default) even if it no longer has the messages. After a purge or a
# deletion, a message that is published again under its id is acknowledged, with `duplicate: true`, and not stored. The same happens under another
# subject of the stream. So a producer that treats an acknowledgement as "stored", as most do, loses what it replays.
# Publish again under a new Nats-Msg-Id, and keep your own id inside the message.
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
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"

const [servers] = JSON.parse(readFileSync(process.argv[2], "utf8")).nats
const connection = await connect({ servers })
const { streams } = await jetstreamManager(connection)
const client = jetstream(connection)
await streams.add({ name: "S", subjects: ["s.*"] })
const stored = async () => (await streams.info("S")).state.messages
const publish = async (subject) => {
  const { duplicate } = await client.publish(subject, "message", { msgID: "id-1" })
  console.log(`${subject}: acknowledged, duplicate: ${duplicate}, stored: ${await stored()}`)
}
await publish("s.a")
await streams.purge("S")
await publish("s.a")
await publish("s.b")
await connection.close()
JS
node run.mjs ./*.ports > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
s.a: acknowledged, duplicate: false, stored: 1
s.a: acknowledged, duplicate: true, stored: 0
s.b: acknowledged, duplicate: true, stored: 0
SEEN
