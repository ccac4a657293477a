/** A vendor that is down for longer than any retry, and clocks that are wrong. */
import { setTimeout as sleep } from "node:timers/promises"
import { Fault } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as laws from "../laws.ts"
import { both, type Fault as Scenario } from "./fault.ts"

/** Admits some requests in each second, and tells the others when to come back. Counts those that come too early. */
class RateLimit {
  #until = 0
  #admitted = 0
  #since = 0
  early = 0
  refused = 0

  readonly next = (): Fault.Status | undefined => {
    const now = performance.now()
    if (now < this.#until) this.early++
    if (now - this.#since >= 1_000) {
      this.#since = now
      this.#admitted = 0
    }
    if (this.#admitted++ < 3) return undefined
    this.refused++
    this.#until = now + 1_000
    return Fault.retryAfter(429, 1)
  }
}

const vendor: Scenario = {
  name: "vendor",
  about: "the vendors are down for longer than any retry, and then back with a rate limit (429 and Retry-After)",
  databases: both,
  run: async (scene) => {
    scene.place = { ...scene.place, retries: 300 }
    scene.once = true
    await scene.works(1)
    const { mixpanel, segment } = scene.vendors
    const both = (plan: Fault.Plan<Fault.Common>) =>
      Effect.runPromise(Effect.andThen(segment.misbehave(plan), mixpanel.misbehave(plan)))
    for (const fault of [Fault.status(503), Fault.reset("before"), Fault.status(401)]) {
      await both(() => fault)
      await sleep(2_500)
    }
    const limit = new RateLimit()
    await Effect.runPromise(
      Effect.andThen(
        segment.misbehave(limit.next),
        mixpanel.misbehave(() => undefined)
      )
    )
    await scene.flows("within the rate limit")
    await scene.quiet()
    await scene.settled()
    scene.note("requests were refused with 429", limit.refused)
    if (limit.early > 0) throw new laws.Broken(`${limit.early} requests came before the time of Retry-After`)
  }
}

/** In milliseconds. */
const wrong = 5 * 60_000

const clocks: Scenario = {
  name: "clocks",
  about: "the clocks of services and relays are five minutes fast and five minutes slow",
  databases: both,
  run: async (scene) => {
    scene.place = { ...scene.place, lease: 10_000 }
    const [fast, slow] = await Promise.all([
      scene.start("relay", 1, { shift: wrong }),
      scene.start("relay", 1, { shift: -wrong }),
      scene.start("service", 1, { shift: wrong }),
      scene.start("service", 1, { shift: -wrong })
    ])
    scene.write()
    for (let turn = 0; turn < 3; turn++) await scene.flows("through relays whose clocks are wrong")
    if (await scene.isAgain()) throw new laws.Broken("a relay has sent what another has sent")
    // By a clock that is wrong, relays would take over at once, or only five minutes later.
    await scene.start("relay", 1, { shift: wrong })
    await scene.start("relay", 1, { shift: -wrong })
    await scene.end([...fast, ...slow])
    await scene.flows("after two of them were killed")
  }
}

export const vendors: ReadonlyArray<Scenario> = [vendor, clocks]
