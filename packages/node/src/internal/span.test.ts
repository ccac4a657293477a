import { InMemory } from "@trackmap/testing"
import { assert, describe, it } from "vitest"
import { TrackedEvent, Tracking } from "../index.ts"

const SignedOut = TrackedEvent.make("signedOut")

/** A span as OpenTelemetry's API has it. */
const spanOf = (context: { readonly traceFlags: number; readonly traceId?: string; readonly spanId?: string }) => {
  const events: Array<readonly [name: string, attributes: Readonly<Record<string, string>>]> = []
  const traceId = context.traceId ?? "0af7651916cd43dd8448eb211c80319c"
  const spanId = context.spanId ?? "b7ad6b7169203331"
  return {
    events,
    spanContext: () => ({ traceId, spanId, traceFlags: context.traceFlags }),
    addEvent: (name: string, attributes: Record<string, string>) => events.push([name, attributes])
  }
}

const tracked = async (activeSpan: Tracking.Options["activeSpan"]) => {
  await using tracking = Tracking.make({ sinks: InMemory.makeUnsafe().sink, activeSpan, flushAtExit: false })
  return [await tracking.track(SignedOut, {}), await tracking.identify({})] as const
}

describe("a call within a span of OpenTelemetry's", () => {
  it("gives the message its ids, and the span the message's", async () => {
    const span = spanOf({ traceFlags: 1 })
    const messages = await tracked(() => span)
    for (const { message } of messages) {
      assert.deepStrictEqual(message.context, {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331"
      })
    }
    assert.deepStrictEqual(span.events, [
      [
        "trackmap.tracked",
        {
          "trackmap.message_id": messages[0].messageId,
          "trackmap.type": "track",
          "trackmap.event": "signedOut"
        }
      ],
      ["trackmap.tracked", { "trackmap.message_id": messages[1].messageId, "trackmap.type": "identify" }]
    ])
  })

  it("that throws, or whose span does, is a call like any other, and logged", async () => {
    const no = (): never => {
      throw new Error("no span")
    }
    const logged: Array<string> = []
    const spans = [no, () => ({ ...spanOf({ traceFlags: 1 }), spanContext: no }), () => null as never]
    for (const activeSpan of spans) {
      const log = ({ message }: Tracking.LogEntry) => void logged.push(message)
      await using tracking = Tracking.make({ sinks: InMemory.makeUnsafe().sink, activeSpan, log, flushAtExit: false })
      assert.notProperty((await tracking.track(SignedOut, {})).message, "context")
    }
    assert.deepStrictEqual(logged, Array(2).fill("activeSpan threw; the debug log has the cause"))
    const [{ message }] = await tracked(() => ({ ...spanOf({ traceFlags: 1 }), addEvent: no }))
    assert.property(message, "context")
  })

  it("that has ended has its ids, and the span no event", async () => {
    const span = { ...spanOf({ traceFlags: 1 }), isRecording: () => false }
    const [{ message }] = await tracked(() => span)
    assert.property(message, "context")
    assert.lengthOf(span.events, 0)
  })

  it("that is not sampled, or outside of any, is a call like any other", async () => {
    const span = spanOf({ traceFlags: 0 })
    for (const activeSpan of [() => span, () => undefined]) {
      for (const { message } of await tracked(activeSpan)) assert.notProperty(message, "context")
    }
    assert.lengthOf(span.events, 0)
  })
})
