#!/usr/bin/env bash
# effect 4.1.0.
#
# A PubSub with a capacity allocates room for all of it when it is made, before anybody subscribes: `PubSub.sliding(10_000)` takes more than 100 kB,
# and `PubSub.sliding(10)` and `PubSub.unbounded()` less than 10 kB each. A library that makes one for each client or connection, in case somebody
# subscribes, pays for all of them: make it for the first subscriber.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund effect@4.1.0
cat > run.mjs <<'JS'
import { Effect, PubSub } from "effect"

const bytesOf = (make) => {
  for (let i = 0; i < 10; i++) Effect.runSync(make())
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  const made = Array.from({ length: 100 }, () => Effect.runSync(make()))
  globalThis.gc()
  const bytes = (process.memoryUsage().heapUsed - before) / made.length
  return bytes > 100_000 ? "more than 100 kB" : bytes < 10_000 ? "less than 10 kB" : `${bytes} bytes`
}
console.log(`sliding(10_000): ${bytesOf(() => PubSub.sliding(10_000))}`)
console.log(`sliding(10): ${bytesOf(() => PubSub.sliding(10))}`)
console.log(`unbounded(): ${bytesOf(() => PubSub.unbounded())}`)
JS
node --expose-gc run.mjs > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
sliding(10_000): more than 100 kB
sliding(10): less than 10 kB
unbounded(): less than 10 kB
SEEN
