#!/usr/bin/env bash
# nats-server 2.9.10 (Debian 12's), @nats-io/jetstream and @nats-io/transport-node 3.4.0.
#
# A publish to a subject that no stream has fails with "jetstream is not enabled", although JetStream is enabled. The error is the same while a
# replicated stream elects a leader, and on a server without JetStream. So a producer cannot tell a missing stream, which waiting does not mend,
# from an election, which is over in seconds.
# Ask for the stream's info: it says "stream not found" in the first case, gives no answer in time in the second, and fails likewise in the third.
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
const manager = await jetstreamManager(connection)
console.log(`streams: ${(await manager.getAccountInfo()).streams}`)
const told = (what, promise) => promise.then(() => console.log(`${what}: works`), (error) => console.log(`${what}: ${error.message}`))
await told("publish", jetstream(connection).publish("orders", "message"))
await told("info", manager.streams.info("ORDERS"))
await connection.close()
JS
node run.mjs ./*.ports > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
streams: 0
publish: jetstream is not enabled
info: stream not found
SEEN
