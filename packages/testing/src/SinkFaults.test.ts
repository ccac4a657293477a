import { EventSink, Receipt, SendError } from "@trackmap/core"
import { describe, expect, it } from "vitest"
import { failures } from "../test/collect.ts"
import { Fault, VendorServer } from "./index.ts"
import * as SinkFaults from "./SinkFaults.ts"

const id = "[0-9a-f-]{36}"

/** What a failing run prints of a sink that takes an answer as `outcome` does, in the tests with these titles. */
const printed = async (
  outcome: (response: Response) => Receipt.Outcome,
  titles: ReadonlyArray<string>,
  more?: Partial<SinkFaults.AsyncOptions>
) => {
  const failed = await failures(
    (runner) =>
      SinkFaults.suite("a broken sink", {
        runner,
        idOf: (message) => message["messageId"],
        make: () => {
          const kept: Array<Fault.Message> = []
          const read = ({ body }: VendorServer.Request): VendorServer.Batch => ({
            messages: body as ReadonlyArray<Fault.Message>,
            commit: () => {
              kept.push(...(body as ReadonlyArray<Fault.Message>))
              return VendorServer.json(200, {})
            }
          })
          const send: EventSink.AnySend = async (batch, { signal }) => {
            const response = await fetch(url, {
              method: "POST",
              body: JSON.stringify(batch.messages),
              redirect: "follow",
              signal
            })
            await response.text()
            if (response.status === 429) throw new SendError.Unavailable({ reason: "too fast", retryAfter: 1_000 })
            return batch.map(() => outcome(response))
          }
          let url = ""
          return {
            vendor: { read },
            sink: (to) => {
              url = to
              return EventSink.make({ name: "broken", send }).pipe(EventSink.retried())
            },
            arrived: () => kept.map((message) => message["messageId"])
          }
        },
        ...more
      }),
    ...titles
  )
  return failed.map(([, message]) => message)
}

describe("a run that fails", () => {
  it("names messages that are said to be delivered, and were never kept", async () => {
    const [message, ...others] = await printed(
      () => Receipt.delivered,
      ["503, and then recovers: delivers all", "504, and then recovers: delivers all"]
    )
    expect(message).toMatch(
      new RegExp(
        `^10 of 20 messages did not arrive, although their receipts say that they did:(\n  ${id}: Delivered by "broken" after 1 attempt){5}\n  … and 5 more$`
      )
    )
    expect(others).toHaveLength(1)
  })

  it("names messages with another outcome, and its reason", async () => {
    const [message] = await printed(
      ({ status }) => (status === 200 ? Receipt.delivered : Receipt.rejected(`status ${status}`)),
      ["503, and then recovers: delivers all"]
    )
    expect(message).toMatch(
      new RegExp(
        `^Expected 20 Delivered of 20 receipts, and got 10 Rejected and 10 Delivered:(\n  ${id}: Rejected by "broken" after 1 attempt: status 503){5}\n  … and 5 more$`
      )
    )
  })

  it("names messages that a redirect led elsewhere", async () => {
    const [message] = await printed(
      () => Receipt.delivered,
      ["a redirect: does not follow it, and delivers later messages"]
    )
    expect(message).toMatch(new RegExp(`^5 of 20 messages did not arrive`))
  })

  it("says how much too soon a request came", async () => {
    const [message] = await printed(
      () => Receipt.delivered,
      ["429 with a Retry-After in seconds: waits as long, and delivers all"]
    )
    expect(message).toMatch(/^The next request arrived \d+ ms before the end of Retry-After$/)
  })
})

describe("a vendor that never says no in a 200", () => {
  it("has no test of that", async () => {
    const title = "200 and an error in the body, for a while: loses those messages, and delivers later ones"
    expect(await printed(() => Receipt.delivered, [title])).toHaveLength(1)
    expect(await printed(() => Receipt.delivered, [title], { denial: false })).toEqual([])
  })
})
