/** A service whose process ends in some way: `node service.ts SCENARIO FILE`. It writes to the file what becomes of its messages. */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import * as Schema from "effect/Schema"
import { Entity, EventSink, Receipt, TrackedEvent, Tracking } from "../dist/index.js"

const [scenario, file] = process.argv.slice(2) as [string, string]
const write = (entry: Readonly<Record<string, unknown>>): void => appendFileSync(file, `${JSON.stringify(entry)}\n`)

/** How far the clocks are ahead of those of the machine, in milliseconds. */
let ahead = 0
const { now } = Date
const hrtime = process.hrtime.bigint
const performanceNow = performance.now.bind(performance)
Date.now = () => now() + ahead
process.hrtime.bigint = () => hrtime() + BigInt(ahead) * 1_000_000n
performance.now = () => performanceNow() + ahead

let failing = scenario === "frozen"
const hangs = ["uncaught", "exit", "exitFull", "uncaughtFull", "closing", "twice"].includes(scenario)
const warehouse = EventSink.make({
  name: "warehouse",
  send: async (batch) => {
    await sleep(hangs ? 60_000 : 30)
    if (failing) throw new Error("the connection is dead")
    for (const { messageId } of batch) write({ delivered: messageId })
    return batch.map(() => Receipt.delivered)
  }
})
const letters = EventSink.make({
  name: "letters",
  send: async (batch) => {
    for (const { messageId } of batch) write({ letter: messageId })
    return batch.map(() => Receipt.delivered)
  }
})
const sinks = warehouse.pipe(
  EventSink.batched({ messages: 2 }),
  EventSink.retried(),
  EventSink.tap((message, receipt) => write({ receipt: message.messageId, outcome: receipt.outcome._tag })),
  EventSink.deadLetter(letters)
)

const alive = scenario.startsWith("ownListener") ? setInterval(() => {}, 1_000) : undefined
const shutDown = async (): Promise<void> => {
  // A request that is still being answered tracks, too.
  await sleep(50)
  trackSome()
  await tracking.close()
  clearInterval(alive)
  write({ ended: true })
  process.disconnect()
}
if (scenario === "ownListenerBefore") process.once("SIGTERM", shutDown)

const SignedOut = TrackedEvent.make("signedOut")
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one("product", Product, () => new Promise<{ id: number }>(() => {}))
)
const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: Line } })
const tracking = Tracking.make({ sinks, log: () => {} })

/** Nobody waits for them. */
const trackSome = (count = 5): void => {
  for (let i = 0; i < count; i++)
    void tracking.track(SignedOut, {}).then(({ messageId }) => write({ tracked: messageId }))
}

switch (scenario) {
  case "beforeExit":
    trackSome()
    break
  case "uncaught":
    trackSome()
    void tracking.track(LineAdded, { line: { id: 1 } }, { messageId: "unresolved" })
    setTimeout(() => {
      throw new Error("nobody catches this")
    }, 20)
    break
  case "exit":
    trackSome()
    setTimeout(() => process.exit(3), 20)
    break
  case "exitFull":
    trackSome(6_000)
    setTimeout(() => process.exit(3), 20)
    break
  case "uncaughtFull":
    trackSome(6_000)
    setTimeout(() => {
      throw new Error("nobody catches this")
    }, 20)
    break
  case "closing":
    trackSome()
    setTimeout(() => {
      void tracking.close()
      setTimeout(() => process.exit(3), 20)
    }, 20)
    break
  case "twice":
    trackSome()
    setTimeout(() => process.kill(process.pid, "SIGTERM"), 20)
    setTimeout(() => process.kill(process.pid, "SIGTERM"), 60)
    break
  case "signal":
    trackSome()
    setInterval(() => {}, 1_000)
    process.send!("ready")
    break
  case "ownListener":
    process.once("SIGTERM", shutDown)
    trackSome()
    process.send!("ready")
    break
  case "ownListenerBefore":
    trackSome()
    process.send!("ready")
    break
  case "frozen":
    setInterval(() => {}, 1_000)
    trackSome()
    process.on("SIGCONT", () => {
      ahead += 3_600_000
      failing = false
      trackSome()
      setTimeout(() => process.kill(process.pid, "SIGTERM"), 100)
    })
    process.send!("ready")
    break
  default:
    throw new Error(`no scenario ${scenario}`)
}
