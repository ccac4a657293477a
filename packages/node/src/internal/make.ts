import { DefinitionError } from "@trackmap/core/DefinitionError"
import { trackingOptions } from "./checks.ts"
import type { Options } from "./options.ts"
import { start, type TrackingImpl } from "./tracking.ts"
import { TurnTracking } from "./turnTracking.ts"
import { isModuleScope, isWorkerd, thisRequest } from "./workerd.ts"

type Calls = Pick<TrackingImpl, keyof TrackingImpl>

const waitUntilMissing = (): DefinitionError => {
  const error = new DefinitionError({
    entity: "Tracking",
    reason: "BadLimit",
    paths: ["waitUntil"],
    detail:
      'a tracking for all requests of a worker needs waitUntil, or a worker ends before it has delivered: import { waitUntil } from "cloudflare:workers", and pass it to Tracking.make. Or make a tracking for each request, and close it: ctx.waitUntil(tracking.close())'
  })
  // For an uncaught error, workers print the message only if it is a plain property.
  return Object.defineProperty(error, "message", { value: error.message })
}

export const make = (options: Options<any>): Calls => {
  if (!isWorkerd()) return start(options, make)
  trackingOptions(options)
  if (options.waitUntil !== undefined) return new TurnTracking(options, options.waitUntil, make)
  if (isModuleScope()) throw waitUntilMissing()
  return ofOneRequest(start(options, make))
}

/** Refuses calls of other requests, which would wait forever. */
const ofOneRequest = (tracking: TrackingImpl): Calls => {
  const isOwn = thisRequest()
  const own =
    <Args extends ReadonlyArray<any>, A>(call: (...args: Args) => Promise<A>) =>
    (...args: Args): Promise<A> =>
      isOwn() ? call(...args) : Promise.reject(waitUntilMissing())
  return {
    ...tracking,
    track: own(tracking.track),
    identify: own(tracking.identify),
    group: own(tracking.group),
    alias: own(tracking.alias),
    page: own(tracking.page),
    screen: own(tracking.screen),
    send: own(tracking.send),
    release: own(tracking.release),
    flush: own(tracking.flush)
  }
}
