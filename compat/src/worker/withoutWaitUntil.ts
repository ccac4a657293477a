import { env } from "cloudflare:workers"
import { Tracking } from "@trackmap/node"
import { answer, sinkOf } from "./events.ts"

const tracking = Tracking.make({ sinks: sinkOf(env) })

export default { fetch: (request: Request) => answer(tracking, request) }
