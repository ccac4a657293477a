import type { Service as Store } from "../../OutboxStore.ts"
import { inTime } from "../inTime.ts"

/** The shortest wait for an answer, in milliseconds. */
const shortest = 1_000

/** A store whose calls wait for the database as long as a lease, after which another relay takes over anyway. */
export const answering = (store: Store, lease: number): Store => {
  const within = Math.max(lease, shortest)
  return {
    ...store,
    claim: (sink, options) => inTime("claim", within, store.claim(sink, options)),
    renew: (claim, time) => inTime("renew", within, store.renew(claim, time)),
    complete: (claim, parked) => inTime("complete", within, store.complete(claim, parked)),
    stats: inTime("stats", within, store.stats)
  }
}
