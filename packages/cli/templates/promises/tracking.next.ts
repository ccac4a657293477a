import { Tracking } from "@trackmap/node"
import { after } from "next/server"
import { plan } from "./plan.ts"
import { sink } from "./sink.ts"

/** The tracking of the whole service. Next does not end before it has delivered what a request has tracked. */
export const tracking = Tracking.make({ plan, sinks: sink, waitUntil: (promise) => after(() => promise) })
