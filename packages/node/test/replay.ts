/** A process that is killed while it replays a file of dead letters: `node replay.ts FILE`. It prints the ids of what arrived. */
import { writeSync } from "node:fs"
import { DeadLetterFile, EventSink, Receipt, Tracking } from "../dist/index.js"

let arrived = 0
const vendor = EventSink.make({
  name: "vendor",
  send: async (batch) => {
    for (const { messageId } of batch) {
      writeSync(1, `${messageId}\n`)
      if (++arrived === 150) process.kill(process.pid, "SIGKILL")
    }
    return batch.all(Receipt.delivered)
  }
})
await DeadLetterFile.replay(Tracking.make({ sinks: vendor.pipe(EventSink.batched({ messages: 10 })) }), {
  path: process.argv[2]!
})
