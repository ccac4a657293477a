import { Tracking } from "@trackmap/node"
import { answer, type Env, sinkOf } from "./events.ts"

let tracking: Tracking.Tracking | undefined

export default {
  fetch: (request: Request, env: Env) => answer((tracking ??= Tracking.make({ sinks: sinkOf(env) })), request)
}
