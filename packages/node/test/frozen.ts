/** A function of a serverless platform: it tracks and flushes with each invocation, and is frozen between them. */
import { EventSink, HttpSink, TrackedEvent, Tracking } from "@trackmap/node"

const Invoked = TrackedEvent.make("invoked")
const tracking = Tracking.make({
  sinks: HttpSink.make({ name: "vendor", url: process.argv[2]! }).pipe(EventSink.retried()),
  log: () => {}
})

process.on("message", async () => {
  const { messageId } = await tracking.track(Invoked, {})
  const { left } = await tracking.flush({ within: "1 second" })
  process.send!({ messageId, left })
})
