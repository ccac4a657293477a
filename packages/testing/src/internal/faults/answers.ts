import type { Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Fault from "../../Fault.ts"
import type * as VendorServer from "../../VendorServer.ts"
import * as assert from "../suite/assert.ts"
import { count } from "./world.ts"
import type { Tests } from "./tests.ts"

/** The wait that the server requests, in milliseconds. */
const asked = 20_000
/**
 * A sink that times out before the response never learns about the wait. A sink that uses `fetch` has a timeout in real
 * time, which at the usual rate is so short that a busy machine exceeds it.
 */
const unhurried = { rate: 10 }

/** The server's statuses, bodies and headers. */
export const answers = <R>(name: string, { describe, lasts, options, passes, test }: Tests<R>): void => {
  describe(`${name}, when the server responds with`, () => {
    for (const status of [500, 502, 503, 504]) passes(`${status}`, Fault.status(status))
    passes("200 and malformed JSON", Fault.malformed)
    if (options.denial !== false) lasts("200 and an error in the body", Fault.errorBody(), "Rejected")
    for (const status of [401, 403, 404]) lasts(`${status}`, Fault.status(status))
    lasts("400", Fault.status(400), "Rejected")

    test("a redirect: does not follow it, and delivers later messages", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        const elsewhere = yield* options.make({})
        yield* server.misbehave([[Fault.redirect(elsewhere.server.url, 307), 1]])
        assert.areAll(yield* settled(yield* track(count)), "Delivered", "Rejected")
        assert.noRequests(yield* elsewhere.server.requests)
        assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
      })
    )

    test("413 to more than two messages: delivers all", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave(() => Fault.tooLarge(2))
        assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
      })
    )
    lasts("413 to one message", Fault.tooLarge(0), "Rejected")

    test("400 because of one message: rejects only that message", {}, ({ server, settled, track }) =>
      Effect.gen(function* () {
        let poison = ""
        yield* server.misbehave(() => Fault.poison((message) => options.idOf(message) === poison))
        const [first] = yield* track(1)
        poison = first!.messageId
        const receipts = yield* settled([first!, ...(yield* track(count))])
        assert.outcomes(receipts, { Rejected: 1, Delivered: count })
        assert.areAll(receipts.slice(0, 1), "Rejected")
      })
    )

    if (options.partial === true) {
      test("errors for some records: rejects only those", {}, ({ server, settled, track }) =>
        Effect.gen(function* () {
          const refused = new Set<string>()
          const knowing = server as VendorServer.VendorServer
          yield* knowing.misbehave(() => Fault.partial((message) => refused.has(options.idOf(message))))
          const tracked = yield* track(count)
          for (const { messageId } of tracked.filter((_, index) => index % 3 === 0)) refused.add(messageId)
          const receipts = yield* settled(tracked)
          const isRefused = ({ messageId }: Receipt.Receipt) => refused.has(messageId)
          assert.areAll(receipts.filter(isRefused), "Rejected")
          assert.areAll(
            receipts.filter((receipt) => !isRefused(receipt)),
            "Delivered"
          )
        })
      )
    }

    passes("429 without a Retry-After", Fault.retryAfter(429))
    for (const status of [429, 503]) {
      for (const how of ["in seconds", "as a date"] as const) {
        test(`${status} with a Retry-After ${how}: waits as long, and delivers all`, unhurried, (world) =>
          Effect.gen(function* () {
            const { clock, server, settled, track } = world
            const times: Array<number> = []
            let until = 0
            // A sink with promises reads the system's clock, which runs ahead of this one if the process stalls.
            let ahead = 0
            yield* server.misbehave(({ index }) => {
              times.push(clock.currentTimeMillisUnsafe())
              if (index > 0) return undefined
              // A date has whole seconds.
              until = Math.ceil(times[0]! / 1_000) * 1_000 + asked
              ahead = Math.max(0, Date.now() - times[0]!)
              return Fault.retryAfter(status, how === "as a date" ? new Date(until) : asked / 1_000)
            })
            assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
            // A Node timer can fire a millisecond early, which is ten milliseconds on this clock.
            const early = (how === "as a date" ? until : times[0]! + asked) - times[1]!
            assert.holds(
              early <= 2 * clock.rate + ahead,
              `The next request arrived ${early} ms before the end of Retry-After`
            )
          })
        )
      }
    }

    test("503 for longer than the retry limit: expires all, and delivers later messages", { rate: 2_000 }, (world) =>
      Effect.gen(function* () {
        const { arrived, server, settled, track } = world
        yield* server.misbehave(() => Fault.status(503))
        const receipts = yield* settled(yield* track(count))
        assert.nothingArrived(yield* arrived)
        assert.outcomes(receipts, { Expired: count })
        const once = receipts.filter(({ attempts }) => attempts < 2)
        assert.none(once.map(assert.told), "Messages expired without a retry")
        yield* server.misbehave([])
        assert.outcomes(yield* settled(yield* track(count)), { Delivered: count })
      })
    )
  })
}
