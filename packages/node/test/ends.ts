/**
 * A process that tracks and ends: `node ends.ts SCENARIO FILE URL`. Its vendor is at the URL. It writes to the file what becomes of its messages.
 */
import { appendFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isMainThread, Worker, workerData } from "node:worker_threads"
import { EventSink, Receipt, SendError, TrackedEvent, Tracking } from "../dist/index.js"

const [scenario, file, url] = isMainThread
  ? (process.argv.slice(2) as [string, string, string])
  : (workerData as [string, string, string])
const write = (entry: Readonly<Record<string, unknown>>): void => appendFileSync(file, `${JSON.stringify(entry)}\n`)

const vendor = EventSink.make({
  name: "vendor",
  limits: { messages: 50 },
  send: async (batch, { signal }) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(batch), signal })
    await response.text()
    const failure = SendError.fromResponse(response)
    if (failure !== undefined) throw failure
    for (const { messageId } of batch) write({ delivered: messageId })
    return batch.all(Receipt.delivered)
  }
})
const letters = EventSink.make({
  name: "letters",
  send: async (batch) => {
    for (const { messageId } of batch) write({ letter: messageId })
    return batch.all(Receipt.delivered)
  }
})
const sinks = vendor.pipe(
  EventSink.batched({ age: scenario === "job" ? "1 hour" : "100 millis" }),
  EventSink.retried(),
  EventSink.tap(({ messageId }) => write({ receipt: messageId })),
  EventSink.deadLetter(letters)
)
const SignedOut = TrackedEvent.make("signedOut")

const make = (options: Partial<Tracking.Options> = {}): Tracking.Tracking =>
  Tracking.make({ sinks, closeWithin: "2 seconds", log: () => {}, ...options })

const track = async (tracking: Tracking.Tracking): Promise<void> => {
  const { messageId } = await tracking.track(SignedOut, {})
  write({ tracked: messageId })
}

switch (scenario) {
  // Nobody waits for the delivery.
  case "script":
  case "job":
    await track(make())
    break
  case "flush": {
    await using tracking = make()
    await track(tracking)
    const { left } = await tracking.flush({ within: "200 millis" })
    write({ left })
    break
  }
  case "worker":
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url), { workerData: [scenario, file, url] })
      worker.on("exit", (code) => write({ ended: String(code) }))
    } else {
      await track(make())
    }
    break
  // The first process of a container, which the kernel protects from its own signals.
  case "first":
    await track(make())
    setInterval(() => {}, 1_000)
    process.kill(process.pid, "SIGTERM")
    break
  // The service of docs/express.md.
  case "server": {
    const tracking = make({ capacity: 100, closeWithin: "3 seconds" })
    const server = createServer(async (_request, response) => {
      if (process.connected) process.send!("request")
      await track(tracking)
      response.end("ok")
    }).listen(0, () => process.send!((server.address() as AddressInfo).port))
    for (const signal of ["SIGTERM", "SIGINT"]) {
      process.once(signal, () => {
        process.disconnect()
        server.close(() => tracking.close())
      })
    }
    break
  }
  default:
    throw new Error(`no scenario ${scenario}`)
}
