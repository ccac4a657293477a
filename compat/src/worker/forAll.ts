import { env, waitUntil } from "cloudflare:workers"
import { Tracking } from "@trackmap/node"
import { answer, sinkOf } from "./events.ts"

// For all requests of the worker.
const tracking = Tracking.make({ waitUntil, sinks: sinkOf(env) })

export default { fetch: (request: Request) => answer(tracking, request) }
