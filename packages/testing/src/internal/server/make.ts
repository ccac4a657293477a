import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import { listen } from "./listen.ts"
import type { Options, Request, Vendor, VendorServer } from "./model.ts"
import { follow } from "./plan.ts"
import { brokenOff, headOf, readAll, readSome, whole } from "./request.ts"
import type { Recorded } from "./request.ts"
import { respond } from "./respond.ts"

/** Starts a vendor's server, and stops it when the scope closes. */
export const make: (vendor: Vendor, options?: Options) => Effect.Effect<VendorServer, never, Scope.Scope> =
  Effect.fnUntraced(function* (vendor: Vendor, options: Options = {}) {
    const requests: Array<Recorded> = []
    const waiting = new Set<() => void>()
    let next = follow([])

    const record = (request: Recorded): Recorded => {
      requests.push(request)
      for (const check of waiting) check()
      return request
    }

    const handle = Effect.fnUntraced(function* (request: Http.IncomingMessage, response: Http.ServerResponse) {
      const head = headOf(request)
      const fault = next(head)
      if (fault._tag === "Reset" && fault.when !== "after") {
        const bytes = fault.when === "during" ? yield* readSome(request) : 0
        record(brokenOff(head, bytes, yield* Clock.currentTimeMillis))
        request.socket.destroy()
        return
      }
      const raw = yield* readAll(request)
      yield* respond(vendor, record(whole(head, raw, yield* Clock.currentTimeMillis)), fault, response)
    })

    const run = yield* FiberSet.makeRuntime()
    const url = yield* listen(options, (request, response) => {
      const fiber = run(Effect.catchDefect(handle(request, response), (defect) => giveUp(response, defect)))
      response.once("close", () => fiber.interruptUnsafe())
    })

    const snapshot = () => requests.map((request): Request => ({ ...request }))
    return {
      url,
      requests: Effect.sync(snapshot),
      awaitRequests: (count) =>
        Effect.callback((resume) => {
          const check = () => {
            // Yield, so that a fault has begun (its sleep, for example) before anybody learns of the request.
            if (requests.length >= count) resume(Effect.map(Effect.yieldNow, snapshot))
          }
          waiting.add(check)
          check()
          return Effect.sync(() => waiting.delete(check))
        }),
      clear: Effect.sync(() => {
        requests.length = 0
        vendor.clear?.()
      }),
      misbehave: (plan) =>
        Effect.sync(() => {
          next = follow(plan)
        })
    }
  })

/** A test's own function has thrown: without a response its client would wait, and nobody would learn why. */
const giveUp = (response: Http.ServerResponse, defect: unknown): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => response.writeHead(500, { "content-type": "text/plain" }).end(String(defect))),
    Effect.logError("A function that you passed to misbehave, or a function of the vendor, threw", defect)
  )
