import { Tracking } from "@trackmap/node"
import { plan } from "./plan.ts"
import { sink } from "./sink.ts"

/** The tracking of the whole service. */
export const tracking = Tracking.make({ plan, sinks: sink })
